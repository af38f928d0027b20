"""A program for `test_output_folder.py`: it starts runs and kills them, without a new interpreter.

The parent stays without threads, so that a fork of it is safe; a child makes one run.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb  # noqa: F401
import matplotlib.style  # noqa: F401
import pyarrow.compute
import pyarrow.dataset  # noqa: F401

import ecommerce_analytics as ea
from ecommerce_analytics import heatmap
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.run import run


def state_of(folder: Path) -> str:
    """Return the hash of `run.json`, or `none`; fail if the files are not those it names."""
    contents = {path.name: path.read_bytes() for path in folder.iterdir()}
    if contents.pop("notes.txt") != b"mine":
        raise AssertionError("the user's file")
    if "run.json" not in contents:
        return "none"
    manifest = contents.pop("run.json")
    told = json.loads(manifest)["outputs"]
    found = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    if told != found:
        raise AssertionError(sorted(told.items() ^ found.items()))
    return hashlib.sha256(manifest).hexdigest()


def killed_after(delay: float, dataset: Dataset, folder: Path, *, from_writing: bool) -> bool:
    """Run in a child and kill it `delay` seconds after its start, or after it begins to write."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)

        def tell(stage: str) -> None:
            if stage == "writing files":
                os.write(writer, b".")

        run(dataset, folder, progress=tell)
        os._exit(0)
    os.close(writer)
    if from_writing:
        os.read(reader, 1)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.close(reader)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    """Print, as JSON, the state after each kill, and the two states there may be."""
    folder, num_kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    # Draws nothing: what is proved is where files go, and a picture takes as long as all else.
    heatmap.cohort_figure = lambda *_, **__: None  # type: ignore[assignment,return-value]
    heatmap.write_png = lambda _, path: Path(path).write_bytes(b"PNG" * 50_000)  # type: ignore[assignment,return-value]
    shop = ea.datasets.make_synthetic(8)
    shops = [shop, replace(shop, region=None)]
    allowed, seconds = [], [0.0, 0.0]
    for one in shops:
        child = os.fork()
        started = time.monotonic()
        if child == 0:
            run(one, folder)
            (folder / "notes.txt").write_text("mine")
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            raise AssertionError("a run that nobody kills fails")
        seconds = [time.monotonic() - started] * 2
        allowed.append(state_of(folder))

    draw = random.Random(seed)
    states: list[str] = []
    num_killed, current = 0, 1
    while num_killed < num_kills:
        from_writing = len(states) % 4 != 0  # Most of them where files are made and moved.
        delay = draw.uniform(0, seconds[from_writing])
        killed = killed_after(delay, shops[1 - current], folder, from_writing=from_writing)
        num_killed += killed
        # Finds out how long a run takes now: about one in six is let through to its end.
        seconds[from_writing] *= 1.02 if killed else 0.9
        states.append(state_of(folder))
        current = allowed.index(states[-1]) if states[-1] in allowed else current
    left = sorted(path.name for path in folder.parent.iterdir())
    print(json.dumps({"allowed": allowed, "states": states, "killed": num_killed, "left": left}))


if __name__ == "__main__":
    main()
