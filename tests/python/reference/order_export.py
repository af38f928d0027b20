"""What the lines of an order are, by the words of docs/methods/shops.md: one order at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

Line = tuple[str, Decimal, Decimal]  # Kind, amount, tax.

_CELL = Decimal("0.0001")


def _money(row: Mapping[str, object], column: str) -> Decimal:
    text = str(row.get(column) or "")
    return Decimal(text) if text else Decimal(0)


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    if part >= whole:
        return min(amount, part)
    with localcontext(prec=80):
        return min((amount * part / whole).quantize(_CELL, ROUND_HALF_EVEN), part)


def shopify_lines(rows: list[Mapping[str, object]]) -> tuple[list[Line], bool]:
    """Return the lines of one order, and whether its sums tie; `rows[0]` holds its own cells."""
    order = rows[0]
    goods = taken = Decimal(0)
    lines: list[Line] = []
    for row in rows:
        amount = _money(row, "Lineitem quantity") * _money(row, "Lineitem price")
        goods += amount
        taken += _money(row, "Lineitem discount")
        lines.append(("sale", amount, Decimal(0)))
    told = _money(order, "Discount Amount")
    discount = goods - _money(order, "Subtotal")
    ties = 0 <= discount <= told + taken
    if not ties:
        discount = told
    shipping, taxes = _money(order, "Shipping"), _money(order, "Taxes")
    duties, total = _money(order, "Duties"), _money(order, "Total")
    beyond = max(told - discount, Decimal(0))
    in_prices = False
    for less, included in [(0, False), (0, True), (beyond, False), (beyond, True)]:
        billed = _money(order, "Subtotal") + shipping - less + duties
        if billed + (0 if included else taxes) == total:
            shipping, in_prices = shipping - less, included
            break
    else:
        ties = False
    lines += [("discount", -discount, Decimal(0)), ("shipping", shipping, Decimal(0))]
    tax = taxes + duties
    lines.append(("adjustment", -taxes if in_prices else Decimal(0), tax))
    back = _money(order, "Refunded Amount")
    if back:
        back_tax = _share(tax, back, total)
        lines.append(("refund", back_tax - back, -back_tax))
    return lines, ties


def woocommerce_lines(rows: list[Mapping[str, object]]) -> tuple[list[Line], bool]:
    """Return the lines of one order, and whether its sums tie; each row holds its own cells."""
    order = rows[0]
    lines: list[Line] = []
    items = items_tax = discount = Decimal(0)
    returns: list[tuple[Decimal, Decimal]] = []
    for row in rows:
        before, after = _money(row, "item_subtotal"), _money(row, "item_total")
        tax, back = _money(row, "item_total_tax"), abs(_money(row, "item_refunded"))
        items, items_tax, discount = items + after, items_tax + tax, discount + before - after
        lines += [("sale", before, tax), ("discount", after - before, Decimal(0))]
        if back:
            returns.append((back, _share(tax, back, after)))
    shipping, shipping_tax = _money(order, "shipping_total"), _money(order, "shipping_tax_total")
    fee, fee_tax = _money(order, "fee_total"), _money(order, "fee_tax_total")
    tax, total = _money(order, "tax_total"), _money(order, "order_total")
    lines += [("shipping", shipping, shipping_tax), ("fee", fee, fee_tax)]
    lines.append(("adjustment", Decimal(0), tax - items_tax - shipping_tax - fee_tax))
    rest = sum((back + back_tax for back, back_tax in returns), Decimal(0))
    if str(order.get("refunded_total", "")):
        rest = _money(order, "refunded_total")
    agree = sum(back for back, _ in returns) <= rest
    if sum(a + b for a, b in returns) > rest or sum(b for _, b in returns) > tax:
        returns = []
    for back, back_tax in returns:
        lines.append(("refund", -back, -back_tax))
        rest, tax, total = rest - back - back_tax, tax - back_tax, total - back - back_tax
    if rest:
        rest_tax = _share(tax, rest, total)
        lines.append(("refund", rest_tax - rest, -rest_tax))
    agree &= _money(order, "order_total") == items + shipping + fee + _money(order, "tax_total")
    return lines, agree and _money(order, "discount_total") == discount


def by_kind(lines: Iterable[Line]) -> dict[str, tuple[Decimal, Decimal]]:
    """Add amounts and taxes up by kind; kinds of nothing are left out."""
    sums: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for kind, amount, tax in lines:
        sums[kind] = (sums[kind][0] + amount, sums[kind][1] + tax)
    return {kind: both for kind, both in sums.items() if any(both)}
