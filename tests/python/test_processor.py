"""Every path of the processor gives the same bytes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pyarrow as pa
import pytest

import ecommerce_analytics as ea
from analyses import answers
from ecommerce_analytics import _core
from order_logs import content_of

PATHS = ("baseline", "avx2")


@pytest.fixture(autouse=True)
def _chosen_again() -> Iterator[None]:
    yield
    _core.force_processor_path(None)


def force(path: str) -> None:
    try:
        _core.force_processor_path(path)
    except ea.InvalidArgument:
        pytest.skip(f"this processor has no {path}")


def shop(num_lines: int, text_type: pa.DataType) -> pa.Table:
    """Return lines with text keys, of which one in a thousand is not ASCII."""
    orders = [row // 2 * 7_919 % num_lines for row in range(num_lines)]
    return pa.table(
        {
            "customer": pa.array(
                [f"{'Zoë' if order % 1000 == 0 else 'Ann'} {order % 900}" for order in orders],
                text_type,
            ),
            "order": pa.array(orders, pa.int64()),
            "time": pa.array([1_700_000_000 + order * 600 for order in orders], pa.timestamp("s")),
            "amount": pa.array([f"{order % 977 - 50}.25" for order in orders]),
            "region": pa.array([["SP", "RJ", "MG"][order % 3] for order in orders]),
        }
    )


def read(table: pa.Table) -> ea.Transactions:
    return ea.Transactions.from_arrow(
        table,
        customer="customer",
        order="order",
        timestamp="time",
        amount="amount",
        region="region",
    )


@pytest.mark.parametrize("text_type", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_every_path_gives_the_same_bytes(text_type: pa.DataType) -> None:
    table = shop(40_000, text_type)
    results = []
    for path in PATHS:
        force(path)
        assert _core.processor_path() == path
        lines = read(table)
        results.append((answers(lines, num_threads=2), repr(lines.report), lines.num_orders))
    assert results[0] == results[1]
    assert any(isinstance(answer, bytes) for answer in results[0][0].values())


@pytest.mark.parametrize("path", PATHS)
def test_every_path_refuses_the_same_text(path: str) -> None:
    force(path)
    bad = pa.array([b"Ann"] * 20_000 + [b"Zo\xff"] + [b"Bo"] * 20_000).view(pa.binary())
    texts = pa.Array.from_buffers(pa.string(), len(bad), bad.buffers())
    table = shop(len(bad), pa.string()).set_column(0, "customer", texts)
    with pytest.raises(ea.InvalidData, match="a text is not UTF-8") as caught:
        read(table)
    assert (caught.value.row, caught.value.column) == (20_001, "customer")


@pytest.mark.parametrize("name", ["", "baseline", "sse9"])
def test_the_environment_chooses(name: str) -> None:
    script = "from ecommerce_analytics import _core; print(_core.processor_path())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ECOMMERCE_ANALYTICS_PROCESSOR_PATH": name},
        capture_output=True,
        text=True,
        check=False,
    )
    if name == "sse9":
        assert "processor: the path must be baseline or avx2: sse9" in done.stderr
    else:
        assert done.stdout.strip() in ([name] if name else PATHS)


def test_keys_in_every_range_give_the_same_answers() -> None:
    """The same customers under narrow numbers, wide numbers that keep their order, and text."""
    table = shop(30_000, pa.string())
    order = table["order"].to_pylist()
    narrow = [5_000_000 + number % 900 for number in order]

    def money(customers: list[int] | list[str]) -> list[bytes]:
        lines = read(table.set_column(0, "customer", pa.array(customers)))
        scores = ea.rfm.score(lines)
        return [
            content_of(ea.kpi.summary(lines, period="month")),
            scores["monetary"].tobytes(),
            scores["m_score"].tobytes(),
        ]

    expected = money(narrow)
    assert money([(number - 5_000_400) * 10**15 for number in narrow]) == expected
    assert money([f"{number:020}" for number in narrow]) == expected
