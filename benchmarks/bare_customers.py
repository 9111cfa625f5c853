"""The customer files as the bare script reads them: one SELECT per store."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bare_words import ORIGINAL, ROW_HASH, checked
from benchmarks.files import CUSTOMERS

_CUSTOMER_CHECKS = """
  when external_id is null then breaks('external_id', 'required')
  when not is_email(email) then breaks('email', 'email')
  when not is_phone(phone) then breaks('phone', 'e164')
  when not is_country(country) then breaks('country', 'country')
  when not is_time(created_at) then breaks('created_at', 'sane_date')
  when not is_time(updated_at) then breaks('updated_at', 'sane_date')
  when not is_time(consent_at) then breaks('consent.newsletter', 'sane_date')
  when coalesce(email, phone, last_name, company) is null then breaks('', 'someone')
"""


def web_shop(path: Path) -> str:
    """Give the rows of web_shop."""
    typed = """
      0 as store,
      said("_Customer ID") as external_id,
      case "_Account" when 'registered' then 'registered' when 'guest' then 'guest' end
        as kind,
      lower(said("_Email")) as email,
      phone_of(said("_Phone")) as phone,
      said("_First Name") as first_name,
      said("_Last Name") as last_name,
      said("_Company") as company,
      code_of("_VAT Number") as vat_id,
      cast(null as varchar) as org_number,
      case "_Tax Exempt" when 'yes' then true when 'no' then false end as tax_exempt,
      said("_Note") as note,
      said("_Address") as street,
      said("_Address 2") as street2,
      code_of("_Zip") as postcode,
      said("_City") as city,
      code_of("_Country Code") as country,
      said("_Ship To Name") as shipping_name,
      said("_Ship To Address") as shipping_street,
      code_of("_Ship To Zip") as shipping_postcode,
      said("_Ship To City") as shipping_city,
      code_of("_Ship To Country") as shipping_country,
      words_of("_Tags") as groups,
      with_offset("_Created At") as created_at,
      with_offset("_Updated At") as updated_at,
      case "_Accepts Marketing" when 'yes' then 'granted' when 'no' then 'never' end
        as consent,
      with_offset("_Marketing Consent At") as consent_at"""
    checks = """
      when unread(kind, "_Account") then breaks('kind', 'unreadable')
      when unread(created_at, "_Created At") then breaks('created_at', 'unreadable')
      when unread(updated_at, "_Updated At") then breaks('updated_at', 'unreadable')
      when unread(tax_exempt, "_Tax Exempt") then breaks('tax_exempt', 'unreadable')
      when unread(consent, "_Accepts Marketing")
        or unread(consent_at, "_Marketing Consent At")
        then breaks('consent.newsletter', 'unreadable')
      when not is_vat(vat_id) then breaks('vat_id', 'vat_id')
      when not is_country(shipping_country) then breaks('shipping_country', 'country')
    """
    return checked(
        CUSTOMERS[0], path, typed, checks + _CUSTOMER_CHECKS, ORIGINAL + ROW_HASH
    )


def old_shop(path: Path) -> str:
    """Give the rows of old_shop, whose file is UTF-8 by now."""
    typed = """
      1 as store,
      said("_Kundnr") as external_id,
      'registered' as kind,
      lower(said("_E-post")) as email,
      phone_of(said("_Telefon")) as phone,
      said("_Förnamn") as first_name,
      said("_Efternamn") as last_name,
      said("_Företag") as company,
      cast(null as varchar) as vat_id,
      code_of("_Org.nr") as org_number,
      case "_Momsfri" when 'Ja' then true when 'Nej' then false end as tax_exempt,
      cast(null as varchar) as note,
      said("_Adress") as street,
      cast(null as varchar) as street2,
      code_of("_Postnr") as postcode,
      said("_Ort") as city,
      case "_Land" when 'Sverige' then 'SE' when 'Norge' then 'NO'
        when 'Danmark' then 'DK' when 'Finland' then 'FI' end as country,
      cast(null as varchar) as shipping_name,
      cast(null as varchar) as shipping_street,
      cast(null as varchar) as shipping_postcode,
      cast(null as varchar) as shipping_city,
      cast(null as varchar) as shipping_country,
      words_of("_Kundgrupp") as groups,
      dotted("_Skapad") as created_at,
      dotted("_Ändrad") as updated_at,
      case "_Nyhetsbrev" when 'Ja' then 'granted' when 'Nej' then 'never'
        when 'Avregistrerad' then 'withdrawn' end as consent,
      cast(null as timestamp) as consent_at"""
    checks = """
      when unread(created_at, "_Skapad") then breaks('created_at', 'unreadable')
      when unread(updated_at, "_Ändrad") then breaks('updated_at', 'unreadable')
      when unread(tax_exempt, "_Momsfri") then breaks('tax_exempt', 'unreadable')
      when unread(country, "_Land") then breaks('country', 'unreadable')
      when unread(consent, "_Nyhetsbrev")
        then breaks('consent.newsletter', 'unreadable')
    """
    return checked(
        CUSTOMERS[1], path, typed, checks + _CUSTOMER_CHECKS, ORIGINAL + ROW_HASH
    )


def mail_club(path: Path) -> str:
    """Give the rows of mail_club; its names are "Anna Berg" or "Berg, Anna"."""
    typed = """
      2 as store,
      said("_Member") as external_id,
      'subscriber' as kind,
      lower(said("_E-mail")) as email,
      phone_of(said("_Mobile")) as phone,
      said(case when contains("_Name", ',') then split_part("_Name", ',', 2)
        else regexp_extract("_Name", '^(.*) ', 1) end) as first_name,
      said(case when contains("_Name", ',') then split_part("_Name", ',', 1)
        else regexp_extract("_Name", '([^ ]*)$', 1) end) as last_name,
      cast(null as varchar) as company,
      cast(null as varchar) as vat_id,
      cast(null as varchar) as org_number,
      cast(null as boolean) as tax_exempt,
      cast(null as varchar) as note,
      cast(null as varchar) as street,
      cast(null as varchar) as street2,
      code_of("_Zip") as postcode,
      said("_City") as city,
      code_of("_Country") as country,
      cast(null as varchar) as shipping_name,
      cast(null as varchar) as shipping_street,
      cast(null as varchar) as shipping_postcode,
      cast(null as varchar) as shipping_city,
      cast(null as varchar) as shipping_country,
      cast(null as varchar[]) as groups,
      cast(null as timestamp) as created_at,
      iso("_Changed") as updated_at,
      case "_Status" when 'subscribed' then 'granted' when 'pending' then 'pending'
        when 'nonsubscribed' then 'never' when 'unsubscribed' then 'withdrawn' end
        as consent,
      iso("_Status Since") as consent_at"""
    checks = """
      when unread(updated_at, "_Changed") then breaks('updated_at', 'unreadable')
      when unread(consent, "_Status") or unread(consent_at, "_Status Since")
        then breaks('consent.newsletter', 'unreadable')
    """
    return checked(
        CUSTOMERS[2], path, typed, checks + _CUSTOMER_CHECKS, ORIGINAL + ROW_HASH
    )
