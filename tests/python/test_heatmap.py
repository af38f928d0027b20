"""The picture of the cohorts: what stands in it, for few cohorts and for many, and its bytes."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import heatmap


def shop_of(num_months: int) -> ea.Transactions:
    """Return a shop in which each month brings ten customers, every k-th of whom comes back."""
    rows: list[tuple[str, date]] = []
    months = [date(2020 + i // 12, i % 12 + 1, 3) for i in range(num_months)]
    for cohort in range(num_months):
        for customer in range(10):
            rows.append((f"c{cohort}-{customer}", months[cohort]))
            rows += [
                (f"c{cohort}-{customer}", months[later] + timedelta(days=9))
                for later in range(cohort + 1, num_months)
                if customer % (later - cohort + 1) == 0
            ]
    return ea.Transactions.from_arrays(
        customer=[customer for customer, _ in rows],
        order=list(range(len(rows))),
        timestamp=[day for _, day in rows],
        amount=["1.00"] * len(rows),
    )


def png_of(figure: Any) -> bytes:
    content = io.BytesIO()
    heatmap.write_png(figure, content)  # type: ignore[arg-type]
    return content.getvalue()


def texts_of(figure: Any) -> list[str]:
    found = [text.get_text() for text in figure.texts]
    return found + [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("num_cohorts", [1, 3, 30, 60])
def test_cells_are_the_rates_of_the_table(num_cohorts: int) -> None:
    retention = ea.cohort.retention(shop_of(num_cohorts))
    figure = heatmap.cohort_figure(retention, source="ten a month")
    axes = figure.axes[0]
    mesh = axes.collections[0].get_array()
    shown = np.ma.masked_all((num_cohorts, max(num_cohorts - 1, 1)))
    cohorts = sorted(set(retention["cohort"].tolist()))
    for cohort, period, rate in zip(
        retention["cohort"].tolist(), retention["period"], retention["rate"], strict=True
    ):
        if period > 0:
            shown[cohorts.index(cohort), period - 1] = rate
    assert np.ma.allequal(np.ma.reshape(mesh, shown.shape), shown)
    assert (np.ma.getmaskarray(mesh).ravel() == np.ma.getmaskarray(shown).ravel()).all()

    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0].startswith("2020-01*")
    assert sum("*" in label for label in labels) == 1
    assert len(labels) <= 40
    partial = np.asarray(retention["partial"]) & (np.asarray(retention["period"]) > 0)
    assert len(axes.patches) == np.count_nonzero(partial)
    numbers = [text for text in axes.texts if "cohort" not in text.get_text()]
    assert len(numbers) == (0 if num_cohorts > 45 else shown.count())
    assert max(figure.get_size_inches()) <= 30
    assert png_of(figure).startswith(b"\x89PNG")


def test_the_title_tells_source_moment_rule_and_what_is_not_real() -> None:
    retention = ea.cohort.retention(shop_of(3), as_of="2020-03-20")
    real = texts_of(heatmap.cohort_figure(retention, source="olist", cleaning="E"))
    assert any("olist · cleaning E · as of 2020-03-20" in text for text in real)
    assert not any("SYNTHETIC" in text for text in real)
    drawn = texts_of(heatmap.cohort_figure(retention, source="x", is_synthetic=True))
    assert any(text.startswith("SYNTHETIC DATA") for text in drawn)
    assert any("may hold customers who are older than the data" in text for text in drawn)
    assert any("still running" in text for text in drawn)


def test_the_same_table_gives_the_same_bytes_whatever_the_users_style() -> None:
    import matplotlib as mpl

    retention = ea.cohort.retention(shop_of(4))

    def drawn() -> bytes:
        return png_of(heatmap.cohort_figure(retention, source="x"))

    first = drawn()
    with mpl.rc_context({"font.size": 20, "savefig.dpi": 30, "axes.facecolor": "red"}):
        assert drawn() == first
    for word in (b"Software", b"tIME", b"Creation"):
        assert word not in first


def test_a_cohort_of_one_customer_does_not_decide_the_colours() -> None:
    # Of 200 customers of January two come back; the one of February does, too.
    customers = [*range(200), 0, 1, "feb", "feb"]
    days = ["2024-01-05"] * 200 + ["2024-02-05"] * 3 + ["2024-03-05"]
    tx = ea.Transactions.from_arrays(
        customer=[str(customer) for customer in customers],
        order=list(range(204)),
        timestamp=days,
        amount=["1.00"] * 204,
    )
    figure = heatmap.cohort_figure(ea.cohort.retention(tx), source="x")
    mesh = figure.axes[0].collections[0]
    assert mesh.get_clim() == (0.0, 0.01)
    numbers = {text.get_text() for text in figure.axes[0].texts}
    assert {"1.00", "100.00"} <= numbers


def test_no_cohort_is_a_picture_that_says_so(tmp_path: Path) -> None:
    guests = ea.Transactions.from_arrays(
        customer=[None], order=[1], timestamp=["2020-01-01"], amount=["1.00"]
    )
    figure = heatmap.cohort_figure(ea.cohort.retention(guests), source="guests")
    assert any("no cohort" in text for text in texts_of(figure))
    heatmap.write_png(figure, tmp_path / "a.png")


def test_another_measure_is_refused() -> None:
    with pytest.raises(ea.InvalidArgument, match="must be customers"):
        heatmap.cohort_figure(ea.cohort.retention(shop_of(2), measure="orders"), source="x")
