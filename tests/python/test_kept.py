"""The output folder of a run, opened as a shop: it says what the source says, and no more."""

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics import report
from ecommerce_analytics.cli import app
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.cohorts import Cohorts
from ecommerce_analytics.dashboard.kept import KeptShop
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.formats import Formats
from ecommerce_analytics.run import run


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ea.datasets.make_synthetic(900, random_state=5))


@pytest.fixture(scope="module", params=["parquet", "csv"])
def folder(request: pytest.FixtureRequest, shop: Shop, tmp_path_factory: object) -> Path:
    out: Path = tmp_path_factory.mktemp(request.param) / "out"  # type: ignore[attr-defined]
    run(shop.dataset, out, parquet=request.param == "parquet")
    return out


def assert_same(ours: ea.Table, theirs: ea.Table) -> None:
    """Compare all cells; whole numbers may be of another width."""
    assert ours.column_names == theirs.column_names
    assert ours.num_rows == theirs.num_rows
    mine, other = pa.table(ours).to_pydict(), pa.table(theirs).to_pydict()
    for name in other:
        assert mine[name] == other[name], name
        assert str(ours[name].tolist()) == str(theirs[name].tolist()), name
        try:
            assert ours.decimals(name) == theirs.decimals(name)
        except KeyError:
            with pytest.raises(KeyError):
                theirs.decimals(name)


def test_its_answers_are_those_of_the_source(folder: Path, shop: Shop) -> None:
    kept = KeptShop(folder)
    questions = [
        ("of_orders", ea.kpi.summary, {}),
        ("of_orders", ea.kpi.summary, {"period": "month"}),
        ("of_orders", ea.kpi.changes, {"period": "month"}),
        ("of_orders", ea.cohort.retention, {"period": "month"}),
        *(
            ("of_orders", ea.cohort.retention, Cohorts(shop, EVERYTHING).options | {"measure": one})
            for one in ("customers", "orders", "revenue")
        ),
        ("of_orders", ea.geo_aggregate.by_region, {"region": "region"}),
        ("of_lines", ea.aggregate.group_by, {"by": ("category",)}),
        ("of_payments", ea.payments.by_type, {}),
        ("of_customers", ea.rfm.lorenz, {}),
        ("of_customers", ea.rfm.concentration, {}),
        ("of_segments", ea.rfm.summarize, {}),
    ]
    for ask, function, options in questions:
        assert kept.knows(function, **options)
        mine = getattr(kept, ask)(function, filters=EVERYTHING, **options)
        assert_same(mine, getattr(shop, ask)(function, filters=EVERYTHING, **options))
        assert mine.metadata["as_of"] == shop.as_of
    assert kept.explained(EVERYTHING) == shop.explained(EVERYTHING)
    assert kept.days == shop.days
    assert (kept.name, kept.currency, kept.is_synthetic) == ("synthetic", "BRL", True)
    assert (kept.cleaning, kept.hindsight, kept.rules) == (None, None, "default")
    assert set(kept.payment_types) == set(shop.payment_types)
    assert_same(kept.segments, shop.segments)
    assert kept.tiers.tier_sizes == shop.tiers.tier_sizes


def test_its_report_is_that_of_the_source(folder: Path, shop: Shop) -> None:
    written = Formats("en-US", shop.currency)
    kept = KeptShop(folder)
    mine, other = (report.compose(report.gather(one, EVERYTHING), written) for one in (kept, shop))
    is_parquet = (folder / "churn_risk.parquet").exists()
    assert kept.knows(ea.churn.rank) == is_parquet
    left_out = () if is_parquet else ("churn",)
    names = [one.name for one in mine.sections]
    assert names == [one.name for one in other.sections if one.name not in left_out]
    for section in other.sections:
        if section.name == "retention":  # The mean is in no file, the cohorts are.
            assert mine.sections[names.index(section.name)].blocks == section.blocks[-1:]
        elif section.name == "summary":  # What was paid stands for the revenue by type.
            kept_blocks = mine.sections[names.index(section.name)].blocks
            blocks = zip(kept_blocks, section.blocks, strict=True)
            assert sum(one != another for one, another in blocks) == 1
        elif section.name == "payments":
            titles = {
                getattr(one, "caption", "") for one in mine.sections[names.index("payments")].blocks
            }
            assert "Paid, freight and all included" in titles
        elif section.name in names and (is_parquet or section.name != "value"):
            assert mine.sections[names.index(section.name)] == section
    assert mine.facts == other.facts


def test_what_no_file_tells_is_refused(folder: Path) -> None:
    kept = KeptShop(folder)
    assert not kept.has_lines
    assert not kept.knows(ea.kpi.summary, period="week")
    for ask in (
        lambda: kept.of_orders(ea.kpi.summary, Filters(start=date(2024, 1, 1))),
        lambda: kept.of_orders(ea.kpi.summary, EVERYTHING, period="week"),
        lambda: kept.of_customers(ea.rfm.lorenz, Filters(segment=("Champions",))),
        lambda: kept.explained(Filters(category=("books",))),
        lambda: kept.dataset,
    ):
        with pytest.raises(ea.InvalidArgument, match="open the source itself"):
            ask()
    with pytest.raises(AttributeError):
        _ = kept.nothing


def test_hostile_and_whole_number_keys_come_back(tmp_path: Path) -> None:
    names = ["=1+1", "'quoted", 'a,b\n"c"', "007"]
    lines = ea.Transactions.from_arrays(
        customer=[10, 11, 12, 13],
        order=[1, 2, 3, 4],
        timestamp=["2024-01-01", "2024-02-01", "2024-03-01", "2024-03-02"],
        amount=["4.00", "3.00", "2.00", "1.00"],
        category=names,
    )
    dataset = ea.datasets.Dataset(name="shop", transactions=lines)
    for parquet in (True, False):
        out = tmp_path / str(parquet)
        run(dataset, out, parquet=parquet)
        kept = KeptShop(out)
        table = kept.of_lines(ea.aggregate.group_by, EVERYTHING, by=("category",))
        assert sorted(table["category"].tolist()) == sorted(names)
        assert kept.region is None
        assert kept.payment_types == ()
        assert report.gather(kept, EVERYTHING).regions is None


def test_what_is_no_folder_of_a_run_is_one_error(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ea.IOFailure, match="no output folder of a run"):
        KeptShop(tmp_path)
    for text in ("{", "[]", '{"outputs": {}}'):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(ea.InvalidData, match="no file of a run"):
            KeptShop(tmp_path)
    out = tmp_path / "week"
    run(ea.datasets.make_synthetic(60), out, period="week")
    with pytest.raises(ea.InvalidArgument, match="--period month: week"):
        KeptShop(out)
    run(ea.datasets.make_synthetic(60), out, parquet=True)
    kept = KeptShop(out)
    (out / "lorenz_curve.parquet").write_bytes(b"no table")
    with pytest.raises(ea.InvalidData, match="no file of a run"):
        kept.of_customers(ea.rfm.lorenz)
    (out / "category_revenue.parquet").unlink()
    with pytest.raises(ea.IOFailure, match="cannot be read"):
        kept.of_lines(ea.aggregate.group_by, EVERYTHING, by=("category",))


def test_the_command_reports_of_a_folder(folder: Path, tmp_path: Path) -> None:
    arguments = ["report", "folder", str(folder), "--output", str(tmp_path), "--format", "markdown"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC DATA" in result.stdout
    assert (tmp_path / "executive_summary_20250101.md").is_file()
    arguments[2] = str(tmp_path)
    failed = CliRunner().invoke(app, arguments)
    assert failed.exit_code == 1
    assert "no output folder of a run" in failed.stderr
    assert CliRunner().invoke(app, ["dashboard", "folder", str(tmp_path)]).exit_code == 1


def test_the_pages_that_it_tells_are_shown_and_no_others(folder: Path, shop: Shop) -> None:
    launch.use(Source(lambda: KeptShop(folder), (folder / "run.json",)))
    try:
        opened = dashboard_pages.opened()
        assert not opened.error
        assert dashboard_pages.paths_of(opened) == {
            "",
            "report",
            "customers",
            "retention",
            "geography",
        }
        assert not opened.multiselect
        shown = " ".join(one.value for one in opened.markdown)
        assert "the segment" in shown
        assert not [one for one in opened.info if "cannot" in one.value or "tell this" in one.value]
        for name in ("customers", "retention", "geography"):
            dashboard_pages.turned_to(opened, name)
            assert not [one for one in opened.info if "tell this" in one.value]
            assert len(opened.dataframe) > 0 or name == "retention"
    finally:
        launch.use(Source(ea.datasets.make_synthetic))


def test_the_cohorts_of_a_folder_are_those_of_the_source(folder: Path, shop: Shop) -> None:
    launch.use(Source(lambda: KeptShop(folder), (folder / "run.json",)))
    try:
        opened = dashboard_pages.opened("retention")
        drawn = opened.get("plotly_chart")
        heatmap, curves = (json.loads(one.proto.spec) for one in drawn)
        cohorts = Cohorts(shop, EVERYTHING)
        cells = cohorts.cells().to_pylist()
        points = next(one for one in heatmap["data"] if one.get("customdata"))
        seen = [(str(one["cohort"]), one["period"]) for one in cells if one["observable"]]
        assert sorted(map(tuple, points["customdata"])) == sorted(seen)
        starts = sorted({one["cohort"] for one in cells})[:3]
        assert opened.multiselect(key="kept-cohorts").value == starts
        for start in starts:
            [line] = [one for one in curves["data"] if one.get("name") == f"cohort of {start}"]
            rates = [
                one["rate"]
                for one in cells
                if one["cohort"] == start and one["observable"] and not one["partial"]
            ]
            assert line["y"] == rates[1:]
        told = " ".join(one.value for one in opened.info)
        assert "open the source itself" in told
        chosen = opened.multiselect(key="kept-cohorts").set_value([]).run()
        assert not chosen.exception
        assert any("Choose others" in one.value for one in chosen.info)
    finally:
        launch.use(Source(ea.datasets.make_synthetic))


def test_a_folder_that_is_written_anew_is_read_anew(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    source = Source(lambda: KeptShop(copy), (copy / "run.json",), settling_seconds=0)
    assert source.shop().name == "synthetic"
    assert not source.look()
    told = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(told | {"source": "another"}))
    assert source.look()
