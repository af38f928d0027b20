import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from conftest import CHECKOUT

NOTEBOOKS = sorted((CHECKOUT / "examples" / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_data_overview",
        "02_rfm_and_cohorts",
        "03_clusters_and_churn",
        "04_dashboard_from_python",
        "05_churn",
        "06_clv",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_output(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs"), cell.source
        assert cell.get("execution_count") is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_synthetic_shop(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_DATA", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    # The kernel starts in another folder.
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    absolute = [str(Path(folder).resolve()) for folder in folders if folder]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(absolute))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    shown = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type in ("execute_result", "display_data")
    ]
    assert len(shown) >= 5
    told = "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )
    assert "synthetic: drawn, not observed" in told
