"""Our logistic regression against scikit-learn's: one million rows, twenty columns, a penalty.

Both answer first: our gradient must be at most 1e-8 of the number of rows, and no probability may
differ by more than 1e-6 from that of scikit-learn's lbfgs at a gradient of 1e-8. Else nothing is
timed and the exit code is 1. Then they run in turns, and medians are compared.

    python benchmarks/python/logistic.py --rows 1000000
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

import ecommerce_analytics as ea

RESULTS = Path(__file__).resolve().parents[1] / "results" / "logistic.json"
C = 1.0


def make_rows(kind: str, num_rows: int, num_columns: int) -> tuple[Any, Any]:
    """Return columns that are independent, or correlated with their neighbours.

    Independent ones of one size are the best case of lbfgs: it then needs about ten steps.
    Columns of sizes that differ by 100 take it hundreds, and are left out here.
    """
    random = np.random.default_rng(0)
    X = random.normal(size=(num_rows, num_columns))
    odds = X @ random.normal(scale=1 / 3, size=num_columns) - 1
    y = (random.random(num_rows) < 1 / (1 + np.exp(-odds))).astype(np.uint8)
    if kind == "correlated":
        X[:, 1:] += 0.7 * X[:, :-1]
    return X, y


def gradient(X: Any, y: Any, coef: Any, intercept: float) -> float:
    """Return the greatest derivative of the objective over the number of rows."""
    wrong = 1 / (1 + np.exp(-(X @ coef + intercept))) - y
    return float(np.abs(np.append(X.T @ wrong + coef / C, wrong.sum())).max() / len(X))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--runs", type=int, default=7, help="rounds after the warm-up")
    parser.add_argument("--output", type=Path, default=RESULTS, help="file of the figures, JSON")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    comparisons = [compare(kind, options) for kind in ("independent", "correlated")]
    if not all(comparisons):
        return 1
    report = {
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "comparisons": comparisons,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nWritten: {options.output}")
    return 0


def compare(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    X, y = make_rows(kind, options.rows, options.columns)
    narrow = X.astype(np.float32)

    def theirs(**parameters: Any) -> Callable[[], Any]:
        return lambda: LogisticRegression(C=C, max_iter=10_000, **parameters).fit(X, y)

    reference = "scikit-learn, lbfgs to 1e-8"
    contestants: dict[str, Callable[[], Any]] = {
        "ours, 2 threads": lambda: ea.LogisticRegression(C=C, num_threads=2).fit(X, y),
        "ours, 1 thread": lambda: ea.LogisticRegression(C=C, num_threads=1).fit(X, y),
        "ours, float32, 2 threads": lambda: ea.LogisticRegression(C=C, num_threads=2).fit(
            narrow, y
        ),
        reference: theirs(tol=1e-8),
        "scikit-learn, lbfgs to 1e-4": theirs(tol=1e-4),
        "scikit-learn, newton-cholesky": theirs(solver="newton-cholesky", tol=1e-8),
    }
    fitted = {name: run() for name, run in contestants.items()}
    gradients = {
        name: gradient(X, y, model.coef_[0], float(model.intercept_[0]))
        for name, model in fitted.items()
    }
    probabilities = fitted[reference].predict_proba(X)[:, 1]
    for name in ("ours, 2 threads", "ours, 1 thread"):
        apart = np.abs(fitted[name].predict_proba(X)[:, 1] - probabilities).max()
        if gradients[name] > 1e-8 or apart > 1e-6:
            print(f"{name}: UNEQUAL: {gradients[name]:.1e}, {apart:.1e}", file=sys.stderr)
            return {}

    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(options.runs):
        for name, run in contestants.items():
            gc.collect()
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"\n{options.rows:,} rows, {options.columns} {kind} columns")
    print(f"  {'':32}{'median ms':>10}{'min':>9}{'gradient':>11}{'steps':>7}   to ours, 2 threads")
    for name, median in medians.items():
        ratio = median / medians["ours, 2 threads"]
        steps = int(np.max(fitted[name].n_iter_))
        print(
            f"  {name:32}{1e3 * median:10.0f}{1e3 * min(seconds[name]):9.0f}"
            f"{gradients[name]:11.1e}{steps:7}   {ratio:8.2f}"
        )
    return {"kind": kind, "rows": options.rows, "seconds": seconds, "gradients": gradients}


if __name__ == "__main__":
    sys.exit(main())
