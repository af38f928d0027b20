"""What would have to happen for a model of churn to say something else of a customer."""

from __future__ import annotations

from ecommerce_analytics import _core
from ecommerce_analytics.churn_model import Model, cuts_of
from ecommerce_analytics.cutoff import CutoffDataset
from ecommerce_analytics.table import Table

__all__ = ["turning_points"]

_DEFAULT_CUTS = (0.4, 0.7)


def turning_points(
    model: Model,
    data: CutoffDataset | Table,
    *,
    band_cuts: tuple[float, float] | None = None,
) -> Table:
    """Tell after how many days without an order, or what order, the model would say otherwise.

    Parameters
    ----------
    model : Model
        As `fit` returns it, or ``Model(outcome.model)``.
    data : CutoffDataset or Table
        A data set, the features that `cutoff.features` returned, or ``outcome.ranking``.
    band_cuts : pair of float or None
        Risks from which a customer is of the band ``medium`` and ``high``. None: those of the
        ranking, of other data 0.4 and 0.7.

    Returns
    -------
    Table
        One row per customer, in the order of the data: `customer`, `churn_risk`, `risk_band`,
        `quiet_days` (days without an order after which the model says a higher band; null if it
        does not within 364 days or as long as he counts as active), `quiet_band`, `order_risk` and
        `order_band` (after one more order now, like his usual ones), and `verdict`, all of it in
        words.

    Raises
    ------
    TypeError
        For anything else.
    InvalidArgument
        If the data are of other options than the model, or the cuts do not increase within (0, 1).

    Notes
    -----
    It is what the model would say, computed by the model itself from the customer's own orders; it
    is no cause: an order that was bought by an offer may tell less than one that came by itself.
    Facts stay as they are known. O(n) times 52 weeks at most.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.datasets.make_synthetic(num_customers=2_000, random_state=0).transactions
    >>> outcome = ea.churn.rank(tx)
    >>> told = ea.churn.turning_points(ea.churn.Model(outcome.model), outcome.ranking)
    >>> bool(told["order_risk"][0] < told["churn_risk"][0])
    True
    """
    if not isinstance(model, Model):
        raise TypeError("turning_points needs a Model")
    cuts = None if band_cuts is None else cuts_of(band_cuts)
    if isinstance(data, CutoffDataset):
        data = data.features
    native = getattr(data, "_native", None)
    if isinstance(native, _core.churn.Ranking):
        return Table(_core.churn.turning_points_of_ranking(model._native, native, band_cuts=cuts))
    if isinstance(native, _core.cutoff.Features):
        return Table(
            _core.churn.turning_points(model._native, native, band_cuts=cuts or _DEFAULT_CUTS)
        )
    raise TypeError("turning_points needs a CutoffDataset, features of a cutoff, or a ranking")
