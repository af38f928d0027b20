import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Theirs

import ecommerce_analytics as ea


@pytest.mark.parametrize("C", [0.01, 1.0, math.inf])
def test_the_fit_is_that_of_scikit_learn(C: float) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(500, 4)) * [1, 10, 0.1, 1] + [0, 5, 2, 0]
    y = random.random(500) < 1 / (1 + np.exp(1 - X[:, 0] - 0.1 * X[:, 1]))
    model = ea.logistic.fit(X, y, C=C)
    theirs = Theirs(C=C, solver="newton-cholesky", tol=1e-12).fit(X, y)
    assert model.converged
    np.testing.assert_allclose(model.coef, theirs.coef_[0], rtol=1e-8)
    assert model.intercept == pytest.approx(theirs.intercept_[0], rel=1e-8)
    np.testing.assert_allclose(
        ea.logistic.predict_probability(model, X), theirs.predict_proba(X)[:, 1], rtol=1e-8
    )
