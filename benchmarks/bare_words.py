"""The words the bare script knows: macros that clean and check, ISO codes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.files import WorldFile

_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM "
    "BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX "
    "CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG "
    "GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV "
    "LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE "
    "NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO "
    "RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF "
    "WS YE YT ZA ZM ZW"
)
_CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD "
    "BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN "
    "ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD "
    "IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)


MACROS = f"""
create temp macro said(cell) as nullif(trim(cell), '');
create temp macro digits_of(cell) as translate(cell, '+ -/.()', '');
create temp macro phone_of(cell) as (
  case
    when cell is null then null
    when starts_with(cell, '+') then '+' || digits_of(cell)
    when starts_with(cell, '00') then '+' || substr(digits_of(cell), 3)
    when starts_with(cell, '0') then '+46' || substr(digits_of(cell), 2)
    else '+46' || digits_of(cell)
  end);
create temp macro code_of(cell) as upper(replace(said(cell), ' ', ''));
create temp macro amount(cell) as try_cast(cell as decimal(18, 4));
create temp macro swedish(cell) as amount(replace(replace(cell, ' ', ''), ',', '.'));
create temp macro with_offset(cell) as
  cast(try_strptime(cell, '%Y-%m-%d %H:%M:%S %z') as timestamp);
create temp macro dotted(cell) as
  cast(timezone('Europe/Stockholm', try_strptime(cell, '%d.%m.%Y %H:%M')) as timestamp);
create temp macro iso(cell) as
  try_cast(replace(replace(cell, 'T', ' '), 'Z', '') as timestamp);
create temp macro is_email(x) as
  regexp_full_match(x, '[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+');
create temp macro is_phone(x) as regexp_full_match(x, '\\+[1-9][0-9]{{6,14}}');
create temp macro is_vat(x) as regexp_full_match(x, '[A-Z]{{2}}[0-9A-Z+*.]{{2,13}}');
create temp macro is_country(x) as
  x = 'SE' or x = 'FI' or x = 'NO' or x = 'DK'
  or length(x) = 2 and contains(' {_COUNTRIES} ', ' ' || x || ' ');
create temp macro is_currency(x) as
  x = 'SEK' or x = 'EUR' or x = 'NOK' or x = 'DKK'
  or length(x) = 3 and contains(' {_CURRENCIES} ', ' ' || x || ' ');
create temp macro is_time(x) as
  x >= timestamp '1990-01-01' and x < now()::timestamp + interval 1 day;
create temp macro is_money(x) as x between -1e9 and 1e9;
create temp macro words_of(cell) as
  list_filter(list_transform(string_split(cell, ','), lambda x: trim(x)),
    lambda x: x <> '');
create temp macro unread(value, cell) as value is null and cell <> '';
create temp macro breaks(column_, check_) as column_ || ':' || check_;
"""


def reads(file: WorldFile, path: Path) -> str:
    """Give the table function that reads a file, its dialect all explicit."""
    delimiter = file.delimiter
    columns = ", ".join(
        f"'_{name}': 'varchar'" for name in file.header.split(delimiter)
    )
    return (
        f"read_csv('{path}', delim='{delimiter}', quote='\"', escape='\"', comment='', "
        f"header=true, auto_detect=false, strict_mode=true, columns={{{columns}}})"
    )


def cells_of(file: WorldFile) -> str:
    """Give the columns of a file as read: named as in the header, after a ``_``."""
    return ", ".join(f'"_{name}"' for name in file.header.split(file.delimiter))


def checked(file: WorldFile, path: Path, typed: str, checks: str, kept: str) -> str:
    """Give a SELECT of the typed columns, the first rule broken, and ``kept``."""
    cells = cells_of(file)
    return f"""
      select * exclude ({cells}){kept.format(cells=cells)}
      from (
        select *, case {checks} end as bad
        from (select {typed}, {cells} from {reads(file, path)})
      )"""


ORIGINAL = ", case when bad is not null then [{cells}] end as original"
ROW_HASH = ", hash({cells}) as row_hash"
