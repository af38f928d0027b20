import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris

import ecommerce_analytics as ea


def test_iris_reaches_the_best_known_inertia() -> None:
    flowers = np.ascontiguousarray(load_iris().data)
    found = ea.kmeans.fit(flowers, n_clusters=3, n_init=10)
    assert found.inertia == pytest.approx(78.851441426146, abs=1e-11)
    assert sorted(np.bincount(found.labels).tolist()) == [38, 50, 62]
    assert found.converged


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_steps_are_those_of_scikit_learn(dtype: type) -> None:
    points = np.random.default_rng(0).normal(size=(5_000, 3)).astype(dtype)
    ours = ea.kmeans.fit(points, n_clusters=6, init=points[:6])
    theirs = KMeans(6, init=points[:6], n_init=1).fit(points)
    assert ours.centers.dtype == dtype
    assert ours.n_iter == theirs.n_iter_
    assert np.array_equal(ours.labels, theirs.labels_)
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    assert ours.centers == pytest.approx(theirs.cluster_centers_, rel=tolerance, abs=tolerance)
