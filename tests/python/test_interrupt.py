"""Ctrl-C in the middle of a long native call: soon answered, and nothing is changed by it."""

import subprocess
import sys
from pathlib import Path

# The one timing that a test asserts; aimed at is a tenth of it, and what was reached is printed.
MAX_SECONDS = 2.0

# Each moment is a share of the time that the call takes when it is left alone.
SCRIPT = """
import signal
import sys
import threading
import time

import numpy as np
import ecommerce_analytics as ea
from analyses import answers

# A job in the background of a script is born with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
num_lines = int(sys.argv[1])
random = np.random.default_rng(0)
order = random.integers(0, num_lines // 2, num_lines)
lines = dict(
    customer=order % (num_lines // 10),
    order=order * 1_000_003,
    timestamp=np.datetime64("2024-01-01") + (order % 700).astype("timedelta64[D]"),
    amount=(order % 1000).astype(np.int64),
    integer_unit="minor",
)
other = {**lines, "order": lines["order"] + 500_000 * 1_000_003}
small = {name: column if name == "integer_unit" else column[:200_000]
         for name, column in lines.items()}

table = ea.Transactions.from_arrays(**lines)
other_table = ea.Transactions.from_arrays(**other)
small_table = ea.Transactions.from_arrays(**small)
history = ea.CustomerHistory()
history.add(small_table)
before = answers(history)
assert all(isinstance(answer, bytes) for name, answer in before.items() if "region" not in name)

def fresh_history():
    ea.CustomerHistory().add(table, num_threads=2)

def merge_other():
    history.add(other_table, num_threads=1)

def analyse():
    ea.rfm.score(whole)

def group():
    ea.aggregate.group_by(grouped, by=["product", "place"], period="day", num_threads=1)

def regions():
    ea.geo_aggregate.by_levels(grouped, levels=["place", "product"], num_threads=1)

some = slice(0, num_lines // 5)
grouped = ea.Transactions.from_arrays(
    **{name: column if name == "integer_unit" else column[some] for name, column in lines.items()},
    dimensions={"place": order[some] % 97, "product": order[some] % 5_003})
whole = ea.CustomerHistory()
whole.add(table)
calls = {
    "ingest": lambda: ea.Transactions.from_arrays(**lines),
    "history of a table, two threads": fresh_history,
    "rfm.score": analyse,
    "history plus a table": merge_other,
    "aggregate.group_by": group,
    "geo_aggregate.by_levels": regions,
}
worst = 0.0
for name, call in calls.items():
    num_stopped = 0
    if call is not merge_other:
        start = time.monotonic()
        call()
        usual = time.monotonic() - start
    for share in (0.05, 0.2, 0.35, 0.5, 0.7):
        sent = []
        def press():
            sent.append(time.monotonic())
            signal.raise_signal(signal.SIGINT)
        timer = threading.Timer(usual * share, press)
        try:
            timer.start()
            call()
            timer.join()
        except KeyboardInterrupt:
            latency = time.monotonic() - sent[0]
            worst = max(worst, latency)
            num_stopped += 1
            print(f"{name}: stopped {latency * 1000:.0f} ms after the signal")
            assert answers(history) == before, name
        else:
            print(f"{name}: was done before")
            if call is merge_other:
                history = ea.CustomerHistory()
                history.add(small_table)
    assert num_stopped > 0, name
history.add(other_table)
again = ea.CustomerHistory()
again.add(other_table)
again.add(small_table)
assert answers(history) == answers(again)
print(f"worst {worst:.3f} s")
"""


def test_ctrl_c_is_answered_soon_and_changes_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "5000000"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(__file__).parent,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-2]) < MAX_SECONDS
