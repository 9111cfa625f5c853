"""Invented customers with all that is awkward for an importer, and what they say."""

from datetime import datetime

LONG = "Ö" * 150  # 300 bytes

WORLD = {
    "customers": [
        {
            "customer_id": 1,
            "email": "anna@x.se",
            "phone": "+46701234567",
            "first_name": "Anna",
            "last_name": 'Åberg "B" Ek',
            "full_name": 'Anna Åberg "B" Ek',
            "company": "Ek; Söner, AB",
            "org_number": "5560360793",
            "vat_id": "SE556036079301",
            "birth_date": datetime(1980, 4, 9),
            "tax_exempt": True,
            "note": 'says "hej";\nand, more',
            "created_at": datetime(2020, 1, 2, 3, 4, 5),
        },
        {
            "customer_id": 2,
            "email": "bo@x.no",
            "phone": "+4712345678",
            "first_name": "=cmd()",
            "last_name": LONG,
            "full_name": f"=cmd() {LONG}",
            "tax_exempt": False,
            "created_at": datetime(2021, 1, 2),
        },
        {
            "customer_id": 3,
            "email": "cia@x.co.uk",
            "phone": "+4712345678",
            "first_name": "Cia",
            "last_name": "'t Hooft",
            "full_name": "Cia 't Hooft",
        },
        {"customer_id": 4, "phone": "+46709999999", "first_name": "Dan"},
        {"customer_id": 5, "email": "eva@x.se"},
        {
            "customer_id": 6,
            "email": "anna@x.se",
            "first_name": "Otto",
            "last_name": "Ek",
            "full_name": "Otto Ek",
        },
        {
            "customer_id": 7,
            "email": "gun@x.se",
            "first_name": "Gun",
            "last_name": "Lind",
            "full_name": "Gun Lind",
        },
        {
            "customer_id": 8,
            "email": "hedvig@x.se",
            "first_name": "Hedvig",
            "last_name": "Alm",
            "full_name": "Hedvig Alm",
        },
    ],
    "addresses": [
        {
            "customer_id": 1,
            "street": "Storgatan 1",
            "street2": "lgh 1101",
            "postcode": "012 34",
            "city": "Göteborg",
            "region": "Västra Götaland",
            "country": "SE",
        },
        {
            "customer_id": 2,
            "street": "Vei 2",
            "postcode": "0150",
            "city": "Oslo",
            "region": "03",
            "country": "NO",
        },
        {"customer_id": 3, "city": "Leeds", "country": "GB"},
    ],
    "groups": [{"group_key": n.lower(), "name": n} for n in ("VIP", "Press, radio")],
    "memberships": [
        {"customer_id": 1, "group_key": "vip"},
        {"customer_id": 2, "group_key": "vip"},
        {"customer_id": 2, "group_key": "press, radio"},
        {"customer_id": 3, "group_key": "press, radio"},
    ],
    "consent_events": [
        {"address": "anna@x.se", "said_at": datetime(2022, 1, 1, 12)},
        {"address": "bo@x.no"},
        {"address": "cia@x.co.uk", "status": "withdrawn"},
        {"address": "eva@x.se", "status": "never"},
        {"address": "gun@x.se"},
        {"address": "once@x.se", "status": "withdrawn"},
        {"address": "erased@x.se", "status": "withdrawn"},
        {"address": "+46701234567", "channel": "sms"},
        {"address": "+4712345678", "channel": "sms", "status": "withdrawn"},
        {"address": "bo@x.no", "purpose": "partner_offers"},
        {"address": "anna@x.se", "purpose": "partner_offers", "status": "withdrawn"},
    ],
    "suppressions": [
        {"address": "gun@x.se", "reason": "bounced"},
        {"address": "mad@x.se", "reason": "complained", "channel": "email"},
        {"address": "once@x.se", "reason": "bounced"},
        {"address": "erased@x.se", "reason": "erased"},
        {"address": "+46709999999", "reason": "blocked", "channel": "sms"},
    ],
}
"""Anna has consented, Otto shares her address; Bo has, with names that fit nowhere;
Cia withdrew; Eva never did, Hedvig was not asked; Gun has, but her mail bounces."""

ABICART = {
    "14": "",
    "15": "1",
    "16": {"from": "customer_id"},
    "17": {"from": "consent.newsletter"},
    "18": "",
    "19": "",
    "20": "",
}

FILL = {
    "abicart": ABICART,
    "magento": {"_website": "base", "_store": "default"},
    "magento-composite": {"_website": "base", "_store": "default"},
    "prestashop": {"Password *": "long-and-random"},
}
"""What these targets leave to the pipeline."""
