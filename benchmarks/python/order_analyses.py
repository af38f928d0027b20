"""Ours against pandas, polars and DuckDB: RFM scores, monthly cohorts, revenue by region.

Every contestant answers first. If two answers differ in one count, score or 1/10,000 of money,
nothing is timed and the exit code is 1. Then all of them run in turns, round by round, and the
medians are compared: `best peer / ours` is how many times faster ours is.

    python benchmarks/python/order_analyses.py --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
from contest import duckdb_recipes, ours, pandas_recipes, polars_recipes
from contest.order_lines import OrderLines, make_order_lines
from contest.timing import MIN_RUNS, Contestant, Timing, UnequalAnswers, measure

import ecommerce_analytics as ea

WORKS = {
    "rfm": "RFM scores",
    "cohort": "monthly cohorts",
    "region": "region revenue",
    "all": "all three",
}
KEYS = {"integer": "integer keys", "text": "text keys of 32 characters"}
MIN_ROWS = 1_000
RESULTS = Path(__file__).resolve().parents[1] / "results" / "order_analyses.json"


def main() -> int:
    options = parse_arguments()
    machine = describe_machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    comparisons = []
    for keys in options.keys:
        lines = make_order_lines(options.rows, keys)
        lines.duckdb.execute(f"SET threads = {machine['cores']}")
        for work in options.work:
            try:
                taking_part = list(contestants(lines, work))
                timings = measure(taking_part, options.runs)
            except UnequalAnswers as unequal:
                print(f"{WORKS[work]}, {KEYS[keys]}: UNEQUAL ANSWERS: {unequal}", file=sys.stderr)
                return 1
            comparison = compare(taking_part, timings)
            print_comparison(f"{WORKS[work]}, {options.rows:,} lines, {KEYS[keys]}", comparison)
            comparisons.append({"work": work, "keys": keys, "rows": options.rows, **comparison})
    print_ratios(comparisons)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine, "runs": options.runs, "comparisons": comparisons}
    options.output.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nWritten: {options.output}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="lines (default: 1000000)")
    parser.add_argument("--runs", type=int, default=MIN_RUNS, help="rounds after the warm-up")
    parser.add_argument("--keys", nargs="+", choices=KEYS, default=list(KEYS))
    parser.add_argument("--work", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--output", type=Path, default=RESULTS, help="file of the figures, JSON")
    options = parser.parse_args()
    # Keeps out tables so small that a column is constant, of which the recipes have no rule.
    if options.rows < MIN_ROWS or options.runs < MIN_RUNS:
        parser.error(f"--rows must be at least {MIN_ROWS}, --runs at least {MIN_RUNS}")
    return options


def describe_machine() -> dict[str, Any]:
    cpu_info = Path("/proc/cpuinfo")  # Stands on Linux only.
    models = re.findall(r"model name\s*: (.*)", cpu_info.read_text()) if cpu_info.exists() else []
    return {
        "system": platform.platform(),
        "processor": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "polars threads": pl.thread_pool_size(),
        "load": round(os.getloadavg()[0], 2),
        "Python": platform.python_version(),
        "ecommerce_analytics": ea.__version__,
        **{name: version(name) for name in ("numpy", "pandas", "polars", "duckdb", "pyarrow")},
    }


def contestants(lines: OrderLines, work: str) -> Iterator[Contestant]:
    yield from ours.contestants(lines, work)
    yield from polars_recipes.contestants(lines, work)
    yield from duckdb_recipes.contestants(lines, work)
    yield from pandas_recipes.contestants(lines, work)


def compare(taking_part: list[Contestant], timings: dict[str, Timing]) -> dict[str, Any]:
    mine = {one.name: timings[one.name] for one in taking_part if one.is_ours}
    peers = {one.name: timings[one.name] for one in taking_part if not one.is_ours}
    best = min(peers, key=lambda name: peers[name].median)
    return {
        "best_peer": best,
        "ratios": {name: peers[best].median / timing.median for name, timing in mine.items()},
        "timings": {
            name: {
                "wall_median_s": timing.median,
                "wall_min_s": min(timing.wall),
                "wall_max_s": max(timing.wall),
                "wall_s": timing.wall,
                "cpu_s": timing.cpu,
            }
            for name, timing in timings.items()
        },
    }


def print_comparison(title: str, comparison: dict[str, Any]) -> None:
    print(f"\n{title}")
    print(f"  {'ms':26}{'median':>9}{'min':>9}{'max':>9}{'cpu':>9}   best peer / this")
    best = comparison["timings"][comparison["best_peer"]]["wall_median_s"]
    for name, timing in comparison["timings"].items():
        cpu = sorted(timing["cpu_s"])[len(timing["cpu_s"]) // 2]
        figures = [timing[f"wall_{figure}_s"] for figure in ("median", "min", "max")] + [cpu]
        shown = "".join(f"{1e3 * figure:9.1f}" for figure in figures)
        print(f"  {name:26}{shown}   {best / timing['wall_median_s']:8.2f}")


def print_ratios(comparisons: list[dict[str, Any]]) -> None:
    names = list(comparisons[0]["ratios"])
    print("\nbest peer / ours")
    print(f"  {'':34}" + "".join(f"{name.removeprefix('ours, '):>15}" for name in names))
    for comparison in comparisons:
        title = f"{WORKS[comparison['work']]}, {comparison['keys']} keys"
        shown = "".join(f"{comparison['ratios'][name]:15.2f}" for name in names)
        print(f"  {title:34}{shown}   ({comparison['best_peer']})")


if __name__ == "__main__":
    sys.exit(main())
