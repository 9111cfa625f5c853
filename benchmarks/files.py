"""The files of a world: names, headers, encodings. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorldFile:
    """One file of the world: its source, name, header and encoding."""

    source: str
    name: str
    header: str
    encoding: str = "utf-8"
    bom: bool = False

    @property
    def delimiter(self) -> str:
        """Give what stands between two cells."""
        return ";" if ";" in self.header else ","

    @property
    def first_line(self) -> bytes:
        """Give the header as it stands in the file."""
        end = "\r\n" if self.encoding == "cp1252" else "\n"
        mark = "\ufeff" if self.bom else ""
        return f"{mark}{self.header}{end}".encode(self.encoding)


_CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Phone,Company,VAT Number,Tax Exempt,"
    "Address,Address 2,Zip,City,Country Code,Ship To Name,Ship To Address,"
    "Ship To Zip,Ship To City,Ship To Country,Tags,Accepts Marketing,"
    "Marketing Consent At,Account,Note,Created At,Updated At",
    "Kundnr;Förnamn;Efternamn;E-post;Telefon;Företag;Org.nr;Adress;Postnr;Ort;Land;"
    "Kundgrupp;Nyhetsbrev;Momsfri;Skapad;Ändrad",
    "Member,Name,E-mail,Mobile,Country,City,Zip,Status,Status Since,Changed",
)
_ORDERS = (
    "Order,Email,Customer ID,Currency,Subtotal,Shipping,Taxes,Discount,Refunded,Total,"
    "Created at,Financial Status,Fulfillment Status,Carrier,Tracking Number,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku",
    "Ordernr;Kundnr;E-post;Orderdatum;Betalning;Leverans;Valuta;Delsumma;Frakt;Moms;"
    "Rabatt;Återbetalt;Summa;Fraktbolag;Kollinr",
)

CUSTOMERS = (
    WorldFile("web_shop", "web_shop_customers.csv", _CUSTOMERS[0]),
    WorldFile("old_shop", "old_shop_kunder.skv", _CUSTOMERS[1], "cp1252"),
    WorldFile("mail_club", "mail_club.csv", _CUSTOMERS[2], bom=True),
)
ORDERS = (
    WorldFile("web_orders", "web_orders.csv", _ORDERS[0]),
    WorldFile("old_orders", "old_orders.csv", _ORDERS[1], "cp1252"),
)
