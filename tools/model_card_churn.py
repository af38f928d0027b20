"""Write the figures of docs/model_card_churn.md: `python tools/model_card_churn.py DATA`.

DATA is a folder with `online_retail/online_retail.csv` and `olist/`. What stands between the marks
of the page is written anew; the words around it are not touched.
"""

import sys
from pathlib import Path

import ecommerce_analytics as ea

CHECKOUT = Path(__file__).resolve().parents[1]
CARD = CHECKOUT / "docs" / "model_card_churn.md"
START, END = "<!-- figures of {} -->\n", "<!-- end -->\n"
_FIGURES = ("roc_auc", "pr_auc", "log_loss", "brier", "top_decile_lift")


def shops(data: Path) -> dict[str, ea.datasets.Dataset]:
    """Return the data sets that the card is about."""
    return {
        "Online Retail": ea.datasets.load_online_retail(
            data / "online_retail" / "online_retail.csv", cleaning="C"
        ),
        "Olist": ea.datasets.load_olist(data / "olist"),
    }


def figures(shop: ea.datasets.Dataset) -> str:
    """Return what the card says of one data set."""
    outcome = ea.churn.rank(shop.transactions)
    evaluation, test, ranking = outcome.evaluation, outcome.test, outcome.ranking
    model = outcome.model
    assert evaluation is not None
    assert test is not None
    assert ranking is not None
    assert model is not None
    rows = evaluation.to_arrow().to_pylist()
    first = rows[0]
    cutoffs = ", ".join(one[:10] for one in evaluation.training_cutoffs)
    lines = [
        f"Tested at {first['cutoff'][:10]}, horizon {first['horizon_days']} days:"
        f" {first['customers']:,} customers, {first['positives']:,} without an order"
        f" ({first['base_rate']:.2%}). Trained on {cutoffs}. The lift could be"
        f" {first['greatest_lift']:.3f} at most.",
        "",
        "| model | ROC-AUC | PR-AUC | log-loss | Brier | lift of the top tenth |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [
            f"{row[name]:.4f} ({row[f'{name}_lower']:.4f} to {row[f'{name}_upper']:.4f})"
            for name in _FIGURES
        ]
        lines.append(f"| `{row['model']}` | {' | '.join(cells)} |")
    lines += ["", *_calibration(test), "", *_bands(ranking, model)]
    if "note" in evaluation.metadata:
        lines += ["", f"The library says: {evaluation.metadata['note']}."]
    return "\n".join(lines) + "\n"


def _calibration(test: ea.Table) -> list[str]:
    rows = ea.churn.calibration(test, n_bins=5).to_arrow().to_pylist()
    return [
        "| told, in mean | observed (95 %) | customers |",
        "|---|---|---|",
        *(
            f"| {row['mean_predicted']:.4f} | {row['observed_rate']:.4f}"
            f" ({row['lower']:.4f} to {row['upper']:.4f}) | {row['count']:,} |"
            for row in rows
        ),
    ]


def _bands(ranking: ea.Table, model: ea.Table) -> list[str]:
    bands = ranking["risk_band"].tolist()
    told = ", ".join(f"{bands.count(band):,} {band}" for band in ("high", "medium", "low"))
    names = ", ".join(f"`{name}`" for name in model["feature"].tolist())
    return [f"Ranked at {ranking.as_of[:10]}: {told}. Features of the model: {names}."]


def written(card: str, told: dict[str, str]) -> str:
    """Return the card with the figures of each data set."""
    for name, text in told.items():
        before, start, rest = card.partition(START.format(name))
        assert start, name
        _, end, after = rest.partition(END)
        card = before + start + "\n" + text + "\n" + end + after
    return card


if __name__ == "__main__":
    found = {name: figures(shop) for name, shop in shops(Path(sys.argv[1])).items()}
    text = written(CARD.read_text(encoding="utf-8"), found)
    CARD.write_text(text, encoding="utf-8", newline="\n")
