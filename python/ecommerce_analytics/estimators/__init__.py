"""Estimators in the manner of scikit-learn, which the extra `[sklearn]` brings.

They are made when they are first asked for, so the package works without scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecommerce_analytics.extras import require

if TYPE_CHECKING:
    from ecommerce_analytics.estimators.bg_nbd import BGNBD as BGNBD
    from ecommerce_analytics.estimators.gamma_gamma import GammaGamma as GammaGamma
    from ecommerce_analytics.estimators.kmeans import KMeans as KMeans
    from ecommerce_analytics.estimators.logistic import LogisticRegression as LogisticRegression
    from ecommerce_analytics.estimators.pareto_nbd import ParetoNBD as ParetoNBD

ESTIMATORS = {
    "BGNBD": "bg_nbd",
    "GammaGamma": "gamma_gamma",
    "KMeans": "kmeans",
    "LogisticRegression": "logistic",
    "ParetoNBD": "pareto_nbd",
}


def __getattr__(name: str) -> Any:
    if name not in ESTIMATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("sklearn", "sklearn")
    return getattr(import_module(f"{__name__}.{ESTIMATORS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *ESTIMATORS})
