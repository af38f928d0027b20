"""A process may fork between calls, also after calls that used threads."""

import subprocess
import sys
from pathlib import Path

# In an interpreter of its own, where no other library has threads.
SCRIPT = """
import multiprocessing
import os

import numpy as np
import ecommerce_analytics as ea
from analyses import answers

random = np.random.default_rng(0)
order = random.integers(0, 100_000, 200_000)
lines = ea.Transactions.from_arrays(
    customer=order % 9_000,
    order=order,
    timestamp=np.datetime64("2024-01-01") + (order % 500).astype("timedelta64[D]"),
    amount=(order % 977).astype(float) - 100.0,
    region=np.array(["SP", "RJ", "MG"])[order % 3],
)
history = ea.CustomerHistory(region="region")
history.add(lines, num_threads=4)

def told(num_threads):
    again = ea.CustomerHistory(region="region")
    again.add(lines, num_threads=num_threads)
    return answers(lines, num_threads=num_threads), answers(history), answers(again)

def main():
    before = told(4)
    assert any(isinstance(answer, bytes) for answer in before[0].values())
    child = os.fork()
    if child == 0:
        os._exit(0 if told(4) == before else 1)
    assert os.waitpid(child, 0)[1] == 0

    with multiprocessing.get_context("fork").Pool(2) as pool:
        for answered in pool.map(told, [1, 2, 4, 8]):
            assert answered == before
    assert told(3) == before
    print("equal")

if __name__ == "__main__":
    main()
"""


def test_children_answer_as_their_parent() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parent,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr
