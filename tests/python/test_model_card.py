"""The figures of the model card are those of the library on the real data."""

import runpy

import pytest

import ecommerce_analytics as ea
from conftest import CHECKOUT
from known_files import known_copy

TOOL = runpy.run_path(str(CHECKOUT / "tools" / "model_card_churn.py"))
CARD = (CHECKOUT / "docs" / "model_card_churn.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Online Retail", "Olist"])
def test_the_figures_are_those_of_the_data(name: str) -> None:
    """Write the card anew where the model has changed: `python tools/model_card_churn.py DATA`."""
    if name == "Online Retail":
        path = known_copy("online_retail/online_retail.csv")
        shop = ea.datasets.load_online_retail(path, cleaning="C")
    else:
        shop = ea.datasets.load_olist(known_copy("olist"))
    assert TOOL["figures"](shop) in CARD


def test_only_what_stands_between_the_marks_is_written() -> None:
    told = {"Online Retail": "one\n", "Olist": "other\n"}
    once = TOOL["written"](CARD, told)
    assert "\none\n" in once
    assert "\nother\n" in once
    assert "ROC-AUC |" not in once
    assert TOOL["written"](once, told) == once
    for line in ("# Model card: churn", "## What it is not for", "<!-- end -->"):
        assert line in once
