import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from order_logs import OrderLog, content_of, logs_and_moments

REQUESTS: dict[str, Any] = {
    "kpi": {"period": "month"},
    "rfm": {"n_bins": 5, "rules": "ten"},
    "cohort": {"period": "quarter", "measure": "revenue"},
    "geo": True,
}


def separately(source: Any, **options: Any) -> list[bytes]:
    """Return what one call each says."""
    scores = ea.rfm.score(source, n_bins=5, **options)
    return [
        content_of(table)
        for table in (
            ea.kpi.summary(source, period="month", **options),
            ea.rfm.segment(scores, rules="ten"),
            ea.cohort.retention(source, period="quarter", measure="revenue", **options),
            ea.geo_aggregate.by_region(source, **options),
        )
    ]


def together(source: Any, **options: Any) -> list[bytes]:
    found = ea.analyze(source, **REQUESTS, **options)
    tables = (found.kpi, found.rfm, found.cohort, found.geo)
    return [content_of(table) for table in tables if table is not None]


@given(logs_and_moments(), st.booleans(), st.randoms(use_true_random=False))
def test_one_pass_says_what_single_calls_say(
    drawn: tuple[OrderLog, datetime | None], is_cut: bool, rng: random.Random
) -> None:
    log, as_of = drawn
    selection = ea.Selection(orders=[line.order for line in log.lines[::2]]) if is_cut else None
    lines = list(log.lines)
    rng.shuffle(lines)
    size = rng.randint(1, len(lines))
    chunks = (log.transactions(lines[i : i + size]) for i in range(0, len(lines), size))
    options: dict[str, Any] = {"as_of": as_of, "selection": selection}
    try:
        wanted = separately(log.transactions(), **options)
    except ea.InvalidArgument as error:
        with pytest.raises(ea.InvalidArgument, match=error.text):
            together(log.transactions(), **options)
        return
    assert together(log.transactions(), **options) == wanted
    assert together(chunks, **options) == wanted


def shop() -> ea.Transactions:
    return ea.Transactions.from_arrays(
        customer=["ann", "bob", "ann"],
        order=["A1", "B1", "A2"],
        timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
        amount=["19.90", "5.00", "5.10"],
        region=["SP", "RJ", None],
        dimensions={"city": ["Santos", "Rio", "Santos"]},
    )


def test_key_figures_of_one_pass_have_the_quantity() -> None:
    chunks = [
        ea.Transactions.from_arrays(
            customer=["ann"],
            order=[order],
            timestamp=["2026-11-21"],
            quantity=[quantity],
            unit_price=["2.50"],
        )
        for order, quantity in (("A1", "2"), ("A2", "1"))
    ]
    found = ea.analyze(chunks, kpi=True, rfm=True)
    assert found.kpi is not None
    assert found.kpi["items_per_order"].tolist() == [1.5]
    without = ea.Transactions.from_arrays(
        customer=["ann"], order=["A3"], timestamp=["2026-11-21"], amount=["1"]
    )
    with pytest.raises(ea.SchemaMismatch):
        ea.analyze([*chunks, without], kpi=True)


def test_what_is_not_asked_is_none() -> None:
    found = ea.analyze(shop(), geo={"region": "city"}, kpi=False)
    assert found.kpi is None
    assert found.rfm is None
    assert found.cohort is None
    assert found.geo is not None
    assert found.geo["region"].tolist() == ["Rio", "Santos"]


def test_only_one_chunk_stands_in_memory() -> None:
    alive: list[Any] = []

    def chunks() -> Iterator[ea.Transactions]:
        for number in range(5):
            lines = ea.Transactions.from_arrays(
                customer=[number], order=[number], timestamp=["2026-01-05"], amount=["1"]
            )
            alive.append(number)
            yield lines
            del lines

    found = ea.analyze(chunks(), kpi=True)
    assert found.kpi is not None
    assert found.kpi["orders"].tolist() == [5]
    assert alive == [0, 1, 2, 3, 4]


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({}, "nothing is asked"),
            ({"kpi": False}, "nothing is asked"),
            ({"rfm": {"bins": 5}}, "rfm has no such option: bins"),
            ({"kpi": {"rules": "ten"}}, "kpi has no such option: rules"),
            ({"kpi": {"as_of": "2026-01-01"}}, "told for all analyses at once: as_of"),
            ({"rfm": {"n_bins": 1}}, "n_bins must be in"),
        ],
    )
    def test_requests(self, options: dict[str, Any], text: str) -> None:
        with pytest.raises(ea.InvalidArgument, match=text):
            ea.analyze(shop(), **options)

    def test_a_request_that_is_none(self) -> None:
        with pytest.raises(TypeError, match="kpi must be options or True"):
            ea.analyze(shop(), kpi="month")  # type: ignore[arg-type]

    @pytest.mark.parametrize("options", [{"freight": 5}, {"late": 5}, {"late": ("delivery",)}])
    def test_options_of_regions_of_another_form(self, options: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match=r"must be (the name of a measure|a dimension and its)"):
            ea.analyze(shop(), geo=options)

    def test_an_iterator_that_was_read(self) -> None:
        chunks = iter([shop()])
        ea.analyze(chunks, kpi=True)
        with pytest.raises(ea.InvalidArgument, match="an iterator can be read once"):
            ea.analyze(chunks, kpi=True)

    @pytest.mark.parametrize("source", [3, ea.CustomerHistory()])
    def test_what_is_no_source(self, source: Any) -> None:
        with pytest.raises(TypeError, match="expected Transactions or chunks"):
            ea.analyze(source, kpi=True)

    def test_what_is_no_chunk(self) -> None:
        with pytest.raises(TypeError, match="a chunk must be Transactions"):
            ea.analyze([{"customer": 1}], kpi=True)  # type: ignore[list-item]
