"""Ours against scikit-learn: Lloyd's steps from the same centers, and the silhouette.

Both answer first. If a label or a center differs, nothing is timed and the exit code is 1. Then
they run in turns, round by round, and the medians are compared.

    python benchmarks/python/kmeans.py --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from contest.answers import Answer
from contest.timing import MIN_RUNS, Contestant, UnequalAnswers, measure
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

import ecommerce_analytics as ea

NUM_COLUMNS = 4
NUM_STEPS = 30
RESULTS = Path(__file__).resolve().parents[1] / "results" / "kmeans.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="points (default: 1000000)")
    parser.add_argument("--runs", type=int, default=MIN_RUNS, help="rounds after the warm-up")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--output", type=Path, default=RESULTS, help="file of the figures, JSON")
    options = parser.parse_args()
    if options.rows < 1_000 or options.runs < MIN_RUNS:
        parser.error(f"--rows must be at least 1000, --runs at least {MIN_RUNS}")
    machine = {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "scikit-learn": version("scikit-learn"),
        "numpy": version("numpy"),
    }
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    comparisons = []
    for title, taking_part in works(options.rows, options.threads):
        try:
            timings = measure(taking_part, options.runs)
        except UnequalAnswers as unequal:
            print(f"{title}: UNEQUAL ANSWERS: {unequal}", file=sys.stderr)
            return 1
        ours, theirs = (timings[one.name] for one in taking_part)
        ratio = theirs.median / ours.median
        print(f"{title:60}{1e3 * ours.median:9.1f} ms{1e3 * theirs.median:9.1f} ms{ratio:8.2f}")
        comparisons.append(
            {"work": title, "ours_s": ours.wall, "scikit_learn_s": theirs.wall, "ratio": ratio}
        )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine, "runs": options.runs, "comparisons": comparisons}
    options.output.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nWritten: {options.output}")
    return 0


def works(num_rows: int, threads: list[int]) -> Iterator[tuple[str, list[Contestant]]]:
    for num_threads in threads:
        with threadpool_limits(num_threads):
            for n_clusters, rows in ((8, num_rows), (64, num_rows // 10)):
                for dtype in (np.float64, np.float32):
                    points = make_points(rows, dtype)
                    title = (
                        f"{rows:,} x {NUM_COLUMNS} {points.dtype}, k = {n_clusters}, "
                        f"{num_threads} threads"
                    )
                    yield title, steps(points, n_clusters, num_threads)
            yield f"silhouette of 5,000 points, {num_threads} threads", silhouettes(num_threads)


def make_points(num_rows: int, dtype: type) -> npt.NDArray[Any]:
    random = np.random.default_rng(0)
    places = random.normal(scale=3, size=(20, NUM_COLUMNS))
    points = places[random.integers(20, size=num_rows)]
    return (points + random.normal(size=points.shape)).astype(dtype)


def steps(points: npt.NDArray[Any], n_clusters: int, num_threads: int) -> list[Contestant]:
    """Return both for the same number of steps, or fewer if no label changes."""
    first = points[:n_clusters].copy()

    def ours() -> ea.kmeans.Clustering:
        return ea.kmeans.fit(
            points,
            n_clusters=n_clusters,
            init=first,
            max_iter=NUM_STEPS,
            tol=0,
            num_threads=num_threads,
        )

    def theirs() -> KMeans:
        return KMeans(n_clusters, init=first, n_init=1, max_iter=NUM_STEPS, tol=0).fit(points)

    def answer(labels: Any, centers: Any, inertia: float, n_iter: int) -> Answer:
        if points.dtype == np.float32:  # Roundings of the type move points between clusters.
            return {"inertia": np.array([f"{inertia:.3e}"])}
        return {"labels": labels, "centers": centers.round(8).ravel(), "n_iter": np.array([n_iter])}

    return [
        Contestant(
            "ours", True, ours, lambda one: answer(one.labels, one.centers, one.inertia, one.n_iter)
        ),
        Contestant(
            "scikit-learn",
            False,
            theirs,
            lambda one: answer(one.labels_, one.cluster_centers_, one.inertia_, one.n_iter_),
        ),
    ]


def silhouettes(num_threads: int) -> list[Contestant]:
    points = make_points(5_000, np.float64)
    labels = ea.kmeans.fit(points, n_clusters=8).labels

    def rounded(value: float | None) -> Answer:
        return {"silhouette": np.array([round(value or 0.0, 10)])}

    return [
        Contestant(
            "ours",
            True,
            lambda: ea.kmeans.silhouette(points, labels, num_threads=num_threads),
            lambda one: rounded(one.value),
        ),
        Contestant("scikit-learn", False, lambda: silhouette_score(points, labels), rounded),
    ]


if __name__ == "__main__":
    sys.exit(main())
