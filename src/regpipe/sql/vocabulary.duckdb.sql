-- The words that step SQL uses beyond what every engine reads alike. Each has its
-- meaning here for DuckDB; another engine brings a file of its own with the same
-- names, and the vocabulary test holds them against one table of cases.

-- Text without white space at its ends (no-break and zero-width ones included);
-- null where nothing is left. `odd` says that the row holds rare white space.
create or replace macro rp_odd(x) as
  regexp_matches(x, '[\t\r\n\f\v\x{00A0}\x{2007}\x{200B}\x{202F}\x{FEFF}]');
create or replace macro rp_text(x, odd) as
  nullif(case when odd
    then regexp_replace(x, '^[\s\p{Z}\x{200B}\x{FEFF}]+|[\s\p{Z}\x{200B}\x{FEFF}]+$', '', 'g')
    else trim(x) end, '');

-- Text without the one apostrophe that stores set before ids, zips and phones.
create or replace macro rp_bare(x) as
  case when starts_with(x, '''') and regexp_matches(x, '^''[0-9=+@\t\r-]')
    then substr(x, 2) else x end;

-- Text without the one apostrophe that made a formula harmless.
create or replace macro rp_disarmed(x) as
  case when starts_with(x, '''') and regexp_matches(x, '^''+[=+@\t\r-]')
    then substr(x, 2) else x end;

-- Text without the HTML in it: line breaks for <br>, no tags, no entities. In a list,
-- and so worked out once: a macro writes its argument down wherever it is named.
create or replace macro rp_untagged(x) as
  case when contains(x, '<')
    then regexp_replace(regexp_replace(x, '(?i)<br ?/?>', chr(10), 'g'), '<[/a-zA-Z!][^<>]*>', '', 'g')
    else x end;
create or replace macro rp_html(x) as
  list_transform([x], lambda v:
    case when contains(v, '<') or contains(v, '&') then rp_text(
      replace(replace(replace(replace(replace(replace(replace(rp_untagged(v),
        '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#039;', ''''), '&#39;', ''''),
        '&nbsp;', ' '), '&amp;', '&'), true)
    else v end
  )[1];

-- A whole number without the decimals that a spreadsheet gave it.
create or replace macro rp_whole(x) as
  list_transform([x], lambda v:
    case when regexp_matches(v, '^[0-9]+\.0+$') then split_part(v, '.', 1) else v end
  )[1];

-- A key out of several parts; null without the first. Parts that hold the sign
-- between them stay apart.
create or replace macro rp_key(x) as
  case when x[1] is not null then array_to_string(list_transform(x, lambda v:
    replace(replace(coalesce(v, ''), '\', '\\'), '|', '\|')
  ), '|') end;

-- Text that is like none of the patterns, in which % stands for anything.
create or replace macro rp_unless(x, patterns) as
  case when len(list_filter(patterns, lambda p: lower(x) like lower(p) escape '\')) = 0
    then x end;

-- Text that a spreadsheet takes for no formula: one apostrophe before what it would.
create or replace macro rp_armed(x) as
  case when regexp_matches(x, '^''*[=+@\t\r-]') then '''' || x else x end;

-- A decimal as people write it: at least two decimals, no zeros beyond.
create or replace macro rp_sum(x) as
  regexp_replace(cast(x as varchar), '0{1,2}$', '', 'g');

-- Sums per currency, and words per purpose, as the text of one cell.
create or replace macro rp_sums(x, separator) as
  nullif(array_to_string(list_transform(
    list_sort(map_entries(x)), lambda e: e.key || ' ' || coalesce(rp_sum(e.value), '?')
  ), separator), '');
create or replace macro rp_words(x, separator) as
  nullif(array_to_string(list_transform(
    list_sort(map_entries(x)), lambda e: e.key || ': ' || e.value
  ), separator), '');

-- The names of a list that have at most so many letters and hold nothing of
-- `never`, how many names a list has, and names with a sign on both sides as one text.
create or replace macro rp_kept(x, longest, never) as
  list_filter(x, lambda v: length(v) <= longest and not contains(v, never));
create or replace macro rp_count(x) as len(x);
create or replace macro rp_around(x, sign, separator) as
  nullif(array_to_string(list_transform(x, lambda v: sign || v || sign), separator), '');

-- A day or time in a form of strftime; a text's bytes in UTF-8; does all of a text
-- match a pattern?
create or replace macro rp_formatted(x, form) as strftime(x, form);
create or replace macro rp_bytes(x) as strlen(x);
create or replace macro rp_matches(x, pattern) as regexp_full_match(x, pattern);

-- A JSON object of pairs, without those that have no value; null where none has.
create or replace macro rp_not_empty(x) as case when len(x) > 0 then x end;
create or replace macro rp_pair(key, value) as
  case when value is not null
    then cast(to_json(key) as varchar) || ':' || cast(to_json(value) as varchar) end;
create or replace macro rp_object(pairs) as
  nullif('{' || array_to_string(list_filter(pairs, lambda v: v is not null), ',') || '}', '{}');

-- An e-mail address as the registry compares it: lower case, out of a link or of angle
-- brackets, without white space around its sign or marks behind it. And: is its domain
-- in letters beyond ASCII, so that another form of it is the one that mail is sent by?
create or replace macro rp_mended_email(x) as
  regexp_replace(regexp_replace(regexp_replace(
    case when regexp_matches(x, '<[^<>]*@[^<>]*>[\s.,;]*$')
      then regexp_extract(x, '<([^<>]*@[^<>]*)>[\s.,;]*$', 1) else x end,
    '^\s*(?i:mailto:)?\s*', '', 'g'), '[\s.,;]+$', '', 'g'), '\s*@\s*', '@', 'g');
create or replace macro rp_plain_email(x) as
  regexp_matches(x, '^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]*[A-Za-z0-9]$');
create or replace macro rp_email(x) as
  nfc_normalize(lower(case when regexp_matches(x, '^(?i:mailto:)|[\s<>]|[.,;]$')
    then coalesce(nullif(rp_mended_email(x), ''), x) else x end));
create or replace macro rp_foreign_domain(x) as regexp_matches(x, '@[^@]*[^\x00-\x7F][^@]*$');

-- An e-mail address as a match key. Gmail gives one mailbox to all spellings with dots,
-- under both of its domains (`dots`); many hosts do with what stands behind a + (`tags`).
create or replace macro rp_without_tag(x, tags) as
  case when tags and regexp_matches(x, '^[^@+]+[+][^@]*@')
    then regexp_replace(x, '[+][^@]*@', '@', 'g') else x end;
create or replace macro rp_email_key(x, dots, tags) as
  case when dots and regexp_matches(x, '^[^@]*@(?:gmail|googlemail)[.]com$')
    then replace(split_part(rp_without_tag(x, tags), '@', 1), '.', '') || '@gmail.com'
    else rp_without_tag(x, tags) end;

-- A code: upper case, no spaces. Here and below a cheap test stands before translate,
-- which takes ten times as long and seldom has anything to do.
create or replace macro rp_code(x) as
  upper(case when contains(x, ' ') or contains(x, chr(160))
    then translate(x, ' ' || chr(160), '') else x end);

-- A country by its code, or by its name: the English short name of ISO 3166, the one
-- in common use, and for some the country's own. Without either it stays what it is.
create or replace macro rp_country_name(x) as map {
  'afghanistan': 'AF', 'albania': 'AL', 'algeria': 'DZ', 'american samoa': 'AS', 'andorra': 'AD',
  'angola': 'AO', 'anguilla': 'AI', 'antarctica': 'AQ', 'antigua and barbuda': 'AG',
  'argentina': 'AR', 'armenia': 'AM', 'aruba': 'AW', 'australia': 'AU', 'austria': 'AT',
  'azerbaijan': 'AZ', 'bahamas': 'BS', 'bahrain': 'BH', 'bangladesh': 'BD', 'barbados': 'BB',
  'belarus': 'BY', 'belgique': 'BE', 'belgium': 'BE', 'belgië': 'BE', 'belize': 'BZ',
  'benin': 'BJ', 'bermuda': 'BM', 'bhutan': 'BT', 'bolivia': 'BO',
  'bolivia, plurinational state of': 'BO', 'bonaire, sint eustatius and saba': 'BQ',
  'bosnia and herzegovina': 'BA', 'botswana': 'BW', 'bouvet island': 'BV', 'brasil': 'BR',
  'brazil': 'BR', 'british indian ocean territory': 'IO', 'british virgin islands': 'VG',
  'brunei': 'BN', 'brunei darussalam': 'BN', 'bulgaria': 'BG', 'burkina faso': 'BF',
  'burundi': 'BI', 'cabo verde': 'CV', 'cambodia': 'KH', 'cameroon': 'CM', 'canada': 'CA',
  'cape verde': 'CV', 'cayman islands': 'KY', 'central african republic': 'CF', 'chad': 'TD',
  'chile': 'CL', 'china': 'CN', 'christmas island': 'CX', 'cocos (keeling) islands': 'CC',
  'cocos islands': 'CC', 'colombia': 'CO', 'comoros': 'KM', 'congo': 'CG',
  'congo, the democratic republic of the': 'CD', 'cook islands': 'CK', 'costa rica': 'CR',
  'croatia': 'HR', 'cuba': 'CU', 'curaçao': 'CW', 'cyprus': 'CY', 'czech republic': 'CZ',
  'czechia': 'CZ', 'côte d''ivoire': 'CI', 'danmark': 'DK',
  'democratic republic of the congo': 'CD', 'denmark': 'DK', 'deutschland': 'DE',
  'djibouti': 'DJ', 'dominica': 'DM', 'dominican republic': 'DO', 'ecuador': 'EC', 'eesti': 'EE',
  'egypt': 'EG', 'el salvador': 'SV', 'equatorial guinea': 'GQ', 'eritrea': 'ER', 'españa': 'ES',
  'estonia': 'EE', 'eswatini': 'SZ', 'ethiopia': 'ET', 'falkland islands': 'FK',
  'falkland islands (malvinas)': 'FK', 'faroe islands': 'FO', 'fiji': 'FJ', 'finland': 'FI',
  'france': 'FR', 'french guiana': 'GF', 'french polynesia': 'PF',
  'french southern territories': 'TF', 'føroyar': 'FO', 'gabon': 'GA', 'gambia': 'GM',
  'georgia': 'GE', 'germany': 'DE', 'ghana': 'GH', 'gibraltar': 'GI', 'great britain': 'GB',
  'greece': 'GR', 'greenland': 'GL', 'grenada': 'GD', 'grønland': 'GL', 'guadeloupe': 'GP',
  'guam': 'GU', 'guatemala': 'GT', 'guernsey': 'GG', 'guinea': 'GN', 'guinea-bissau': 'GW',
  'guyana': 'GY', 'haiti': 'HT', 'heard island and mcdonald islands': 'HM', 'holy see': 'VA',
  'holy see (vatican city state)': 'VA', 'honduras': 'HN', 'hong kong': 'HK', 'hrvatska': 'HR',
  'hungary': 'HU', 'iceland': 'IS', 'india': 'IN', 'indonesia': 'ID', 'iran': 'IR',
  'iran, islamic republic of': 'IR', 'iraq': 'IQ', 'ireland': 'IE', 'isle of man': 'IM',
  'israel': 'IL', 'italia': 'IT', 'italy': 'IT', 'ivory coast': 'CI', 'jamaica': 'JM',
  'japan': 'JP', 'jersey': 'JE', 'jordan': 'JO', 'kalaallit nunaat': 'GL', 'kazakhstan': 'KZ',
  'kenya': 'KE', 'kiribati': 'KI', 'korea, democratic people''s republic of': 'KP',
  'korea, republic of': 'KR', 'kosovo': 'XK', 'kuwait': 'KW', 'kyrgyzstan': 'KG',
  'lao people''s democratic republic': 'LA', 'laos': 'LA', 'latvia': 'LV', 'latvija': 'LV',
  'lebanon': 'LB', 'lesotho': 'LS', 'liberia': 'LR', 'libya': 'LY', 'liechtenstein': 'LI',
  'lietuva': 'LT', 'lithuania': 'LT', 'luxembourg': 'LU', 'luxemburg': 'LU', 'macao': 'MO',
  'macau': 'MO', 'madagascar': 'MG', 'magyarország': 'HU', 'malawi': 'MW', 'malaysia': 'MY',
  'maldives': 'MV', 'mali': 'ML', 'malta': 'MT', 'marshall islands': 'MH', 'martinique': 'MQ',
  'mauritania': 'MR', 'mauritius': 'MU', 'mayotte': 'YT', 'mexico': 'MX', 'micronesia': 'FM',
  'micronesia, federated states of': 'FM', 'moldova': 'MD', 'moldova, republic of': 'MD',
  'monaco': 'MC', 'mongolia': 'MN', 'montenegro': 'ME', 'montserrat': 'MS', 'morocco': 'MA',
  'mozambique': 'MZ', 'myanmar': 'MM', 'méxico': 'MX', 'namibia': 'NA', 'nauru': 'NR',
  'nederland': 'NL', 'nepal': 'NP', 'netherlands': 'NL', 'new caledonia': 'NC',
  'new zealand': 'NZ', 'nicaragua': 'NI', 'niger': 'NE', 'nigeria': 'NG', 'niue': 'NU',
  'noreg': 'NO', 'norfolk island': 'NF', 'norge': 'NO', 'north korea': 'KP',
  'north macedonia': 'MK', 'northern mariana islands': 'MP', 'norway': 'NO', 'oman': 'OM',
  'pakistan': 'PK', 'palau': 'PW', 'palestine': 'PS', 'palestine, state of': 'PS', 'panama': 'PA',
  'papua new guinea': 'PG', 'paraguay': 'PY', 'peru': 'PE', 'philippines': 'PH', 'pitcairn': 'PN',
  'poland': 'PL', 'polska': 'PL', 'portugal': 'PT', 'puerto rico': 'PR', 'qatar': 'QA',
  'republic of the congo': 'CG', 'romania': 'RO', 'românia': 'RO', 'russia': 'RU',
  'russian federation': 'RU', 'rwanda': 'RW', 'réunion': 'RE', 'saint barthélemy': 'BL',
  'saint helena': 'SH', 'saint helena, ascension and tristan da cunha': 'SH',
  'saint kitts and nevis': 'KN', 'saint lucia': 'LC', 'saint martin (french part)': 'MF',
  'saint pierre and miquelon': 'PM', 'saint vincent and the grenadines': 'VC', 'samoa': 'WS',
  'san marino': 'SM', 'sao tome and principe': 'ST', 'saudi arabia': 'SA', 'schweiz': 'CH',
  'senegal': 'SN', 'serbia': 'RS', 'seychelles': 'SC', 'sierra leone': 'SL', 'singapore': 'SG',
  'sint maarten (dutch part)': 'SX', 'slovakia': 'SK', 'slovenia': 'SI', 'slovenija': 'SI',
  'slovensko': 'SK', 'solomon islands': 'SB', 'somalia': 'SO', 'south africa': 'ZA',
  'south georgia and the south sandwich islands': 'GS', 'south korea': 'KR', 'south sudan': 'SS',
  'spain': 'ES', 'srbija': 'RS', 'sri lanka': 'LK', 'sudan': 'SD', 'suisse': 'CH', 'suomi': 'FI',
  'suriname': 'SR', 'svalbard and jan mayen': 'SJ', 'sverige': 'SE', 'svizzera': 'CH',
  'sweden': 'SE', 'switzerland': 'CH', 'syria': 'SY', 'syrian arab republic': 'SY',
  'taiwan': 'TW', 'taiwan, province of china': 'TW', 'tajikistan': 'TJ', 'tanzania': 'TZ',
  'tanzania, united republic of': 'TZ', 'thailand': 'TH', 'the bahamas': 'BS', 'the gambia': 'GM',
  'the netherlands': 'NL', 'the philippines': 'PH', 'timor-leste': 'TL', 'togo': 'TG',
  'tokelau': 'TK', 'tonga': 'TO', 'trinidad and tobago': 'TT', 'tunisia': 'TN', 'turkey': 'TR',
  'turkmenistan': 'TM', 'turks and caicos islands': 'TC', 'tuvalu': 'TV', 'türkiye': 'TR',
  'u.s. virgin islands': 'VI', 'uae': 'AE', 'uganda': 'UG', 'uk': 'GB', 'ukraine': 'UA',
  'united arab emirates': 'AE', 'united kingdom': 'GB',
  'united kingdom of great britain and northern ireland': 'GB', 'united states': 'US',
  'united states minor outlying islands': 'UM', 'united states of america': 'US', 'uruguay': 'UY',
  'usa': 'US', 'uzbekistan': 'UZ', 'vanuatu': 'VU', 'venezuela': 'VE',
  'venezuela, bolivarian republic of': 'VE', 'viet nam': 'VN', 'vietnam': 'VN',
  'virgin islands, british': 'VG', 'virgin islands, u.s.': 'VI', 'wallis and futuna': 'WF',
  'western sahara': 'EH', 'yemen': 'YE', 'zambia': 'ZM', 'zimbabwe': 'ZW', 'åland': 'AX',
  'åland islands': 'AX', 'éire': 'IE', 'ísland': 'IS', 'österreich': 'AT', 'česko': 'CZ'
}[x];
create or replace macro rp_country(x) as
  case when regexp_matches(x, '^[A-Za-z]{2}$') and lower(x) <> 'uk' then upper(x)
    else coalesce(rp_country_name(lower(x)), rp_code(x)) end;

-- A postcode as people write it: upper case, plain single spaces. Match keys take
-- the spaces out (rp_code).
create or replace macro rp_written_postcode(x) as
  upper(case when contains(x, '  ') or contains(x, chr(160))
    then regexp_replace(x, '[ \x{A0}]+', ' ', 'g') else x end);

-- A postcode as its country writes it, with the zeros that a spreadsheet took off its
-- beginning and without the country before it; as people write it where the country is
-- none of these, or where it does not fit. `s` are its signs, `b` those without the
-- country: steps work each out once.
create or replace macro rp_post_signs(x) as
  upper(case when regexp_matches(x, '[^0-9A-Za-z]')
    then regexp_replace(regexp_replace(x, '[.]0$', '', 'g'), '[ .\x{A0}\x{2010}-\x{2015}-]', '', 'g')
    else x end);
create or replace macro rp_plate(country) as
  case country
    when 'SE' then 'S' when 'DE' then 'D' when 'NO' then 'N' when 'FI' then 'FIN' when 'AT' then 'A'
    when 'BE' then 'B' when 'FR' then 'F' when 'IT' then 'I' when 'ES' then 'E' when 'PT' then 'P'
    when 'LU' then 'L' when 'HU' then 'H' when 'SI' then 'SLO'
    else country
  end;
create or replace macro rp_post_body(s, country) as
  case when regexp_matches(s, '^[A-Z]{1,3}[0-9]+$') and (
      regexp_extract(s, '^([A-Z]+)', 1) = country
      or regexp_extract(s, '^([A-Z]+)', 1) = rp_plate(country))
    then regexp_extract(s, '([0-9]+)$', 1) else s end;
create or replace macro rp_parted(s, place, sign) as
  substr(s, 1, place) || sign || substr(s, place + 1);
create or replace macro rp_fitted_postcode(b, country) as
  case
    when regexp_matches(country || b, '^(?:SE[1-9]|GR[1-9]|CZ[1-7]|SK[089])[0-9]{4}$') then rp_parted(b, 3, ' ')
    when regexp_matches(country || b, '^(?:DE[0-9]{4}|FR[0-9]{4}|ES[0-9]{4}|IT[0-9]{3,4}|FI[0-9]{3,4}|MX[0-9]{4}|TR[0-9]{4}|UA[0-9]{4}|US[0-9]{3,4}|PR[0-9]{3,4})$')
      then lpad(b, 5, '0')
    when regexp_matches(country || b, '^(?:DE|FR|ES|IT|FI|MX|TR|UA|US|PR|EE|HR)[0-9]{5}$') then b
    when regexp_matches(country || b, '^(?:NO[0-9]{2,3}|DK[0-9]{3}|AU[0-9]{3}|NZ[0-9]{3})$') then lpad(b, 4, '0')
    when regexp_matches(country || b, '^(?:NO|DK|AU|NZ|AT|CH|BE|LU|HU|SI|BG|CY)[0-9]{4}$') then b
    when regexp_matches(country || b, '^NL(?:NL)?[1-9][0-9]{3}[A-Z]{2}$')
      then rp_parted(right(b, 6), 4, ' ')
    when regexp_matches(country || b, '^(?:GB|GG|JE|IM)[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$')
      then rp_parted(b, length(b) - 3, ' ')
    when regexp_matches(country || b, '^PL[0-9]{4,5}$') then rp_parted(lpad(b, 5, '0'), 2, '-')
    when regexp_matches(country || b, '^PT[0-9]{7}$') then rp_parted(b, 4, '-')
    when regexp_matches(country || b, '^PT[0-9]{4}$') then b
    when regexp_matches(country || b, '^SK[0-9]{4}$') then rp_parted(lpad(b, 5, '0'), 3, ' ')
    when regexp_matches(country || b, '^(?:US|PR)[0-9]{9}$') then rp_parted(b, 5, '-')
    when regexp_matches(country || b, '^CA(?:[A-Z][0-9]){3}$') then rp_parted(b, 3, ' ')
    when regexp_matches(country || b, '^IE[A-Z][0-9][0-9W][A-Z0-9]{4}$') then rp_parted(b, 3, ' ')
    when regexp_matches(country || b, '^BR[0-9]{7,8}$') then rp_parted(lpad(b, 8, '0'), 5, '-')
    when regexp_matches(country || b, '^JP[0-9]{6,7}$') then rp_parted(lpad(b, 7, '0'), 3, '-')
  end;
create or replace macro rp_postcode(x, b, country) as
  coalesce(rp_fitted_postcode(b, country), rp_written_postcode(x));

-- A country of ISO 3166; null for what is none.
create or replace macro rp_region(x) as
  case when regexp_matches(x,
    '^(?:AD|AE|AF|AG|AI|AL|AM|AO|AQ|AR|AS|AT|AU|AW|AX|AZ|BA|BB|BD|BE|BF|BG|BH|BI|BJ|BL|BM|BN|'
    || 'BO|BQ|BR|BS|BT|BV|BW|BY|BZ|CA|CC|CD|CF|CG|CH|CI|CK|CL|CM|CN|CO|CR|CU|CV|CW|CX|CY|CZ|'
    || 'DE|DJ|DK|DM|DO|DZ|EC|EE|EG|EH|ER|ES|ET|FI|FJ|FK|FM|FO|FR|GA|GB|GD|GE|GF|GG|GH|GI|GL|'
    || 'GM|GN|GP|GQ|GR|GS|GT|GU|GW|GY|HK|HM|HN|HR|HT|HU|ID|IE|IL|IM|IN|IO|IQ|IR|IS|IT|JE|JM|'
    || 'JO|JP|KE|KG|KH|KI|KM|KN|KP|KR|KW|KY|KZ|LA|LB|LC|LI|LK|LR|LS|LT|LU|LV|LY|MA|MC|MD|ME|'
    || 'MF|MG|MH|MK|ML|MM|MN|MO|MP|MQ|MR|MS|MT|MU|MV|MW|MX|MY|MZ|NA|NC|NE|NF|NG|NI|NL|NO|NP|'
    || 'NR|NU|NZ|OM|PA|PE|PF|PG|PH|PK|PL|PM|PN|PR|PS|PT|PW|PY|QA|RE|RO|RS|RU|RW|SA|SB|SC|SD|'
    || 'SE|SG|SH|SI|SJ|SK|SL|SM|SN|SO|SR|SS|ST|SV|SX|SY|SZ|TC|TD|TF|TG|TH|TJ|TK|TL|TM|TN|TO|'
    || 'TR|TT|TV|TW|TZ|UA|UG|UM|US|UY|UZ|VA|VC|VE|VG|VI|VN|VU|WF|WS|XK|YE|YT|ZA|ZM|ZW)$')
    then x end;

-- A phone in E.164, where phonenumbers would give the same for certain: the common
-- spellings of some countries. `region` is the country meant where the number names
-- none. Null where it is another spelling, another country, or no number.
create or replace macro rp_undialled(x) as
  case when regexp_matches(x, '[()./\x{A0}\x{2011}\x{2013}]')
    then translate(x, '()./' || chr(160) || chr(8209) || chr(8211), '') else x end;
create or replace macro rp_dial(x) as
  rp_undialled(replace(replace(
    case when starts_with(x, 'tel:') then substr(x, 5) else x end, ' ', ''), '-', ''));
create or replace macro rp_sure_e164(d) as
  regexp_matches(d,
    '^[+](?:46[1-9][0-9]{6,8}|47[2-9][0-9]{7}|45[2-9][0-9]{7}|358[1-9][0-9]{5,8}|'
    || '354[4-8][0-9]{6}|49[1-9][0-9]{6,10}|43[1-9][0-9]{6,11}|41[2-9][0-9]{8}|'
    || '31[1-9][0-9]{8}|32[1-9][0-9]{7,8}|33[1-9][0-9]{8}|44[1-357-9][0-9]{9}|'
    || '353[1-9][0-9]{6,8}|34[6-9][0-9]{8}|351[29][0-9]{8}|39(?:0[1-9][0-9]{5,9}|3[0-9]{8,9})|'
    || '48[1-9][0-9]{8}|420[2-7][0-9]{8}|421[2-9][0-9]{8}|36[1-9][0-9]{7,8}|'
    || '372[3-8][0-9]{6,7}|371[268][0-9]{7}|40[237][0-9]{8}|30[26][0-9]{9}|'
    || '385[1-9][0-9]{7,8}|386[1-7][0-9]{7}|61[2-478][0-9]{8}|1[2-9][0-9]{9})$');
create or replace macro rp_calling_code(region) as
  case region
    when 'SE' then '+46' when 'NO' then '+47' when 'DK' then '+45' when 'FI' then '+358'
    when 'IS' then '+354' when 'DE' then '+49' when 'AT' then '+43' when 'CH' then '+41'
    when 'NL' then '+31' when 'BE' then '+32' when 'FR' then '+33' when 'GB' then '+44'
    when 'IE' then '+353' when 'ES' then '+34' when 'PT' then '+351' when 'IT' then '+39'
    when 'PL' then '+48' when 'CZ' then '+420' when 'SK' then '+421' when 'HU' then '+36'
    when 'EE' then '+372' when 'LV' then '+371' when 'RO' then '+40' when 'GR' then '+30'
    when 'HR' then '+385' when 'SI' then '+386' when 'AU' then '+61' when 'US' then '+1'
    when 'CA' then '+1'
  end;
create or replace macro rp_sure_national(d, region) as
  regexp_matches(region || d,
    '^(?:SE0[1-9][0-9]{6,8}|NO[2-9][0-9]{7}|DK[2-9][0-9]{7}|FI0[1-9][0-9]{5,8}|'
    || 'IS[4-8][0-9]{6}|DE0[1-9][0-9]{6,10}|AT0[1-9][0-9]{6,11}|CH0[2-9][0-9]{8}|'
    || 'NL0[1-9][0-9]{8}|BE0[1-9][0-9]{7,8}|FR0[1-9][0-9]{8}|GB0[1-357-9][0-9]{9}|'
    || 'IE0[1-9][0-9]{6,8}|ES[6-9][0-9]{8}|PT[29][0-9]{8}|'
    || 'IT(?:0[1-9][0-9]{5,9}|3[0-8][0-9]{7,8})|PL[1-9][0-9]{8}|CZ[2-7][0-9]{8}|'
    || 'SK0[2-9][0-9]{8}|HU06[1-9][0-9]{7,8}|EE[4-8][0-9]{6,7}|LV[268][0-9]{7}|'
    || 'RO0[237][0-9]{8}|GR[26][0-9]{9}|HR0[1-9][0-9]{7,8}|SI0[1-7][0-9]{7}|'
    || 'AU0[2-478][0-9]{8}|US1?[2-9][0-9]{9}|CA1?[2-9][0-9]{9})$');
create or replace macro rp_untrunked(d, region) as
  case
    when region = 'IT' then d
    when region = 'HU' then substr(d, 3)
    when starts_with(d, '0') or region in ('US', 'CA') and length(d) = 11 then substr(d, 2)
    else d
  end;
create or replace macro rp_abroad(d, region) as
  case
    when starts_with(d, '00') and (region is null or rp_calling_code(region) not in ('+1', '+61'))
      then '+' || substr(d, 3)
    when regexp_matches(d, '^[+](?:46|49|43|41|31|32|33|44|61|40)0') then substr(d, 1, 3) || substr(d, 5)
    when regexp_matches(d, '^[+](?:358|353|421|385|386)0') then substr(d, 1, 4) || substr(d, 6)
  end;
create or replace macro rp_phone(d, region) as
  case
    when rp_sure_e164(d) then d
    when rp_sure_national(d, region) then rp_calling_code(region) || rp_untrunked(d, region)
    when rp_sure_e164(rp_abroad(d, region)) then rp_abroad(d, region)
  end;

-- A number with a declared decimal mark; null where it is none or has more than
-- four decimals. One kind of mark may group its thousands: a space (no-break ones
-- too), an apostrophe, or the mark that is not the decimal one.
create or replace macro rp_money_point(x) as
  case
    when regexp_matches(x, '^[-+]?[0-9]{1,14}(\.[0-9]{1,4}0*)?$')
      then try_cast(x as decimal(18, 4))
    when regexp_matches(x, '^[-+]?[1-9][0-9]{0,2}((,[0-9]{3}){1,4}|( [0-9]{3}){1,4}|(''[0-9]{3}){1,4}|(\x{00A0}[0-9]{3}){1,4}|(\x{202F}[0-9]{3}){1,4})(\.[0-9]{1,4}0*)?$')
      then try_cast(translate(x, ', ''' || chr(160) || chr(8239), '') as decimal(18, 4))
  end;
create or replace macro rp_money_comma(x) as
  case
    when regexp_matches(x, '^[-+]?[0-9]{1,14}(,[0-9]{1,4}0*)?$')
      then try_cast(replace(x, ',', '.') as decimal(18, 4))
    when regexp_matches(x, '^[-+]?[1-9][0-9]{0,2}((\.[0-9]{3}){1,4}|( [0-9]{3}){1,4}|(''[0-9]{3}){1,4}|(\x{00A0}[0-9]{3}){1,4}|(\x{202F}[0-9]{3}){1,4})(,[0-9]{1,4}0*)?$')
      then try_cast(
        replace(translate(x, '. ''' || chr(160) || chr(8239), ''), ',', '.')
        as decimal(18, 4)
      )
  end;

-- A time in UTC without zone; a year of two digits is none. `zone` is that of texts
-- that name no offset.
create or replace macro rp_utc(t, zone) as
  case when zone = 'UTC' then t else timezone('UTC', timezone(zone, t)) end;
create or replace macro rp_full_year(t) as
  case when extract(year from t) >= 1000 then t end;
create or replace macro rp_time(x, format, zone) as
  rp_utc(rp_full_year(try_strptime(x, format)), zone);
create or replace macro rp_time_offset(x, format) as
  rp_full_year(timezone('UTC', try_strptime(x, format)));
create or replace macro rp_iso(x) as
  regexp_extract(x, '^([0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?) ?(Z|[-+](0[0-9]|1[0-4])(:?[0-5][0-9])?)?$', 1);
create or replace macro rp_iso_offset(x) as
  regexp_extract(x, ' ?(Z|[-+][0-9]{2}(:?[0-9]{2})?)$', 1);
create or replace macro rp_time_iso(x, zone) as
  case
    when rp_iso(x) = '' then null
    when length(x) <= 10 or rp_iso(x) = x
      then rp_utc(try_cast(rp_iso(x) as timestamp), zone)
    when length(rp_iso(x)) <= 10 then null
    else timezone('UTC', try_cast(rp_iso(x) || rp_iso_offset(x) as timestamptz))
  end;
create or replace macro rp_date(x, format) as
  cast(rp_full_year(try_strptime(x, format)) as date);
create or replace macro rp_date_iso(x) as
  case when regexp_matches(x, '^[0-9]{4}-[0-9]{2}-[0-9]{2}( 00:00:00)?$')
    then try_cast(substr(x, 1, 10) as date) end;

-- The names in a list that are no null, each once.
create or replace macro rp_named(x) as
  list_sort(list_distinct(list_filter(x, lambda v: v is not null)));

-- The names in several lists, each once; null where there is none.
create or replace macro rp_gathered(x) as
  list_sort(list_distinct(flatten(list(x) filter (where x is not null))));

-- The parts of a cell that holds several values; where all of them are in double
-- quotes, a separator or a doubled quote within them is part of the value.
create or replace macro rp_list(x, separator) as
  list_filter(
    list_transform(
      case
        when x ^@ '"' and regexp_full_match(x, concat(
          '"(?:[^"]|"")*"',
          '(?:\s*', regexp_escape(separator), '\s*"(?:[^"]|"")*")*'
        ))
          then list_transform(
            regexp_extract_all(x, '"((?:[^"]|"")*)"', 1),
            lambda v: replace(v, '""', '"')
          )
        else string_split(x, separator)
      end,
      lambda v: trim(v)
    ),
    lambda v: v <> ''
  );

-- A name with single blanks; and first and last name out of such a one: 'Last, First',
-- 'LAST First', else the last word is the last, with the `particles` before it and what
-- tells a father from his son (`suffixes`) behind it.
create or replace macro rp_name_text(x) as
  trim(case when regexp_matches(x, '[\x{A0}\t]|  ') then regexp_replace(x, '[\s\x{A0}]+', ' ', 'g') else x end);
create or replace macro rp_comma_last(x, suffixes) as
  case when contains(x, ',') and not regexp_matches(x, '(?i),\s*(?:' || suffixes || ')[.]?$')
    then split_part(x, ',', 1) end;
create or replace macro rp_capital_last(x) as
  case when regexp_matches(x, '^\p{Lu}[^,]* .*\p{Ll}')
    then nullif(regexp_extract(x,
      '^((?:\p{Lu}{2,3} )*[\p{Lu}''’-]{3,}(?: [\p{Lu}''’-]{3,})*) (?:\p{Lu}[^\p{Lu}]|\p{Lu}$)', 1), '') end;
create or replace macro rp_word_last(x, particles, suffixes) as
  nullif(regexp_extract(x,
    '(?i) ((?:(?:' || particles || ') )*[^ ]+(?:,? (?:' || suffixes || ')[.]?)?)$', 1), '');
create or replace macro rp_last_part(x, particles, suffixes) as
  nullif(trim(coalesce(
    rp_comma_last(x, suffixes),
    case when contains(x, ' ')
      then coalesce(rp_capital_last(x), rp_word_last(x, particles, suffixes)) end
  )), '');
create or replace macro rp_first_part(x, particles, suffixes) as
  nullif(trim(case
    when rp_comma_last(x, suffixes) is not null then substr(x, 1 + instr(x, ','))
    when not contains(x, ' ') then x
    when rp_capital_last(x) is not null then substr(x, 1 + length(rp_capital_last(x)))
    else substr(x, 1, length(x) - length(coalesce(rp_word_last(x, particles, suffixes), '')))
  end), '');
create or replace macro rp_two_words(x) as
  regexp_matches(x, '^[^ ,\x{A0}\t]+ [^ ,\x{A0}\t]+$')
    and not regexp_matches(x, '^[\p{Lu}''’-]{3}');
create or replace macro rp_first_name(x, particles, suffixes) as
  case when rp_two_words(x) then split_part(x, ' ', 1)
    else rp_first_part(x, particles, suffixes) end;
create or replace macro rp_last_name(x, particles, suffixes) as
  case when rp_two_words(x) then split_part(x, ' ', 2)
    else rp_last_part(x, particles, suffixes) end;

-- A name with each letter as one sign (NFC), however its accents came.
create or replace macro rp_composed(x) as
  case when regexp_matches(x, '\p{M}') then nfc_normalize(x) else x end;

-- A name as match keys compare it, where its letters are all that counts (Latin ones
-- whose accents can be taken off, in words): no case, accents, spaces or hyphens. And
-- the tests whether it is such a name, and whether a word of a list is in it.
create or replace macro rp_plain_name(x) as
  regexp_matches(x, '^[A-Za-zÀ-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿ]{1,20}(?:[ -][A-Za-zÀ-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿ]{1,20}){0,3}$');
create or replace macro rp_has_word(x, words) as
  regexp_matches(lower(x), '(?:^|[ -])(?:' || words || ')(?:[ -]|$)');
create or replace macro rp_name_key(x) as
  lower(strip_accents(case when contains(x, ' ') or contains(x, '-')
    then translate(x, ' -', '') else x end));

-- The forms that companies have in law, in small letters without full stops; with a
-- blank where people may leave one out.
create or replace macro rp_legal_forms() as
  'ab|ab publ|publ ab|aktiebolag|aktiebolaget|hb|handelsbolag|kb|kommanditbolag|ek for|ekonomisk forening'
    || '|a ?s|aksjeselskap|ans|asa|aps|i ?v ?s|i ?s|k ?s|p ?s|anpartsselskab|aktieselskab|enk'
    || '|oy|oyj|oy ab|osakeyhtio|t ?mi|ky|ehf|hf|as|ou|osauhing|sia|uab'
    || '|gmbh|g m b h|gmbh co kg|gmbh und co kg|ug|ug haftungsbeschrankt|ag|kg|ohg|gbr|kgaa|se|e ?k|e ?kfm|e ?v|mbh|ges ?m ?b ?h'
    || '|b ?v|n ?v|b ?v ?b ?a|v ?o ?f|c ?v|besloten vennootschap'
    || '|s ?a|s ?a ?s|s ?a ?s ?u|s ?a ?r ?l|e ?u ?r ?l|s ?n ?c|s ?p ?r ?l|s ?c ?i'
    || '|s ?p ?a|s ?r ?l|s ?r ?l ?s|s ?a ?p ?a|s ?l|s ?l ?u|s ?c|l ?d ?a|lda|unipessoal lda'
    || '|sp z ?o ?o|spolka z ?o ?o|spolka z ograniczona odpowiedzialnoscia|sp ?j|sp ?k|s ?k ?a|p ?s ?a'
    || '|s ?r ?o|spol s ?r ?o|v ?o ?s|k ?s|d ?o ?o|d ?d|kft|zrt|nyrt|bt|ood|eood|ad|ead'
    || '|ltd|limited|l ?l ?c|l ?l ?p|p ?l ?c|inc|incorporated|corp|corporation|co|company|pty|pty ltd|pvt ltd|co ltd';

-- A company as match keys compare it: letters and digits, no case, no accents, without
-- the form it has in law, wherever that stands; a form alone is a name.
create or replace macro rp_company_words(x) as
  trim(regexp_replace(lower(translate(strip_accents(x), 'øØłŁđĐ', 'oOlLdD')), '[^\p{L}\p{M}\p{N}]+', ' ', 'g'));
create or replace macro rp_without_form(x) as
  list_transform([x], lambda v: coalesce(
    nullif(regexp_extract(v, '^(?:(?:ab|aktiebolaget|as|firma|oy|ou|sia|uab) )?(.*?)(?: (?:' || rp_legal_forms() || '))*$', 1), ''),
    v))[1];
create or replace macro rp_company_key(x) as
  nullif(replace(rp_without_form(rp_company_words(x)), ' ', ''), '');

-- The same list of fields, or none, and one more.
create or replace macro rp_also(x, field) as
  case when x is null then [field] else list_sort(list_distinct(list_append(x, field))) end;

-- What a pet form of a first name may be short for, in several languages; names
-- themselves are none, and one form may be short for several names. A table, for a
-- literal of as many is slow to plan and slow to look into.
create or replace table rp_pet_forms as
select
    split_part(said, ':', 1) as name,
    string_split(split_part(said, ':', 2), ',') as given
from (
  select unnest(string_split(replace(
'abby:abigail; acke:axel; adde:anders; aga:agnieszka; ale:alejandro; alek:aleksander;
aleks:alexander; alex:alexander,alexandra; andi:andreas; andy:andrew; ania:anna;
anja:anna; ann:anna; anne:anna; annie:anna; anya:anna; asia:joanna; babs:barbara;
bara:barbora; barb:barbara; basia:barbara; basti:sebastian; becca:rebecca;
becka:rebecka; becky:rebecca; bella:isabella; belle:isabella; ben:benjamin; benke:bengt;
benny:benjamin; beppe:giuseppe; berra:bertil; bert:robert; beth:elizabeth;
bettan:elisabet; betty:elizabeth; bibbi:birgitta; bigge:birger; bill:william;
billy:william; bjorne:bjorn; bob:robert; bobby:robert; bosse:bo; britta:birgitta;
carl:karl; carolin:caroline; carrie:caroline; cathy:katherine; cesco:francesco;
charlie:charles,karl; checco:francesco; chris:christopher; christel:christine;
christina:kristina; chuck:charles; cilla:cecilia; cindy:cynthia; concha:concepcion;
cor:cornelis; curro:francisco; dan:daniel; danne:daniel; danny:daniel; dave:david;
davy:david; deb:deborah; debbie:deborah; dick:richard; dieter:dietrich; dima:dmitri;
dimitris:dimitrios; dmitrij:dmitri; dmitry:dmitri; dolly:dorothy; don:donald;
donnie:donald; dot:dorothy; dottie:dorothy; drew:andrew; ed:edward; eddie:edward;
edu:eduardo; elisabeth:elisabet; eliza:elizabeth; ella:gabriella; ellie:eleanor;
elsa:elisabet; emmy:emma; eric:erik; evis:eva; fia:josefin,josephine,sofia;
figge:fredrik; filip:philip; fran:frances; franco:francesco; frankie:frances;
franzi:franziska; fred:frederick; fredde:fredrik; freddie:frederick; freddy:frederick;
fritz:friedrich; gabbi:gabriella; gail:abigail; geli:angelika; gerry:gerald;
gerti:gertrud; gianni:giovanni; giannis:ioannis; ginny:virginia; giorgos:georgios;
gitta:birgitta; gittan:birgitta; gitte:brigitte; gorran:goran; gosia:malgorzata;
greg:gregory; greta:margareta; grzesiek:grzegorz; gurra:gunnar,gustav; gustaf:gustav;
hanna:johanna; hannes:johannes; hansi:hans; hasse:hans; heiner:heinrich; heinz:heinrich;
heke:heikki; henk:hendrik; henke:henrik; hias:matthias; hilde:hildegard; inga:ingrid;
isa:isabel,isabella; izzy:isabella; jack:john; jackie:jacqueline; jamie:james;
jan:johannes; janne:jan; jasse:jan; jen:jennifer; jenny:jennifer; jerka:erik;
jerry:gerald; jessi:jessica; jim:james; jimmy:james; jo:joseph; jocke:joakim;
joe:joseph; joey:joseph; johannes:johan; johnny:john; jojje:johan; jon:john;
jonte:johan,jonas; jorg:georg; jorgen:goran; josie:josephine; jossan:johanna,josefin;
josse:josefin; judy:judith; juha:juhani; jupp:josef; jussi:juhani; kaija:kaarina;
kajsa:katarina; kalle:karl; karin:katarina; kasia:katarzyna; kata:katarina;
kate:katherine; kathy:katherine; katie:katherine; katja:katarina; katta:katarina;
katy:katherine; katya:ekaterina,yekaterina; kay:katherine; kees:cornelis; ken:kenneth;
kenny:kenneth; kenta:kenneth; kicki:kristina; kike:enrique; kikki:kristina; kim:joakim;
kit:christopher; klaus:nicholas; kolya:nikolai; kostas:konstantinos; krille:kristian;
krzysiek:krzysztof; kuba:jakub; lana:svetlana; larry:lawrence; larserik:lars;
lasse:lars; leffe:leif; len:leonard; lena:helena,magdalena,yelena; lenny:leonard;
leo:leonard; liam:william; libby:elizabeth; lisa:elisabet; lisbet:elisabet;
lisbeth:elisabet; liz:elizabeth; lizzie:elizabeth; lola:dolores; lollo:louise;
lore:eleonore; lotta:charlotta,charlotte; lotten:charlotta; lova:lovisa; luda:ludmila;
lupe:guadalupe; lutz:ludwig; madde:madeleine; madge:margaret; magda:magdalena;
maggan:margareta; maggie:margaret; maja:maria; malena:magdalena; malgosia:malgorzata;
malin:madeleine; mandy:amanda; mange:magnus; manne:magnus; manolis:emmanouil;
manolo:manuel; mari:maria; marie:maria; mary:maria; masha:maria; matt:matthew;
matte:mats,matthew; matze:matthias; max:maximilian; maxi:maximilian; meg:margaret;
meta:margareta; mia:maria; mick:michael; micke:michael,mikael; mickey:michael;
mike:michael; mila:ludmila; millan:camilla; mimmi:maria; mina:wilhelmina; misha:mikhail;
mitya:dmitri; molly:maria; moni:monika; nacho:ignacio; nalle:bjorn; nastya:anastasia;
natalia:natalya; natasha:natalya; nate:nathaniel; nathan:nathaniel; nea:linnea;
ned:edward; nell:eleanor; nella:helena; nellie:eleanor; neta:agneta; nick:nicholas;
nicky:nicholas; niklas:nicholas; nikolay:nikolai; nikos:nikolaos; nilla:gunilla;
nisse:nils; nora:eleanor; ogge:oskar; okan:ake; ola:aleksandra,olof; olek:aleksander;
olle:olof; olov:olof; olya:olga; osse:oskar; ossian:oskar; paco:francisco; pam:pamela;
pancho:francisco; pat:patricia; patte:patrik; patty:patricia; peder:peter;
peggy:margaret; pelle:per,peter; pepe:jose; peppe:giuseppe; pete:peter; petter:peter;
phil:philip; pino:giuseppe; piotrek:piotr; quique:enrique; rafa:rafael; ragge:ragnar;
rasse:rasmus; rich:richard; richie:richard; rick:richard; ricky:richard; rik:hendrik;
rika:ulrika; rita:margareta; rob:robert; robbie:robert; roffe:rolf; rogge:roger;
ron:ronald; ronja:veronika; ronnie:ronald; ronny:veronica; sam:samuel; sammy:samuel;
sandi:sandra; sandra:alexandra; sandy:alexander; sanna:alexandra,susanne;
sascha:alexander; sasha:aleksandra,alexander; schorsch:georg; sebbe:sebastian;
sepp:josef; serge:sergei; sergey:sergei; seryozha:sergei; sessan:cecilia;
sigge:sigfrid,sigurd; sofie:sofia; sophie:sofia; stas:stanislaw; stasia:anastasia;
staszek:stanislaw; steffe:stefan; steffi:stephanie; steph:stephanie; steve:stephen;
steven:stephen; stina:kristina; stoffe:kristoffer; sue:susan; susi:susanna; susie:susan;
sussi:susanne; sussie:susanne; suzie:susan; svenne:sven; sveta:svetlana; tadek:tadeusz;
tania:tatiana; tanya:tatiana; tapio:tapani; ted:edward; teddy:edward;
tessan:therese,theresia; theo:theodore; tilda:matilda; tim:timothy; timmy:timothy;
tina:kristina; tine:christine; tobbe:thorbjorn,tobias; tom:thomas; tomas:thomas;
tomek:tomasz; tommy:thomas; tompa:thomas; toni:antonia,antonio; tonino:antonio;
tonio:antonio; tony:anthony; topher:christopher; totte:torsten; tricia:patricia;
trish:patricia; trude:gertrud; uffe:ulf; uli:ulrich; ulla:ulrika,ursula; uschi:ursula;
val:valerie; vanni:giovanni; vanya:ivan; vasilis:vasilios; vera:veronica;
vickan:victoria,viktoria; vicky:victoria; volodya:vladimir; vova:vladimir; will:william;
willemien:wilhelmina; willi:wilhelm; willy:wilhelm,william; wojtek:wojciech;
wolf:wolfgang; xander:alexander; yannis:ioannis; zach:zachary; zack:zachary;
zhenya:yevgeny; ziska:franziska; zosia:zofia', chr(10), ' '), '; ')) as said
);
create or replace macro rp_short_for(x) as
  (select any_value(given) from rp_pet_forms where name = x);

-- A name's key in Latin letters, letter by letter, of one in Cyrillic or Greek ones:
-- near enough to be held against another, not to be shown.
create or replace macro rp_latin(x) as
  case when x >= 'a' and x < '{' then true else regexp_matches(x, '[a-z]') end;
create or replace macro rp_romanised(x) as
  translate(
    x,
    'абвгдежзийклмнопрстуфхцчшщыэюяіїєґαβγδεζηθικλμνξοπρσςτυφχψωъь',
    'abvgdezziiklmnoprstufhccssyeuaiiegavgdezitiklmnxoprsstyfhpo'
  );

-- Are two names alike? In two scripts less will do, for each is spelled its own way;
-- null where one is in letters that are no sounds of ours.
create or replace macro rp_alike(a, b) as
  case
    when rp_latin(a) = rp_latin(b) then jaro_winkler_similarity(a, b) >= 0.85
    when rp_latin(rp_romanised(a)) and rp_latin(rp_romanised(b))
      then jaro_winkler_similarity(rp_romanised(a), rp_romanised(b)) >= 0.7
  end;

-- Is one name a pet form of the other, or are both of a third? All such pairs stand in
-- a table, either way round.
create or replace table rp_pet_pairs as
with forms as (select name, unnest(given) as given from rp_pet_forms)
select name as one, given as other from forms
union
select given as one, name as other from forms
union
select x.name as one, y.name as other from forms x join forms y on x.given = y.given;
create or replace macro rp_pet_form(a, b) as
  exists (select 1 from rp_pet_pairs where one = a and other = b);

-- Does one name begin with the other, as with a second name, or is it a slip of one
-- letter away? Of one letter it is an initial, of two it says too little.
create or replace macro rp_begins(a, b) as
  (starts_with(a, b) and length(b) <> 2) or (starts_with(b, a) and length(a) <> 2);
create or replace macro rp_slip(a, b) as
  length(a) > 2 and length(b) > 2 and abs(length(a) - length(b)) <= 1
  and damerau_levenshtein(a, b) = 1;

-- The name that a first name (as rp_name_key gives it) is short for, the first of several;
-- itself where it is none. For comparing only.
create or replace macro rp_given_name(x) as coalesce(rp_short_for(x)[1], x);

-- A street, town or firm as match models compare it: its letters, no case or accents.
create or replace macro rp_place_key(x) as
  nullif(regexp_replace(lower(strip_accents(x)), '[^\p{L}]+', '', 'g'), '');

-- Is a name what stands before the @ of an e-mail?
create or replace macro rp_mailed(name, email) as starts_with(email, lower(name) || '@');

-- Do two first names allow one person? Equal; swapped with the last name, or parted from
-- it elsewhere; alike, an initial, a pet form, or one that is missing or cannot be
-- compared. With `strict` these last ones do not count where the last names tell two
-- people apart.
create or replace macro rp_names_agree(first_a, last_a, first_b, last_b, strict) as
  case
    when first_a = first_b then true
    when rp_alike(first_a, last_b) and rp_alike(last_a, first_b) then true
    when first_a || last_a = first_b || last_b then true
    when strict and not rp_alike(last_a, last_b) then false
    when first_a is null or first_b is null then true
    when coalesce(rp_alike(first_a, first_b), true) then true
    when rp_begins(first_a, first_b) then true
    when rp_slip(first_a, first_b) then true
    else rp_pet_form(first_a, first_b)
  end;

-- Are two first names alike, or both names with each other in their place?
create or replace macro rp_named_alike(first_a, last_a, first_b, last_b) as
  rp_alike(first_a, first_b) or rp_alike(first_a, last_b) and rp_alike(last_a, first_b);

-- Is a mailbox a family's, by its own word?
create or replace macro rp_family_mailbox(x) as
  coalesce(regexp_matches(lower(x), '^(famil|fam[._-]|perhe|rodzina)'), false);

-- Of two records one has no first name, and it may as well be another's of that home:
-- the mailbox they share is a family's, or (`strict`) what they share is no mailbox and
-- their e-mails differ. One date of birth says whose it is.
create or replace macro rp_unsaid(first_a, birth_a, email_a, first_b, birth_b, email_b, strict) as
  (first_a is null or first_b is null)
  and birth_a = birth_b is not true
  and case
    when strict then coalesce(email_a <> email_b, false)
    else rp_family_mailbox(case when first_a is null then email_a else email_b end)
  end;

-- Are two dates of birth those of two people? More than one of year, month and day
-- differs, and day and month have not just changed places.
create or replace macro rp_births_clash(a, b) as
  coalesce(
    (case when extract(year from a) <> extract(year from b) then 1 else 0 end)
      + (case when extract(month from a) <> extract(month from b) then 1 else 0 end)
      + (case when extract(day from a) <> extract(day from b) then 1 else 0 end) > 1
    and not (
      extract(year from a) = extract(year from b)
      and extract(month from a) = extract(day from b)
      and extract(day from a) = extract(month from b)
    ),
    false
  );

-- Are two numbers those of two companies or people? Not where one only lacks the
-- country that the other names.
create or replace macro rp_numbers_clash(a, b) as
  coalesce(a <> b and not ends_with(a, b) and not ends_with(b, a), false);

-- Is a number that of a person, not of a company? It begins with a date of birth:
-- Swedish and Polish ones with the year, Nordic others with the day. Before it may
-- stand its country.
create or replace macro rp_person_number(x) as
  regexp_matches(x, '^([A-Z]{2})?((19|20)?[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]|[6-8][0-9]|9[01])-?[0-9]{4}|(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}([-+A-Y]?[0-9]{3}[0-9A-Y]|[0-9]{5})|[0-9]{2}([02468][1-9]|[13579][0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{5})$');

-- Does something say that two records of different first names are one person? The
-- same number of a person does. So does the same date of birth, but not beside the
-- same last name: those are twins.
create or replace macro rp_vouched(number_a, birth_a, last_a, number_b, birth_b, last_b) as
  coalesce(number_a = number_b and rp_person_number(number_a), false)
  or coalesce(birth_a = birth_b, false) and last_a is distinct from last_b;

-- A row's fingerprint: 63 bits of its text cells.
create or replace macro rp_fingerprint(x) as cast(hash(x) >> 1 as bigint);

-- Fingerprints of the rows of an order as one, in any order, repeats counted.
create or replace macro rp_fold(x) as cast(sum(cast(x as hugeint)) % 9223372036854775807 as bigint);

-- Does `x` match a pattern in which * stands for anything?
create or replace macro rp_like(x, pattern) as x like pattern escape '\';

-- How many bits tell refusal from grant when two statements carry one time.
create or replace macro rp_refusal(status) as
  case status
    when 'withdrawn' then 5
    when 'never' then 4
    when 'unknown' then 3
    when 'pending' then 2
    else 1
  end;

-- A statement's own time where it can be believed: not after the day behind its
-- delivery, and not from before there were shops on the web (a zero of some system).
create or replace macro rp_believed(t, delivered) as
  case when t >= timestamp '1995-01-01' and t <= delivered + interval 1 day then t end;

-- The text of a time; null where it is the zero of a database.
create or replace macro rp_dated(x) as
  case when not starts_with(x, '0000-00-00') then x end;

-- Is one of the words (lower case) said in a cell that holds several? Brackets and
-- quotes around the cell or its words are none of them.
create or replace macro rp_says(x, separator, words) as
  list_has_any(
    list_transform(string_split(lower(x), separator), lambda v: trim(v, ' []"''')),
    words);

-- A postal address as the ledger of consent knows it: letters and digits, no case or
-- accents. Null without street or postcode.
create or replace macro rp_postal_part(x) as
  nullif(regexp_replace(lower(strip_accents(x)), '[^\p{L}\p{N}]+', '', 'g'), '');
create or replace macro rp_postal(street, postcode, country) as
  rp_postal_part(street) || '|' || rp_postal_part(postcode)
    || '|' || coalesce(rp_postal_part(country), '');

-- The cells of a record that was kept as a JSON list.
create or replace macro rp_cells(x) as from_json(x, '["VARCHAR"]');

-- Several items in one cell: between two of them, between the parts of one, and
-- behind the name of a part stands a sign; one after a backslash is text. Gives the
-- parts of each item that is not blank: key (null where a part has none) and text.
create or replace macro rp_hidden(x, items, parts, key) as
  replace(replace(replace(x, '\' || items, chr(64976)), '\' || parts, chr(64977)), '\' || key, chr(64978));
create or replace macro rp_shown(x, items, parts, key) as
  nullif(trim(replace(replace(replace(x, chr(64976), items), chr(64977), parts), chr(64978), key)), '');
create or replace macro rp_part(x, items, parts, key) as
  case when contains(x, key)
    then {'k': lower(rp_shown(split_part(x, key, 1), items, parts, key)),
          'v': rp_shown(substr(x, instr(x, key) + length(key)), items, parts, key)}
    else {'k': null, 'v': rp_shown(x, items, parts, key)}
  end;
create or replace macro rp_packed(x, items, parts, key) as
  list_filter(
    list_transform(
      string_split(rp_hidden(x, items, parts, key), items),
      lambda i: list_filter(
        list_transform(string_split(i, parts), lambda p: rp_part(p, items, parts, key)),
        lambda p: p.k is not null or p.v is not null
      )
    ),
    lambda i: len(i) > 0
  );

-- Does an item have a part without a key, a known part twice, or no known part?
create or replace macro rp_known_parts(i, known) as
  list_filter(list_transform(i, lambda p: p.k), lambda k: list_contains(known, k));
create or replace macro rp_torn(x, known) as
  coalesce(len(list_filter(x, lambda i:
    len(list_filter(i, lambda p: p.k is null)) > 0
    or len(rp_known_parts(i, known)) = 0
    or len(list_distinct(rp_known_parts(i, known))) < len(rp_known_parts(i, known))
  )) > 0, false);

-- The texts of the lines of an order, out of packed items; each of its five parts
-- may have several names, and the first that the item has counts.
create or replace macro rp_named_part(i, names) as
  rp_disarmed(list_filter(
    list_transform(names, lambda n: list_filter(i, lambda p: p.k = n)[1].v),
    lambda v: v is not null
  )[1]);
create or replace macro rp_line_texts(x, sku, name, quantity, price, total) as
  list_transform(x, lambda i: {
    'sku': rp_named_part(i, sku),
    'name': rp_named_part(i, name),
    'quantity': rp_named_part(i, quantity),
    'price': rp_named_part(i, price),
    'total': rp_named_part(i, total)
  });

-- The lines that have something in them; null where none has.
create or replace macro rp_filled(x) as
  case when len(list_filter(x, lambda i: concat(i.sku, i.name, i.quantity, i.price, i.total) <> '')) > 0
    then list_filter(x, lambda i: concat(i.sku, i.name, i.quantity, i.price, i.total) <> '')
  end;

-- Lines with numbers for texts, by their decimal signs. And: has a line a text of that
-- field which is no number?
create or replace macro rp_number(x, mark) as
  case when mark = ',' then rp_money_comma(x) else rp_money_point(x) end;
create or replace macro rp_lines(x, quantity, price, total) as
  list_transform(x, lambda i, n: {
    'item_no': n,
    'line_sku': i.sku,
    'line_name': i.name,
    'line_quantity': rp_number(i.quantity, quantity),
    'line_price': rp_number(i.price, price),
    'line_total': rp_number(i.total, total)
  });
create or replace macro rp_misread(texts, lines, field) as
  coalesce(case field
    when 'line_quantity' then
      len(list_filter(texts, lambda i: i.quantity is not null))
      > len(list_filter(lines, lambda i: i.line_quantity is not null))
    when 'line_price' then
      len(list_filter(texts, lambda i: i.price is not null))
      > len(list_filter(lines, lambda i: i.line_price is not null))
    else
      len(list_filter(texts, lambda i: i.total is not null))
      > len(list_filter(lines, lambda i: i.line_total is not null))
  end, false);
