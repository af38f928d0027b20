"""Pareto/NBD as an estimator of scikit-learn's kind, over a summary of purchases."""

from __future__ import annotations

from ecommerce_analytics import pareto_nbd
from ecommerce_analytics.estimators.repeat_buying import RepeatBuyingEstimator


class ParetoNBD(RepeatBuyingEstimator[pareto_nbd.Model]):
    """How often customers will buy, by the Pareto/NBD model of their past purchases.

    Parameters
    ----------
    penalizer_coef : float, default=0.0
        Strength of the penalty, see `pareto_nbd.fit`.
    boundary_gain : float, default=1.353
        Least gain of log-likelihood for which customers count as leaving, see `pareto_nbd.fit`.
    init : sequence of 4 floats, optional
        Where the steps begin. None: at five places.
    max_iter : int, default=200
        Most Newton steps from each start.
    num_threads : int or None, default=None
        None: as many as there are cores allowed. The same bits for any number.

    Attributes
    ----------
    params_, standard_errors_ : dict of str to float
        Of r, alpha, s, beta.
    covariance_ : ndarray of shape (4, 4)
        Of the parameters, by the observed information.
    log_likelihood_ : float
        Of all customers, without the penalty.
    status_ : {"converged", "boundary", "not_converged"}
        How the fit ended.
    converged_ : bool
        True for ``converged``.
    boundary_ : str
        The limit at a boundary, in words.
    n_iter_ : int
        Newton steps.
    model_ : pareto_nbd.Model
        The fit as plain data.

    See Also
    --------
    ecommerce_analytics.pareto_nbd : The same as functions.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=500, random_state=0)
    >>> summary = ea.purchase_history.summary(shop.transactions)
    >>> model = ea.ParetoNBD().fit(summary)
    >>> model.status_, len(model.predict(summary, 13.0)) == len(summary)
    ('converged', True)
    """

    _MODEL = pareto_nbd.Model
    _MODULE = pareto_nbd
