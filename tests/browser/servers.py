"""Dashboards to visit: each a process of its own, ended by its own number."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conftest import CHECKOUT
from ecommerce_analytics.datasets.dataset import Dataset

_SECONDS_TO_START = 90.0


@dataclass(frozen=True)
class Site:
    """A dashboard that is served, and the data it was given, read anew by the tests."""

    name: str
    url: str
    dataset: Dataset


@contextmanager
def served(
    name: str, arguments: Sequence[str], load: Callable[[], Dataset], log: Path
) -> Iterator[Site]:
    """Run `python ARGUMENTS --port PORT`, and end it."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(
            [str(CHECKOUT / "tests" / "python"), str(CHECKOUT / "tests"), *sys.path]
        ),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments, "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        dataset = load()  # While the server starts.
        _wait_until_up(url, process, log)
        yield Site(name, url, dataset)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while True:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"no dashboard at {url}: {log.read_text(encoding='utf-8')}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
