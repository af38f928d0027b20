"""Settings of all Python tests, and where the real data lies."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from postgresql_server import Server, running

CHECKOUT = Path(__file__).resolve().parents[2]

# Derives the examples from the test alone: a run today and a run tomorrow test the same.
settings.register_profile(
    "default",
    deadline=None,
    max_examples=50,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# Looks elsewhere and longer: HYPOTHESIS_PROFILE=search pytest.
settings.register_profile(
    "search",
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# Fewer, as each of them is slower: the run looks for what the sanitizers see.
settings.register_profile(
    "sanitized",
    deadline=None,
    max_examples=15,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def data_dir() -> Path:
    """Return the folder of the real data sets; skip the test, visibly, where it is absent."""
    told = os.environ.get("ECOMMERCE_ANALYTICS_DATA")
    folder = Path(told) if told else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data in {folder}: set ECOMMERCE_ANALYTICS_DATA", allow_module_level=True)
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Return a running server; a worker that needs none starts none."""
    with running() as server:
        yield server
