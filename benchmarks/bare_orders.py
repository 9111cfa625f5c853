"""The order files as the bare script reads them: one SELECT per shop."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bare_words import ORIGINAL, checked
from benchmarks.files import ORDERS

_ORDER_CHECKS = """
  when order_id is null then breaks('order_id', 'required')
  when not is_email(email) then breaks('email', 'email')
  when not is_time(ordered_at) then breaks('ordered_at', 'sane_date')
  when not is_currency(currency) then breaks('currency', 'currency')
  when not is_money(subtotal) then breaks('subtotal', 'money')
  when not is_money(shipping_total) then breaks('shipping_total', 'money')
  when not is_money(tax_total) then breaks('tax_total', 'money')
  when not is_money(discount_total) then breaks('discount_total', 'money')
  when not is_money(refunded_total) then breaks('refunded_total', 'money')
  when not is_money(total) then breaks('total', 'money')
"""


def web_orders(path: Path) -> str:
    """Give the line items of web_orders; the first of an order has its head."""
    typed = """
      nullif("_Order", '') as order_id,
      nullif("_Customer ID", '') as customer_ref,
      lower(said("_Email")) as email,
      with_offset("_Created at") as ordered_at,
      case "_Financial Status" when 'paid' then 'paid' when 'pending' then 'pending'
        when 'authorized' then 'authorized' when 'voided' then 'voided'
        when 'partially_refunded' then 'partially_refunded'
        when 'refunded' then 'refunded' end as payment_status,
      case "_Fulfillment Status" when 'fulfilled' then 'fulfilled'
        when 'unfulfilled' then 'unfulfilled' when 'partial' then 'partial' end
        as fulfilment_status,
      upper("_Currency") as currency,
      amount("_Subtotal") as subtotal,
      amount("_Shipping") as shipping_total,
      amount("_Taxes") as tax_total,
      amount("_Discount") as discount_total,
      amount("_Refunded") as refunded_total,
      amount("_Total") as total,
      nullif("_Carrier", '') as carrier,
      nullif("_Tracking Number", '') as tracking_number,
      nullif("_Lineitem sku", '') as line_sku,
      nullif("_Lineitem name", '') as line_name,
      amount("_Lineitem quantity") as line_quantity,
      amount("_Lineitem price") as line_price"""
    checks = """
      when unread(ordered_at, "_Created at") then breaks('ordered_at', 'unreadable')
      when unread(payment_status, "_Financial Status")
        then breaks('payment_status', 'known')
      when unread(fulfilment_status, "_Fulfillment Status")
        then breaks('fulfilment_status', 'known')
      when unread(subtotal, "_Subtotal") then breaks('subtotal', 'unreadable')
      when unread(shipping_total, "_Shipping")
        then breaks('shipping_total', 'unreadable')
      when unread(tax_total, "_Taxes") then breaks('tax_total', 'unreadable')
      when unread(discount_total, "_Discount")
        then breaks('discount_total', 'unreadable')
      when unread(refunded_total, "_Refunded")
        then breaks('refunded_total', 'unreadable')
      when unread(total, "_Total") then breaks('total', 'unreadable')
      when unread(line_quantity, "_Lineitem quantity")
        then breaks('line_quantity', 'unreadable')
      when unread(line_price, "_Lineitem price")
        then breaks('line_price', 'unreadable')
      when not is_money(line_quantity) then breaks('line_quantity', 'money')
      when not is_money(line_price) then breaks('line_price', 'money')
    """
    return checked(ORDERS[0], path, typed, checks + _ORDER_CHECKS, "")


def old_orders(path: Path) -> str:
    """Give the orders of old_orders, whose file is UTF-8 by now."""
    typed = """
      nullif("_Ordernr", '') as order_id,
      nullif("_Kundnr", '') as customer_ref,
      lower(said("_E-post")) as email,
      dotted("_Orderdatum") as ordered_at,
      case "_Betalning" when 'Betald' then 'paid' when 'Obetald' then 'pending'
        when 'Reserverad' then 'authorized' when 'Makulerad' then 'voided'
        when 'Delvis återbetald' then 'partially_refunded'
        when 'Återbetald' then 'refunded' end as payment_status,
      case "_Leverans" when 'Skickad' then 'shipped' when 'Levererad' then 'delivered'
        when 'Ej skickad' then 'unfulfilled' when 'Retur' then 'returned' end
        as fulfilment_status,
      upper("_Valuta") as currency,
      swedish("_Delsumma") as subtotal,
      swedish("_Frakt") as shipping_total,
      swedish("_Moms") as tax_total,
      swedish("_Rabatt") as discount_total,
      swedish("_Återbetalt") as refunded_total,
      swedish("_Summa") as total,
      nullif("_Fraktbolag", '') as carrier,
      nullif("_Kollinr", '') as tracking_number"""
    checks = """
      when ordered_at is null then breaks('ordered_at', 'unreadable')
      when unread(payment_status, "_Betalning") then breaks('payment_status', 'known')
      when unread(fulfilment_status, "_Leverans")
        then breaks('fulfilment_status', 'known')
      when unread(subtotal, "_Delsumma") then breaks('subtotal', 'unreadable')
      when unread(shipping_total, "_Frakt") then breaks('shipping_total', 'unreadable')
      when unread(tax_total, "_Moms") then breaks('tax_total', 'unreadable')
      when unread(discount_total, "_Rabatt") then breaks('discount_total', 'unreadable')
      when unread(refunded_total, "_Återbetalt")
        then breaks('refunded_total', 'unreadable')
      when unread(total, "_Summa") then breaks('total', 'unreadable')
    """
    return checked(ORDERS[1], path, typed, checks + _ORDER_CHECKS, ORIGINAL)
