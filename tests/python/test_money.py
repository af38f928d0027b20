from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from reference import money as reference

ROUNDINGS = st.sampled_from([None, "half_even", "half_up"])
LARGEST = Decimal(reference.LARGEST_AMOUNT) / 10_000

_DIGITS = st.text("0123456789", max_size=25)
_TEXTS = st.one_of(
    # Near the four decimals and the ties.
    st.integers(-(10**9), 10**9).map(lambda count: str(Decimal(count).scaleb(-5))),
    st.integers(-(10**7), 10**7).map(lambda count: f"{count}e-6"),
    # Any number, and near numbers.
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "-", "+", " ", "--"]),
        _DIGITS,
        st.sampled_from(["", ".", ".", ".."]),
        _DIGITS,
        st.sampled_from(["", "", "", "e2", "E-7", "e", "e400", "e-400", " ", "x"]),
    ),
    st.text(max_size=5),
)


def read(amount: Any, rounding: str | None = None, **options: Any) -> Decimal:
    """Return the amount of one line, or the sum of several."""
    count = len(amount)
    table = pa.table(
        {"who": ["ana"] * count, "nr": [1] * count, "day": ["2024-01-01"] * count, "paid": amount}
    )
    transactions = ea.Transactions.from_arrow(
        table,
        customer="who",
        order="nr",
        timestamp="day",
        amount="paid",
        rounding=rounding,  # type: ignore[arg-type]
        **options,
    )
    return transactions.report.kept.money


@given(_TEXTS, ROUNDINGS)
@example("922337203685477.5807", None)
@example("922337203685477.5808", None)
@example("-922337203685477.5808", None)
@example("922337203685477.58075", "half_up")
@example("-922337203685477.58085", "half_even")
@example("0.00025000000000000000000000000000000000000001", "half_even")
@example("1e-4000", "half_up")
@example("0e4000", None)
@example(".", None)
@example("5.", None)
def test_text_is_read_to_the_last_digit(text: str, rounding: str | None) -> None:
    expected = reference.amount_from_text(text, rounding)
    if expected is None:
        with pytest.raises((ea.InvalidData, ea.MoneyOverflow), match=r"^ingest: "):
            read([text], rounding)
    else:
        assert read([text], rounding) == reference.decimal_of(expected)


MARKS = [".", ",", " ", "'", "\u00a0", "\u202f", "\u2019"]
FORMATS = st.sampled_from(
    [(decimal, mark) for decimal in ".," for mark in (None, *MARKS) if mark != decimal]
)


@st.composite
def _grouped(draw: st.DrawFn) -> str:
    """Return numbers as people write them, mostly, with some mark or other."""
    groups = [draw(st.text("0123456789", min_size=1, max_size=3))]
    groups += draw(st.lists(st.text("0123456789", min_size=3, max_size=3), max_size=4))
    groups += draw(st.lists(st.text("0123456789", max_size=4), max_size=1))
    text = draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(MARKS)).join(groups)
    if draw(st.booleans()):
        text += draw(st.sampled_from(".,")) + draw(st.text("0123456789.,", max_size=5))
    return text + draw(st.sampled_from(["", "", " ", "e2"]))


@given(_grouped() | _TEXTS, FORMATS)
@example("1.234.567,5", (",", "."))
@example("1234567,5", (",", "."))
@example("1.234567,5", (",", "."))
@example("1234.567,5", (",", "."))
@example("1,5.000", (",", "."))
@example(".567", (",", "."))
@example("-1 234,50", (",", " "))
@example(" 1\u202f234,50 ", (",", "\u202f"))
@example("1'234.50", (".", "'"))
@example("922.337.203.685.477,5808", (",", "."))
def test_marks_of_numbers_are_those_that_were_told(
    text: str, number_format: tuple[str, str | None]
) -> None:
    decimal, thousands = number_format
    expected = reference.amount_from_text(text, None, decimal, thousands)
    if expected is None:
        with pytest.raises((ea.InvalidData, ea.MoneyOverflow), match=r"^ingest: "):
            read([text], decimal=decimal, thousands=thousands)
    else:
        amount = read([text], decimal=decimal, thousands=thousands)
        assert amount == reference.decimal_of(expected)


@pytest.mark.parametrize(
    ("text", "options", "needs"),
    [
        ("1,99", {}, 'a decimal comma needs decimal=","'),
        ("1.234,5", {"thousands": " "}, "its separators need the options decimal and thousands"),
        ("-0,5", {"thousands": "'"}, 'a decimal comma needs decimal=","'),
        ("1.99", {"decimal": ","}, 'a decimal point needs decimal="."'),
        ("1,234,567", {}, "separators of thousands need the option thousands"),
        ("1 234.50", {}, "separators of thousands need the option thousands"),
        ("1\u00a0234.50", {"thousands": " "}, "separators of thousands need the option thousands"),
        ("1,234", {}, "its separators need the options decimal and thousands"),
        ("1.234,50", {}, "its separators need the options decimal and thousands"),
    ],
)
def test_a_mark_that_was_not_told(text: str, options: dict[str, Any], needs: str) -> None:
    with pytest.raises(ea.InvalidData) as caught:
        read(["1", text], **options)
    assert str(caught.value) == f'ingest: not a number; {needs}: {text} (row 2, column "paid")'


@pytest.mark.parametrize(
    "text", ["12,34.5", "1.2.3", "EUR 5", "1,2,3", "1 2", "abc", "", "5-", "€1"]
)
def test_what_is_no_number_with_any_mark(text: str) -> None:
    for options in ({}, {"decimal": ",", "thousands": "."}):
        with pytest.raises(ea.InvalidData) as caught:
            read(["1", text], **options)
        assert caught.value.text in ("ingest: not a number", "ingest: a number is missing")


def test_quantities_and_measures_have_the_same_marks() -> None:
    columns = {"who": ["ana"], "nr": ["A"], "day": ["2024-01-01"]}
    columns |= {"pieces": ["1.000"], "price": ["0,25"], "freight": ["1.234,5"]}
    report = ea.Transactions.from_arrow(
        pa.table(columns),
        customer="who",
        order="nr",
        timestamp="day",
        quantity="pieces",
        unit_price="price",
        measures=["freight"],
        decimal=",",
        thousands=".",
    ).report
    assert report.kept.money == Decimal(250)
    assert report.measures[0].money == Decimal("1234.5")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decimal": ";"}, "decimal must be one of '.', ',': ;"),
        ({"decimal": None}, "decimal must be one of '.', ','"),
        ({"thousands": ""}, "thousands must be one of"),
        ({"thousands": "_"}, "thousands must be one of"),
        ({"thousands": "."}, "ingest: decimal must be a point or a comma, and thousands another"),
        ({"decimal": ",", "thousands": ","}, "ingest: decimal must be a point or a comma, and"),
    ],
)
def test_marks_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ea.InvalidArgument) as caught:
        read(["1"], **options)
    assert str(caught.value).startswith(message)


@given(
    st.one_of(
        st.integers(-(10**13), 10**13).map(lambda count: count / 10_000),
        st.integers(-(10**7), 10**7).map(lambda count: count / 1_000_000),
        st.integers(-(10**7), 10**7).map(lambda count: count / 2**20),
        st.floats(),
        st.floats(-1e15, 1e15),
    ),
    ROUNDINGS,
)
@example(0.03125, "half_even")
@example(0.03125, "half_up")
@example(-0.09375, "half_even")
@example(0.00005, "half_even")
@example(0.00005, "half_up")
@example(1.00005, "half_even")
@example(922337203685477.5, None)
@example(-922337203685477.5, "half_up")
@example(922337203685477.625, None)
@example(5e-324, None)
def test_a_double_goes_to_the_nearest(value: float, rounding: str | None) -> None:
    expected = reference.amount_from_double(value, rounding)
    if expected is None:
        with pytest.raises((ea.InvalidData, ea.MoneyOverflow), match=r"^ingest: "):
            read([value], rounding)
    else:
        assert read([value], rounding) == reference.decimal_of(expected)


@given(st.integers(-(10**11), 10**11))
def test_a_double_written_with_four_decimals_is_that_number(count: int) -> None:
    amount = reference.decimal_of(count)
    assert read([float(amount)]) == amount
    assert read([float(amount)], "half_even") == amount


@given(st.integers(-(10**37), 10**37) | st.integers(-(10**9), 10**9), st.integers(0, 12), ROUNDINGS)
def test_a_declared_scale_never_rounds_silently(
    unscaled: int, scale: int, rounding: str | None
) -> None:
    value = Decimal(f"{unscaled}e-{scale}")
    expected = reference.in_range(
        reference.rounded(Fraction(unscaled, 10**scale) * reference.SCALE, rounding)
    )
    column = pa.array([value], pa.decimal128(38, scale))
    if expected is None:
        with pytest.raises((ea.InvalidData, ea.MoneyOverflow), match=r"^ingest: "):
            read(column, rounding)
    else:
        assert read(column, rounding) == reference.decimal_of(expected)


@given(
    st.integers(-(10**7), 10**7),
    st.integers(0, 4),
    st.integers(-(10**7), 10**7),
    st.integers(0, 4),
    ROUNDINGS,
)
def test_quantity_times_price(
    quantity: int, quantity_scale: int, price: int, price_scale: int, rounding: str | None
) -> None:
    quantity_count = quantity * 10 ** (4 - quantity_scale)
    price_count = price * 10 ** (4 - price_scale)
    expected = reference.product(quantity_count, price_count, rounding)
    table = pa.table(
        {
            "who": ["ana"],
            "nr": [1],
            "day": ["2024-01-01"],
            "pieces": [f"{quantity}e-{quantity_scale}"],
            "price": [f"{price}e-{price_scale}"],
        }
    )
    mapping: dict[str, Any] = {
        "customer": "who",
        "order": "nr",
        "timestamp": "day",
        "quantity": "pieces",
        "unit_price": "price",
        "rounding": rounding,
    }
    if expected is None:
        with pytest.raises(
            (ea.InvalidData, ea.MoneyOverflow), match=r"^ingest: quantity times"
        ) as e:
            ea.Transactions.from_arrow(table, **mapping)
        assert e.value.row == 1
    else:
        transactions = ea.Transactions.from_arrow(table, **mapping)
        assert transactions.report.kept.money == reference.decimal_of(expected)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_integers_say_their_unit(dtype: str) -> None:
    column = np.array([120], dtype=dtype)
    assert read(column, integer_unit="major") == Decimal(120)
    assert read(column, integer_unit="minor") == Decimal("1.2")
    with pytest.raises(ea.SchemaMismatch, match=r"^ingest: say whether integer money") as caught:
        read(column)
    assert caught.value.column == "paid"


@pytest.mark.parametrize("unit", ["major", "minor"])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_that_leaves_64_bits(unit: str, sign: int) -> None:
    scale = {"major": 10_000, "minor": 100}[unit]
    last = sign * (reference.LARGEST_AMOUNT // scale)
    column = pa.array([last], pa.int64())
    assert read(column, integer_unit=unit) == Decimal(last) * scale / 10_000
    with pytest.raises(ea.MoneyOverflow, match=r"^ingest: a number leaves 64 bits") as caught:
        read(pa.array([last + sign], pa.int64()), integer_unit=unit)
    assert (caught.value.row, caught.value.column) == (1, "paid")
    assert caught.value.value == str(last + sign)


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        (["1.23456"], "1.23456"),
        (pa.array([Decimal("1.234561")], pa.decimal128(18, 6)), "1.234561"),
        ([1.23456], "1.23456"),
        ([19.990001], "19.990001"),
    ],
)
def test_more_than_four_decimals(amount: Any, value: str) -> None:
    with pytest.raises(ea.InvalidData, match=r"^ingest: a number has more than four decimals") as e:
        read(amount)
    assert (e.value.row, e.value.column, e.value.value) == (1, "paid", value)
    for rounding in ("half_even", "half_up"):
        assert read(amount, rounding) == round(Decimal(value), 4)


def test_decimals_that_are_zero_beyond_the_fourth() -> None:
    assert read(pa.array([Decimal("1.234500")], pa.decimal128(18, 6))) == Decimal("1.2345")
    assert read(["1.234500000"]) == Decimal("1.2345")


def test_an_error_within_1e_9_of_a_double_is_forgiven() -> None:
    assert read([0.1 + 0.2]) == Decimal("0.3")
    assert read([19.99 * (1 + 9e-10)]) == Decimal("19.99")
    with pytest.raises(ea.InvalidData):
        read([19.99 * (1 + 2e-9)])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite(value: float) -> None:
    column = pa.array([value], pa.float64())
    with pytest.raises(ea.InvalidData, match=r"^ingest: not a number") as caught:
        read(column, "half_even")
    assert (caught.value.row, caught.value.column) == (1, "paid")


@pytest.mark.parametrize("amount", [[str(LARGEST + Decimal("0.0001"))], [1e15], ["1e400"]])
def test_an_amount_that_leaves_64_bits(amount: Any) -> None:
    assert read([str(LARGEST)]) == LARGEST
    with pytest.raises(ea.MoneyOverflow, match=r"^ingest: a number leaves 64 bits") as caught:
        read(amount)
    assert (caught.value.row, caught.value.column) == (1, "paid")


def test_other_types_hold_no_money() -> None:
    for column in (
        pa.array([0.5], pa.float32()),
        pa.array([True]),
        pa.array([0], pa.timestamp("us")),
    ):
        with pytest.raises(ea.SchemaMismatch, match=r"^ingest: ") as caught:
            read(column)
        assert caught.value.column == "paid"


@given(
    st.lists(st.integers(reference.LEAST_AMOUNT, reference.LARGEST_AMOUNT), min_size=1, max_size=50)
)
def test_a_sum_is_exact(counts: list[int]) -> None:
    texts = [f"{count}e-4" for count in counts]
    table = pa.table(
        {
            "who": ["ana"] * len(counts),
            "nr": [1] * len(counts),
            "day": ["2024-01-01"] * len(counts),
            "paid": texts,
        }
    )
    report = ea.Transactions.from_arrow(
        table, customer="who", order="nr", timestamp="day", amount="paid"
    ).report
    assert report.read.money == reference.decimal_of(sum(counts))


@given(st.integers(-(2**127) + 1, 2**127 - 1), st.integers(1, 10**6))
def test_ratios_of_the_reference_are_correctly_rounded(numerator: int, denominator: int) -> None:
    # The double is at least as near as its two neighbours, in exact numbers.
    quotient = Fraction(numerator, denominator)
    nearest = reference.ratio(numerator, denominator)
    distance = abs(Fraction(nearest) - quotient)
    for neighbour in (np.nextafter(nearest, np.inf), np.nextafter(nearest, -np.inf)):
        assert distance <= abs(Fraction(float(neighbour)) - quotient)
