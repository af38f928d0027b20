"""The narrative: its sentences are its figures, and these are those of the tables."""

import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import narrative
from ecommerce_analytics.formats import Formats
from ecommerce_analytics.narrative import Figure, Sentence
from ecommerce_analytics.report import telling
from reference.narrative import months_of, smallest_change

DAYS = st.integers(0, 500).map(lambda number: date(2024, 1, 1) + timedelta(days=number))
LINES = st.lists(
    st.tuples(st.sampled_from("abcdef"), DAYS, st.integers(-300, 900)), min_size=1, max_size=60
).filter(lambda lines: any(amount > 0 for _, _, amount in lines))


def shop_of(lines: list[tuple[str, date, int]]) -> ea.Transactions:
    customers, days, amounts = zip(*lines, strict=True)
    return ea.Transactions.from_arrays(
        customer=list(customers),
        order=[f"{customer}{day}" for customer, day in zip(customers, days, strict=True)],
        timestamp=[day.isoformat() for day in days],
        amount=[f"{amount}.00" for amount in amounts],
    )


def monthly(revenues: list[int], *, first: date = date(2023, 1, 1)) -> ea.Transactions:
    """Return a shop with an order at the first and one at the last day of each month."""
    lines = []
    start = first
    for number, revenue in enumerate(revenues):
        end = (start + timedelta(days=32)).replace(day=1)
        lines += [("a", start, revenue - 1), (f"c{number}", end - timedelta(days=1), 1)]
        start = end
    return shop_of(lines)


def told_of(shop: ea.datasets.Dataset, as_of: str | None = None) -> tuple[Sentence, ...]:
    lines = shop.transactions
    scores = ea.rfm.score(lines, as_of=as_of)
    assert shop.region is not None
    assert shop.payments is not None
    return narrative.tell(
        ea.kpi.changes(lines, period="month", as_of=as_of),
        total=ea.kpi.summary(lines, as_of=as_of),
        segments=ea.rfm.summarize(ea.rfm.segment(scores)),
        concentration=ea.rfm.concentration(scores),
        categories=ea.aggregate.group_by(lines, by=["category"], as_of=as_of),
        regions=ea.geo_aggregate.by_region(lines, region=shop.region, as_of=as_of),
        payments=ea.payments.revenue_by_type(lines, shop.payments, as_of=as_of),
    )


def topics_of(sentences: tuple[Sentence, ...]) -> list[str]:
    return [sentence.topic for sentence in sentences]


@pytest.fixture(scope="module")
def shop() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(num_customers=600, random_state=3)


# --- figures ---


def test_no_number_stands_in_a_sentence_but_by_a_figure(shop: ea.datasets.Dataset) -> None:
    for as_of in (None, "2024-11-12", "2023-04-20"):
        for sentence in told_of(shop, as_of):
            assert sentence.figures
            for piece in sentence.pieces:
                if piece.figure is None:
                    assert not re.search(r"\d", piece.text), piece
                else:
                    assert piece.text == narrative.plain_text(piece.figure)
                    assert piece.figure.rule
                    assert piece.figure.as_of or sentence.topic == "payments"
            assert sentence.text == "".join(piece.text for piece in sentence.pieces)


def values_of(table: ea.Table) -> Iterator[object]:
    for name in table.column_names:
        try:
            yield from table.decimals(name)
        except KeyError:
            yield from table[name].tolist()


def test_every_figure_is_one_of_the_tables(shop: ea.datasets.Dataset) -> None:
    lines = shop.transactions
    scores = ea.rfm.score(lines)
    assert shop.region is not None
    assert shop.payments is not None
    concentration = ea.rfm.concentration(scores)
    tables = [
        ea.kpi.changes(lines, period="month"),
        ea.kpi.summary(lines),
        ea.rfm.summarize(ea.rfm.segment(scores)),
        concentration,
        ea.aggregate.group_by(lines, by=["category"]),
        ea.geo_aggregate.by_region(lines, region=shop.region),
        ea.payments.revenue_by_type(lines, shop.payments),
    ]
    known = {value for table in tables for value in values_of(table)}
    known.add(float(concentration.metadata["gini"]))
    [total] = tables[1]["end"].tolist()
    known.add(total - timedelta(days=1))
    made = ("whole_periods", "changes_known", "changes_needed")
    num_found = 0
    for figure in (one for sentence in told_of(shop) for one in sentence.figures):
        if figure.name not in made and not figure.name.endswith("smallest_change"):
            assert figure.value in known, figure
            num_found += 1
    assert num_found > 25


def test_a_writer_gives_the_numbers_their_form(shop: ea.datasets.Dataset) -> None:
    changes = ea.kpi.changes(shop.transactions, period="month")

    def write(figure: Figure) -> str:
        return f"<{figure.name}>"

    (first, *_) = narrative.tell(changes, write=write)
    plain = narrative.tell(changes)[0]
    assert first.figures == plain.figures
    assert first.pieces[1].text == f"<{first.figures[0].name}>"


def test_the_words_of_each_unit() -> None:
    def words(value: narrative.Value, unit: str) -> str:
        return narrative.plain_text(Figure("x", value, unit, "total", "", ""))

    assert words(Decimal("1234.5"), "money") == "1,234.50"
    assert words(1234.5, "money per order") == "1,234.50"
    assert words(1234, "orders") == "1,234"
    assert words(0.1234, "share") == "12.3%"
    assert (words(0.25, "change"), words(-0.25, "change")) == ("+25.0%", "-25.0%")
    assert words(0.25, "change_size") == "±25.0%"
    assert (words(-0.05, "points"), words(0.05, "points_size")) == ("-5.0 pp", "±5.0 pp")
    assert (words(date(2024, 2, 1), "month"), words(date(2024, 2, 1), "day")) == (
        "2024-02",
        "2024-02-01",
    )
    assert words("<b>", "name") == "<b>"
    assert words(0.567, "coefficient") == "0.57"


# --- what stands out ---


def test_a_change_beyond_the_usual_is_told_and_one_within_is_not() -> None:
    usual = [100, 110, 100, 110, 100, 110, 100, 110]
    # The changes are +10 % and -9.09 %: four and three of them, so the median is 10 %.
    bound = 3 * 1.4826 * 0.1
    for revenue, topic in ((110 * (1 + bound) - 1, "no_change"), (110 * (1 + bound) + 1, "change")):
        shop = monthly([*usual, int(revenue)])
        sentences = narrative.tell(ea.kpi.changes(shop, period="month"))
        figures = {one.name: one for sentence in sentences for one in sentence.figures}
        assert figures["revenue_net.smallest_change"].value == pytest.approx(bound)
        assert figures["revenue_net.change_share"].value == pytest.approx(int(revenue) / 110 - 1)
        [found] = [
            sentence.topic
            for sentence in sentences
            for one in sentence.figures
            if one.name == "revenue_net.change_share"
        ]
        assert found == topic
    assert sentences[0].text == (
        "Net revenue of 2023-09: 159.00 against 110.00 in 2023-08, +44.5%."
        " Changes of ±44.5% or more stand out."
    )


def test_the_largest_beside_its_bound_comes_first_and_the_factor_moves_the_bound() -> None:
    shop = monthly([100, 101, 100, 101, 100, 101, 100, 101, 900])
    changes = ea.kpi.changes(shop, period="month")
    names = [one.figures[1].name for one in narrative.tell(changes) if one.topic == "change"]
    assert names[:2] == ["revenue_net", "average_order_value"]
    calm = narrative.tell(changes, factor=1e6)
    assert "change" not in topics_of(calm)
    for factor in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ea.InvalidArgument, match="factor must be above 0"):
            narrative.tell(changes, factor=factor)


def test_what_never_changed_stands_out_when_it_does() -> None:
    calm = ea.kpi.changes(monthly([100] * 9), period="month")
    # Nothing moves at all, and nothing would have to move far: nothing can be said.
    assert "change" not in topics_of(narrative.tell(calm))
    moved = narrative.tell(ea.kpi.changes(monthly([*[100] * 9, 101]), period="month"))
    assert moved[0].text == (
        "Net revenue of 2023-10: 101.00 against 100.00 in 2023-09, +1.0%. It never did before."
    )


def test_too_little_history_is_said() -> None:
    changes = ea.kpi.changes(monthly([100, 200, 100, 200]), period="month")
    [sentence, best] = narrative.tell(changes)
    assert sentence.text == (
        "Whether the changes of 2023-04 are unusual cannot be told yet: 2 earlier changes between"
        " whole periods are known, 6 are needed."
    )
    assert best.text == "The best of 4 whole periods was 2023-02, with 200.00 of net revenue."
    one = shop_of([("a", date(2024, 1, 5), 10)])
    [sentence, _] = narrative.tell(ea.kpi.changes(one, period="month"))
    assert sentence.topic == "too_little_history"
    assert "no whole period" in sentence.text


def test_a_running_month_is_compared_with_nothing_whole() -> None:
    lines = monthly([100, 110] * 5)
    changes = ea.kpi.changes(lines, period="month", as_of="2023-10-20")
    sentences = narrative.tell(changes)
    assert topics_of(sentences)[-1] == "running"
    for sentence in sentences[:-1]:
        assert "2023-10" not in sentence.text
    assert sentences[-1].text == (
        "2023-10 has not ended and is left out above: 109.00 of net revenue up to 2023-10-19,"
        " after 99.00 from 2023-09-01 to 2023-09-19."
    )


def test_a_month_that_a_window_cuts_is_not_judged() -> None:
    lines = monthly([100, 110] * 6)
    window = ea.Selection(start="2023-02-10", end="2023-11-20")
    sentences = narrative.tell(ea.kpi.changes(lines, period="month", selection=window))
    [first, *_] = sentences
    months = {figure.period for sentence in sentences for figure in sentence.figures}
    assert first.figures[0].value == date(2023, 10, 1)
    assert "2023-11" not in months


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
def test_all_periods_have_names(period: str) -> None:
    shop = ea.datasets.make_synthetic(num_customers=300)
    changes = ea.kpi.changes(shop.transactions, period=period)  # type: ignore[arg-type]
    names = set(changes["period"].tolist())
    for sentence in narrative.tell(changes):
        for figure in sentence.figures:
            if figure.unit in ("month", "period"):
                assert narrative.plain_text(figure) in names


def test_changes_without_periods_are_refused() -> None:
    changes = ea.kpi.changes(monthly([1, 2]))
    with pytest.raises(ea.InvalidArgument, match="those of a period"):
        narrative.tell(changes)


def test_an_unknown_key_is_no_largest_one() -> None:
    lines = ea.Transactions.from_arrays(
        customer=["a", "b", "c"],
        order=[1, 2, 3],
        timestamp=["2024-01-01"] * 3,
        amount=["100.00", "5.00", "5.00"],
        category=[None, "x", "<b>"],
    )
    changes = ea.kpi.changes(lines, period="month")
    groups = ea.aggregate.group_by(lines, by=["category"])
    sentences = narrative.tell(changes, categories=groups)
    # Of equals the first key.
    assert sentences[-1].text == "The largest category is <b>, with 5.00 from 1 orders."


# --- sameness and the reference ---


def test_shuffled_rows_give_the_same_sentences(shop: ea.datasets.Dataset) -> None:
    rng = np.random.default_rng(0)
    columns = ea.datasets.synthetic.synthetic_lines(600, 3)
    kept = {name: np.asarray(columns[name]) for name in ("customer", "order", "timestamp")}
    kept["amount"] = np.array([f"{int(cents) / 100:.2f}" for cents in columns["amount"]])

    def told(order: npt.NDArray[np.int64]) -> tuple[Sentence, ...]:
        lines = ea.Transactions.from_arrays(
            **{name: list(column[order]) for name, column in kept.items()}
        )
        scores = ea.rfm.score(lines)
        return narrative.tell(
            ea.kpi.changes(lines, period="month"),
            total=ea.kpi.summary(lines),
            segments=ea.rfm.summarize(ea.rfm.segment(scores)),
            concentration=ea.rfm.concentration(scores),
        )

    rows = np.arange(len(kept["order"]))
    assert told(rows) == told(rng.permutation(rows))


@given(
    st.lists(st.sampled_from([0.0, 0.0, 0.1, -0.1, 0.25, -3.5, 1e-9]), max_size=20),
    st.floats(0.1, 10),
)
def test_the_bound_is_that_of_the_reference(changes: list[float], factor: float) -> None:
    bound = narrative.smallest_change(changes, factor=factor)
    expected = smallest_change(changes, factor)
    assert bound == (None if expected is None else pytest.approx(expected, rel=1e-12))
    signs = [-change for change in changes]
    assert narrative.smallest_change(signs, factor=factor) == bound


@given(LINES)
def test_judged_is_the_last_month_that_is_whole_beside_a_whole_one(
    lines: list[tuple[str, date, int]],
) -> None:
    shop = shop_of(lines)
    months = months_of(min(day for _, day, _ in lines), max(day for _, day, _ in lines))
    whole = [start for start, _, is_whole in months if is_whole]
    both = [
        start
        for start, _, is_whole in months
        if is_whole and (start - timedelta(days=1)).replace(day=1) in whole
    ]
    sentences = narrative.tell(ea.kpi.changes(shop, period="month"))
    told = [one for one in sentences if one.topic in ("change", "no_change", "too_little_history")]
    if both:
        for sentence in told:
            assert sentence.figures[0].value == both[-1]
    else:
        assert [one.figures for one in told] == [()]
    revenue = {
        start: sum(amount for _, day, amount in lines if start <= day < end)
        for start, end, is_whole in months
        if is_whole
    }
    best = [one for one in sentences if one.topic == "best"]
    if len(revenue) < 2:
        assert best == []
    else:
        highest = max(revenue.values())
        first = min(start for start, value in revenue.items() if value == highest)
        assert [one.value for one in best[0].figures] == [len(revenue), first, highest]


def test_a_key_that_is_a_number_is_a_name() -> None:
    key = Figure("payment_type", 1001, "name", "total", "", "")
    assert narrative.plain_text(key) == "1001"
    assert telling.writer_of(Formats("de_DE", "EUR"))(key) == "1001"


def test_a_window_is_judged_by_the_history_before_it() -> None:
    lines = monthly([100, 110] * 4 + [160, 500])
    days = ea.Selection(start="2023-09-01", end="2023-10-01")
    window = ea.kpi.changes(lines, selection=days)
    sentences = narrative.tell(ea.kpi.changes(lines, period="month"), window=window)
    [own] = [one for one in sentences if one.topic == "window"]
    dates = [one.value for one in own.figures if one.unit == "day"]
    assert dates == [date(2023, 8, 2), date(2023, 8, 31)]
    changes = [one for one in sentences if one.topic == "change"]
    assert "Net revenue of 2023-09: 160.00 against 110.00 in 2023-08" in changes[0].text
    until = [*[100, 110] * 4, 160]
    wanted = narrative.tell(ea.kpi.changes(monthly(until), period="month"))
    of_revenue = next(one for one in wanted if one.topic == "change")
    assert changes[0].text == of_revenue.text
    assert "2023-10" not in " ".join(one.text for one in sentences)


def test_a_window_within_a_month_says_that_no_change_can_be_told() -> None:
    lines = monthly([100, 110] * 5)
    window = ea.kpi.changes(lines, selection=ea.Selection(start="2023-05-03", end="2023-05-20"))
    sentences = narrative.tell(ea.kpi.changes(lines, period="month"), window=window)
    [told] = [one for one in sentences if one.topic == "too_little_history"]
    assert told.text.startswith("The chosen days hold no whole period")
