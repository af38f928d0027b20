"""Layouts: our tables under the names of others, and the names of no run that has none."""

import hashlib
import json
from pathlib import Path

import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import layouts
from ecommerce_analytics.run import run

# What each name is expected to be, written down apart from the module.
FILES = {
    "analysis": {
        "rfm_analysis.csv": "customer_rfm_segments.csv",
        "cohort_retention.csv": "customer_cohort_retention.csv",
    },
    "segments": {"rfm_customer_segments.csv": "customer_rfm_segments.csv"},
    "executive": {
        "customer_rfm_segments.csv": "customer_rfm_segments.csv",
        "customer_cohort_retention.csv": "customer_cohort_retention.csv",
        "customer_value_tiers.csv": "customer_value_tiers.csv",
        "executive_metrics_summary.csv": "executive_metrics_summary.csv",
    },
}


@pytest.fixture(scope="module")
def shop() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(40, 3)


@pytest.mark.parametrize("layout", FILES)
def test_a_layout_has_our_tables_under_its_names(
    shop: ea.datasets.Dataset, tmp_path: Path, layout: str
) -> None:
    plain = run(shop, tmp_path / "plain")
    result = run(shop, tmp_path / "out", layout=layout)

    manifest = json.loads((tmp_path / "out" / "run.json").read_text())
    assert manifest["layout"] == {layout: FILES[layout]}
    for name, ours in FILES[layout].items():
        content = (tmp_path / "out" / name).read_bytes()
        assert content == (tmp_path / "plain" / ours).read_bytes()
        assert manifest["outputs"][name] == hashlib.sha256(content).hexdigest()
    assert set(result.files) == {*plain.files, *FILES[layout]}
    assert {path.name for path in result.output.iterdir()} == set(result.files)
    assert "layout" not in plain.manifest


def test_a_later_run_takes_the_files_of_another_layout_away(
    shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    run(shop, tmp_path, layout="analysis")
    result = run(shop, tmp_path, layout="segments")
    assert {path.name for path in tmp_path.iterdir()} == set(result.files)
    assert "rfm_customer_segments.csv" in result.files
    result = run(shop, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(result.files)


def test_a_copy_is_as_safe_for_a_spreadsheet_as_ours(tmp_path: Path) -> None:
    tx = ea.Transactions.from_arrays(
        customer=["=1+1"], order=[1], timestamp=["2024-01-01"], amount=["5.00"]
    )
    run(ea.datasets.Dataset(name="shop", transactions=tx), tmp_path, layout="analysis")
    assert "\n'=1+1," in (tmp_path / "rfm_analysis.csv").read_text()
    assert ea.segments.read(tmp_path / "rfm_analysis.csv") == ea.segments.read(
        tmp_path / "customer_rfm_segments.csv"
    )


def test_an_unknown_layout_is_an_error(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    with pytest.raises(ea.InvalidArgument, match="layout must be one of analysis, segments, exec"):
        run(shop, tmp_path / "out", layout="tableau")
    assert not (tmp_path / "out").exists()
    assert list(layouts.LAYOUTS) == list(FILES)
