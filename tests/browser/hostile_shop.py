"""A shop whose names are attacks, and its dashboard: `python -m browser.hostile_shop --port N`."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

import pyarrow as pa

import ecommerce_analytics as ea
from ecommerce_analytics.datasets.dataset import Dataset

#: What a name of a category, product, region or customer may be; each must be shown as text.
NAMES = (
    "<script>window.hostile = 1</script>",
    "<img src=x onerror='window.hostile = 1'>",
    "<b>bold</b> <a href='http://hostile.example/'>a link</a> &amp; &lt;",
    '=HYPERLINK("http://hostile.example/";"a formula")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "x" * 10_000,
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, right to left",
    "\u202emirrored\u202c \u0645\u0631\u062d\u0628\u0627",
    "bell\x07, escape \x1b[31m, tab\t, line\nbreak",
    "**bold** _it_ [a link](http://hostile.example/) ![i](http://hostile.example/i.png) # `code`",
    r"$\frac{1}{0}$ and $$\href{http://hostile.example/}{x}$$",
    ":material/delete: :red[red] :rainbow[all] :smile: :orange-badge[badge]",
    "%{x} ${window.hostile=1} {{7*7}} {0}",
    "a/b?c=d&e=f#g;h,i",
    "NaN",
    "unknown",
    "\u65e5\u672c\u8a9e \U0001f6d2",
)

#: What a dimension may be called: it must be a name wherever it stands, in a query too.
COLUMN_NAME = "kind\" , (SELECT content FROM read_text('/etc/hostname')) AS \"b"
FORMULA_NAME = '=HYPERLINK("http://hostile.example/";"a header")'


def load() -> Dataset:
    """Return lines of a year in which each name is a category, product, region and customer."""
    num_orders = 12 * len(NAMES)
    orders = range(num_orders)
    names = [NAMES[(order * 5 + order // len(NAMES)) % len(NAMES)] for order in orders]
    others = [NAMES[(order * 7 + 3) % len(NAMES)] for order in orders]
    begin = datetime(2025, 1, 3, 9, 30)
    lines = pa.table(
        {
            "customer": pa.array([f"{others[order]} {order % 40}" for order in orders]),
            "order": pa.array([f"{others[order][:50]} no. {order}" for order in orders]),
            "timestamp": pa.array(
                [begin + timedelta(days=order * 365 // num_orders) for order in orders],
                pa.timestamp("us"),
            ),
            "amount": pa.array([f"{10 + order % 90}.{order % 100:02}" for order in orders]),
            "product": pa.array(others),
            "category": pa.array(names),
            "region": pa.array([NAMES[order % 40 % len(NAMES)] for order in orders]),
            COLUMN_NAME: pa.array(others),
            FORMULA_NAME: pa.array(others),
        }
    )
    transactions = ea.Transactions.from_arrow(
        lines,
        customer="customer",
        order="order",
        timestamp="timestamp",
        amount="amount",
        product="product",
        category="category",
        region="region",
        dimensions={COLUMN_NAME: COLUMN_NAME, FORMULA_NAME: FORMULA_NAME},
        currency="EUR",
    )
    paid = pa.table({"order": lines["order"], "type": pa.array(others), "amount": lines["amount"]})
    payments = ea.payments.Payments.from_arrow(
        paid, order="order", payment_type="type", amount="amount", currency="EUR"
    )
    return Dataset(
        name="hostile",
        transactions=transactions,
        currency="EUR",
        payments=payments,
        region="region",
        tables={"payments": paid},
    )


if __name__ == "__main__":
    from ecommerce_analytics.dashboard import launch

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    launch.serve(launch.Source(load), port=parser.parse_args().port, browser=False)
