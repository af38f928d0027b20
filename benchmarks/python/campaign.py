"""Ours against numpy: the profits of many scenarios over many customers.

Both answer first: the profit of each draw, and its break-even by whether that profit is 0 there. If
they differ nothing is timed and the exit code is 1. Then they run in turns, round by round, and the
medians are compared. numpy goes through the customers for each scenario.

    python benchmarks/python/campaign.py --customers 100000 --scenarios 10000
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt

import ecommerce_analytics as ea

Numbers = npt.NDArray[np.float64]
ASSUMED: dict[str, Any] = {
    "uplift": (0.0, 0.03, 0.06),
    "margin": (0.35, 0.4, 0.45),
    "discount": 0.15,
    "redemption": (0.5, 0.8, 1.0),
    "contact_cost": (0.1, 0.2, 0.5),
    "fixed_cost": 500.0,
    "spend_factor": (0.9, 1.0, 1.1),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--scenarios", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--numpy-scenarios", type=int, default=200, help="of those, by numpy")
    options = parser.parse_args()
    if min(options.customers, options.runs, options.numpy_scenarios) < 1:
        parser.error("all counts must be at least 1")
    if options.numpy_scenarios > options.scenarios:
        parser.error("--numpy-scenarios must be at most --scenarios")
    random = np.random.default_rng(0)
    p_order = random.random(options.customers)
    spend = random.gamma(2.0, 100.0, options.customers)

    def ours() -> ea.campaign.Simulation:
        return ea.campaign.simulate(
            p_order, spend, **ASSUMED, num_scenarios=options.scenarios, num_threads=1
        )

    found = ours()
    drawn = {name: found.draws[name][: options.numpy_scenarios] for name in ASSUMED}
    theirs = profits(p_order, spend, drawn)
    scale = float(np.abs(theirs).max())
    gap = float(np.abs(theirs - found.draws["profit"][: len(theirs)]).max())
    there = dict(drawn, uplift=found.draws["break_even_uplift"].filled(0.0)[: len(theirs)])
    rest = float(np.abs(profits(p_order, spend, there)).max())
    if max(gap, rest) > 1e-9 * scale:
        print(f"UNEQUAL ANSWERS: {gap} and {rest} of {scale}", file=sys.stderr)
        return 1
    seconds: dict[str, list[float]] = {"ours": [], "numpy": []}
    for _ in range(options.runs):
        begin = time.perf_counter()
        ours()
        seconds["ours"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        profits(p_order, spend, drawn)
        seconds["numpy"].append(time.perf_counter() - begin)
    share = options.scenarios / options.numpy_scenarios
    own = statistics.median(seconds["ours"])
    other = statistics.median(seconds["numpy"]) * share
    print(f"numpy {np.__version__}, load {os.getloadavg()[0]:.1f}, one thread each")
    print(f"equal to {max(gap, rest) / scale:.1e} of the greatest profit")
    print(
        f"{options.scenarios} scenarios of {options.customers} customers: ours {1e3 * own:.1f} ms"
        f" with sorting, break-even and summary; numpy {1e3 * other:.0f} ms for the profits alone"
        f" ({options.numpy_scenarios} measured), ratio {other / own:.0f}"
    )
    return 0


def profits(p_order: Numbers, spend: Numbers, values: dict[str, Numbers]) -> Numbers:
    """Return the profit of each scenario, customer by customer."""
    found = np.empty(len(values["uplift"]))
    for row in range(len(found)):
        v = {name: column[row] for name, column in values.items()}
        worth = spend * v["spend_factor"]
        extra = np.clip(v["uplift"], -p_order, 1 - p_order)
        each = extra * worth * (v["margin"] - v["discount"])
        each -= p_order * v["redemption"] * worth * v["discount"]
        found[row] = each.sum() - v["contact_cost"] * len(p_order) - v["fixed_cost"]
    return found


if __name__ == "__main__":
    sys.exit(main())
