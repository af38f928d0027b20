"""How long a drawn shop takes: the draws, the tables with ingest, the four CSV files.

python benchmarks/python/synthetic_shop.py --customers 88000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from typing import Any

from ecommerce_analytics.datasets import make_synthetic
from ecommerce_analytics.datasets.synthetic import synthetic_lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=88_000, help="known customers")
    customers = parser.parse_args().customers
    shop = timed("make_synthetic, with ingest", lambda: make_synthetic(customers))
    tx = shop.transactions
    print(f"{tx.num_orders:,} orders, {tx.num_rows:,} lines of {tx.num_customers:,} customers")
    with tempfile.TemporaryDirectory() as folder:
        timed("write_csv", lambda: shop.write_csv(folder))
    timed("synthetic_lines, as numpy arrays", lambda: synthetic_lines(customers))
    return 0


def timed(what: str, run: Callable[[], Any]) -> Any:
    begin = time.perf_counter()
    result = run()
    print(f"{what}: {time.perf_counter() - begin:.2f} s")
    return result


if __name__ == "__main__":
    raise SystemExit(main())
