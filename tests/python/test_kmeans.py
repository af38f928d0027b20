import inspect
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import KMeans as TheirKMeans
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import silhouette_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import ecommerce_analytics as ea
from ecommerce_analytics import _core, kmeans
from golden import read_rows
from reference import kmeans as reference
from test_architecture import header_defaults

FLOATS = (np.float64, np.float32)


def iris() -> npt.NDArray[np.float64]:
    rows = read_rows("kmeans/iris", "input.csv")
    return np.array([[float(value) for value in row.values()] for row in rows])


def blobs(num_rows: int, num_columns: int = 3, seed: int = 0) -> npt.NDArray[np.float64]:
    """Return points around ten places."""
    random = np.random.default_rng(seed)
    places = random.normal(scale=4, size=(10, num_columns))
    return places[random.integers(10, size=num_rows)] + random.normal(size=(num_rows, num_columns))


def content(found: kmeans.Clustering) -> tuple[Any, ...]:
    return (
        found.centers.tobytes(),
        found.labels.tobytes(),
        found.inertia,
        found.n_iter,
        found.converged,
    )


@pytest.fixture
def _path_of_the_processor() -> Iterator[None]:
    yield
    _core.force_processor_path(None)


# --- Against R, scikit-learn and the plain reference. ---------------------------------------------


def test_iris_matches_r() -> None:
    flowers = iris()
    found = kmeans.fit(flowers, n_clusters=3, init=flowers[[0, 50, 100]], tol=0)
    expected = [int(row["label"]) for row in read_rows("kmeans/iris", "expected.csv")]
    assert found.labels.tolist() == expected
    assert found.inertia == pytest.approx(78.851441426146, abs=1e-12)
    assert found.centers[1] == pytest.approx(
        [5.901612903225807, 2.748387096774194, 4.393548387096775, 1.433870967741936], abs=1e-14
    )
    assert found.converged


@pytest.mark.parametrize(
    ("n_clusters", "inertia"),
    [(2, 152.347951760358), (3, 78.851441426146), (4, 57.228473214286), (5, 46.446182051282)],
)
def test_iris_reaches_the_best_known_inertia(n_clusters: int, inertia: float) -> None:
    found = kmeans.fit(iris(), n_clusters=n_clusters, n_init=20, tol=0)
    assert found.inertia == pytest.approx(inertia, abs=1e-11)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n_clusters", [1, 6, 40])
@pytest.mark.parametrize("with_weights", [False, True])
def test_the_steps_are_those_of_scikit_learn(
    dtype: type, n_clusters: int, with_weights: bool
) -> None:
    points = blobs(3_000).astype(dtype)
    weights = np.random.default_rng(1).uniform(0.5, 2, size=3_000) if with_weights else None
    first = points[:n_clusters]
    ours = kmeans.fit(points, n_clusters=n_clusters, init=first, sample_weight=weights)
    theirs = TheirKMeans(n_clusters, init=first, n_init=1).fit(points, sample_weight=weights)
    assert ours.centers.dtype == dtype
    assert ours.n_iter == theirs.n_iter_
    if dtype is np.float64:
        assert np.array_equal(ours.labels, theirs.labels_)
    close = {"rel": 1e-11, "abs": 1e-11} if dtype is np.float64 else {"rel": 1e-3, "abs": 1e-3}
    assert ours.centers == pytest.approx(theirs.cluster_centers_, **close)
    assert ours.inertia == pytest.approx(theirs.inertia_, rel=close["rel"])


def test_starts_are_as_good_as_those_of_scikit_learn() -> None:
    points = blobs(2_000)
    ours = [kmeans.fit(points, n_clusters=10, random_state=i).inertia for i in range(40)]
    theirs = [TheirKMeans(10, n_init=1, random_state=i).fit(points).inertia_ for i in range(40)]
    assert np.mean(ours) <= 1.02 * np.mean(theirs)
    assert min(ours) == pytest.approx(min(theirs), rel=1e-3)


@st.composite
def small_points(draw: st.DrawFn) -> tuple[list[tuple[int, ...]], list[int], int]:
    """Draw points, weights and a number of clusters for which there are points enough."""
    num_columns = draw(st.integers(1, 3))
    row = st.tuples(*[st.integers(-4, 6)] * num_columns)
    points = draw(st.lists(row, min_size=1, max_size=24))
    weights = draw(st.lists(st.integers(0, 3), min_size=len(points), max_size=len(points)))
    num_distinct = len({p for p, weight in zip(points, weights, strict=True) if weight > 0})
    assume(num_distinct > 0)
    return points, weights, draw(st.integers(1, min(5, num_distinct)))


@given(small_points(), st.integers(0, 2**64 - 1))
def test_starts_and_steps_are_those_of_the_reference(
    case: tuple[list[tuple[int, ...]], list[int], int], seed: int
) -> None:
    points, weights, n_clusters = case
    first = reference.start(points, weights, n_clusters, reference.Random(seed))
    try:
        expected = reference.lloyd(points, first, weights)
    except reference.UndecidedError:
        assume(False)
    for dtype in FLOATS:
        drawn = kmeans.fit(
            np.array(points, dtype=dtype),
            n_clusters=n_clusters,
            random_state=seed,
            tol=0,
            sample_weight=weights,
        )
        given_ = kmeans.fit(
            np.array(points, dtype=dtype),
            n_clusters=n_clusters,
            init=np.array(first, dtype=dtype),
            tol=0,
            sample_weight=weights,
        )
        assert content(drawn) == content(given_)
        assert drawn.labels.tolist() == expected.labels
        close = 1e-12 if dtype is np.float64 else 2e-5
        centers = [[float(x) for x in center] for center in expected.centers]
        assert drawn.centers == pytest.approx(np.array(centers), rel=close, abs=close)
        assert drawn.inertia == pytest.approx(float(expected.inertia), rel=close, abs=10 * close)
        assert (drawn.n_iter, drawn.converged) == (expected.n_iter, expected.converged)


@given(small_points(), st.data())
def test_the_steps_from_any_centers_are_those_of_the_reference(
    case: tuple[list[tuple[int, ...]], list[int], int], data: st.DataObject
) -> None:
    points, weights, n_clusters = case
    row = st.tuples(*[st.integers(-9, 9)] * len(points[0]))
    first = data.draw(st.lists(row, min_size=n_clusters, max_size=n_clusters))
    try:
        expected = reference.lloyd(points, first, weights)
    except reference.UndecidedError:
        assume(False)
    found = kmeans.fit(
        np.array(points, dtype=float),
        n_clusters=n_clusters,
        init=np.array(first, dtype=float),
        tol=0,
        sample_weight=weights,
    )
    assert found.labels.tolist() == expected.labels
    assert found.inertia == pytest.approx(float(expected.inertia), abs=1e-9)
    assert (found.n_iter, found.converged) == (expected.n_iter, expected.converged)
    assert all(np.bincount(found.labels, weights, n_clusters) > 0)


@given(small_points(), st.data())
def test_the_silhouette_is_that_of_the_reference(
    case: tuple[list[tuple[int, ...]], list[int], int], data: st.DataObject
) -> None:
    points, _, _ = case
    labels = data.draw(
        st.lists(st.sampled_from([0, 1, 5]), min_size=len(points), max_size=len(points))
    )
    for dtype in FLOATS:
        found = kmeans.silhouette(np.array(points, dtype=dtype), labels)
        expected = reference.silhouette(points, labels)
        assert found.value == (None if expected is None else pytest.approx(expected, abs=1e-12))
        assert (found.standard_error, found.num_points) == (None, len(points))


# --- What all clusterings promise. ----------------------------------------------------------------


@pytest.mark.usefixtures("_path_of_the_processor")
@pytest.mark.parametrize("dtype", FLOATS)
def test_threads_and_paths_give_the_same_bytes(dtype: type) -> None:
    points = blobs(70_001, 5).astype(dtype)
    weights = np.random.default_rng(2).uniform(size=len(points))
    few = points[:9_000]
    answers = set()
    for path in ("baseline", "avx2"):
        try:
            _core.force_processor_path(path)
        except ea.InvalidArgument:
            pytest.skip(f"this processor has no {path}")
        for num_threads in (1, 2, 5):
            found = kmeans.fit(points, n_clusters=7, random_state=3, num_threads=num_threads)
            weighted = kmeans.fit(
                points, n_clusters=24, sample_weight=weights, max_iter=9, num_threads=num_threads
            )
            answers.add(
                (
                    *content(found),
                    *content(weighted),
                    kmeans.transform(points, found.centers, num_threads=num_threads).tobytes(),
                    kmeans.inertia(points, weighted.centers, sample_weight=weights),
                    kmeans.silhouette(few, found.labels[:9_000], num_threads=num_threads),
                    kmeans.silhouette(points, found.labels, max_points=999, random_state=1),
                )
            )
    assert len(answers) == 1


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("max_iter", [1, 3, 300])
def test_labels_of_a_fit_are_its_predictions(dtype: type, max_iter: int) -> None:
    points = (1e3 + blobs(5_000)).astype(dtype)
    found = kmeans.fit(points, n_clusters=12, max_iter=max_iter, tol=1e-3)
    assert np.array_equal(kmeans.predict(points, found.centers), found.labels)
    assert kmeans.inertia(points, found.centers) == found.inertia
    distances = kmeans.transform(points, found.centers)
    assert np.array_equal(distances.argmin(axis=1), found.labels)
    assert np.square(distances.min(axis=1).astype(float)).sum() == pytest.approx(
        found.inertia, rel=1e-5
    )


def test_shuffled_rows_move_labels_with_them() -> None:
    points = blobs(4_000)
    weights = np.random.default_rng(3).integers(1, 4, size=4_000)
    found = kmeans.fit(points, n_clusters=8, n_init=3, sample_weight=weights)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(4_000)
        again = kmeans.fit(points[order], n_clusters=8, n_init=3, sample_weight=weights[order])
        assert np.array_equal(again.labels, found.labels[order])
        assert again.centers == pytest.approx(found.centers, rel=1e-12, abs=1e-12)
        assert again.inertia == pytest.approx(found.inertia, rel=1e-12)


def test_a_weight_is_a_number_of_rows() -> None:
    points = np.round(blobs(600), 1)
    weights = np.random.default_rng(4).integers(0, 4, size=600)
    once = kmeans.fit(points, n_clusters=5, sample_weight=weights)
    often = kmeans.fit(np.repeat(points, weights, axis=0), n_clusters=5)
    assert once.centers == pytest.approx(often.centers, rel=1e-12)
    assert once.inertia == pytest.approx(often.inertia, rel=1e-12)
    assert np.array_equal(np.repeat(once.labels, weights), often.labels)


@pytest.mark.parametrize("power", [-400, -30, 30, 200])
def test_powers_of_two_scale_all_answers(power: int) -> None:
    points = blobs(500)
    found = kmeans.fit(points, n_clusters=4)
    scaled = kmeans.fit(np.ldexp(points, power), n_clusters=4)
    assert np.array_equal(scaled.labels, found.labels)
    assert np.array_equal(scaled.centers, np.ldexp(found.centers, power))
    assert scaled.inertia == np.ldexp(found.inertia, 2 * power)


def test_points_so_near_that_squares_vanish_are_distinct() -> None:
    found = kmeans.fit(np.array([[0.0], [1e-300], [2e-300]]), n_clusters=3)
    assert sorted(found.centers[:, 0]) == [0.0, 1e-300, 2e-300]
    assert found.inertia == 0.0


def test_more_starts_are_no_worse() -> None:
    points = blobs(800)
    inertia = [kmeans.fit(points, n_clusters=9, n_init=n).inertia for n in (1, 2, 8, 30)]
    assert inertia == sorted(inertia, reverse=True)
    assert inertia[-1] < inertia[0]


def test_a_cluster_without_points_takes_the_farthest_one() -> None:
    points = np.array([[0.0], [1.0], [9.0], [-9.0]])
    far = kmeans.fit(points, n_clusters=3, init=np.array([[0.5], [50.0], [60.0]]), max_iter=1)
    # Of equally far ones, 9.5 and 8.5 here, the second center gets the farther, the third the next.
    assert far.centers[:, 0].tolist() == [0.25, -9.0, 9.0]
    tie = kmeans.fit(
        np.array([[-2.0], [2.0], [0.0]]), n_clusters=2, init=np.array([[0.0], [50.0]]), max_iter=1
    )
    assert tie.centers[:, 0].tolist() == [0.0, -2.0]


def test_a_point_as_near_to_two_centers_belongs_to_the_first() -> None:
    centers = np.array([[1.0], [-1.0], [1.0]])
    assert kmeans.predict(np.array([[0.0], [1.0], [-1.0]]), centers).tolist() == [0, 0, 1]


def test_the_curve_has_the_fits_and_the_silhouettes() -> None:
    points = blobs(400)
    for row in kmeans.curve(points, min_clusters=2, max_clusters=4, n_init=2, random_state=5):
        found = kmeans.fit(points, n_clusters=row.n_clusters, n_init=2, random_state=5)
        assert (row.inertia, row.converged) == (found.inertia, found.converged)
        assert row.silhouette == kmeans.silhouette(points, found.labels)
    assert kmeans.curve(np.ones((5, 2))) == []
    few = kmeans.curve(np.array([[1.0], [2.0], [3.0]]))
    assert [row.n_clusters for row in few] == [2, 3]
    assert few[1].silhouette.value == 0.0


def test_the_silhouette_of_a_sample_tells_its_error() -> None:
    points = blobs(3_000)
    labels = kmeans.fit(points, n_clusters=6).labels
    all_of_them = kmeans.silhouette(points, labels)
    assert all_of_them.value == pytest.approx(silhouette_score(points, labels), abs=1e-12)
    assert (all_of_them.standard_error, all_of_them.num_points) == (None, 3_000)
    errors = []
    for seed in range(30):
        sample = kmeans.silhouette(points, labels, max_points=500, random_state=seed)
        assert sample.num_points == 500
        assert sample.value is not None
        assert sample.standard_error is not None
        errors.append((sample.value - (all_of_them.value or 0.0)) / sample.standard_error)
    assert np.std(errors) < 1.5
    one = np.zeros(3_000, dtype=int)
    one[0] = 1
    assert kmeans.silhouette(points, one, max_points=2).value is None


# --- Arrays. --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_rows_without_gaps_are_not_copied(dtype: type) -> None:
    points = blobs(100_000, 8).astype(dtype)
    points.setflags(write=False)
    centers = points[:3].copy()
    model = ea.KMeans(3, init=centers, max_iter=2).fit(points)

    def most_allocated(work: Any) -> int:
        tracemalloc.start()
        work()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    # numpy tells tracemalloc of its arrays; labels and distances are native memory.
    calls = [
        lambda: kmeans.fit(points, n_clusters=3, init=centers, max_iter=2),
        lambda: kmeans.predict(points, centers),
        lambda: kmeans.inertia(points, centers),
    ]
    for call in calls:
        assert most_allocated(call) < points.nbytes / 100
    # scikit-learn's check for NaN makes truth values at most, an eighth or a quarter of the points.
    assert most_allocated(lambda: model.fit(points)) < points.nbytes / 2
    assert most_allocated(lambda: kmeans.predict(points[::2], centers)) >= points.nbytes / 2


@pytest.mark.parametrize("dtype", FLOATS)
def test_other_layouts_give_the_same_answer(dtype: type) -> None:
    points = blobs(500).astype(dtype)
    expected = content(kmeans.fit(points, n_clusters=4))
    wide = np.zeros((1_000, 6), dtype=dtype)
    wide[::2, ::2] = points
    frozen = points.copy()
    frozen.setflags(write=False)
    for other in (np.asfortranarray(points), wide[::2, ::2], frozen, points[::-1][::-1]):
        assert content(kmeans.fit(other, n_clusters=4)) == expected


def bad(**cells: float) -> npt.NDArray[np.float64]:
    points = np.arange(12.0).reshape(6, 2)
    for place, value in cells.items():
        points[int(place[1]), int(place[2])] = value
    return points


@pytest.mark.parametrize(
    ("points", "options", "kind", "words"),
    [
        (bad(c31=np.nan), {}, ea.InvalidData, 'not finite: NaN (row 4, column "1")'),
        (bad(c00=np.inf), {}, ea.InvalidData, 'not finite: inf (row 1, column "0")'),
        (bad(c50=-np.inf), {}, ea.InvalidData, 'not finite: -inf (row 6, column "0")'),
        (
            bad(c20=1e300),
            {},
            ea.InvalidData,
            'so large that squared distances overflow: 1e+300 (row 3, column "0")',
        ),
        (
            bad(c20=1e30).astype(np.float32),
            {},
            ea.InvalidData,
            'so large that squared distances overflow: 1.0000000150474662e+30 (row 3, column "0")',
        ),
        (np.zeros((0, 2)), {}, ea.InvalidData, "there are no rows"),
        (np.zeros((2, 0)), {}, ea.InvalidData, "there are no columns"),
        (np.zeros(3), {}, ea.SchemaMismatch, "X must have two dimensions: 1"),
        (np.zeros((2, 2), dtype=int), {}, ea.SchemaMismatch, "float64 or float32: int64"),
        (np.zeros((2, 2), dtype=object), {}, ea.SchemaMismatch, "float64 or float32: object"),
        (bad(), {"n_clusters": 7}, ea.InvalidArgument, "distinct points: 7, 6"),
        (np.ones((6, 2)), {"n_clusters": 2}, ea.InvalidArgument, "distinct points: 2, 1"),
        (
            bad(),
            {"n_clusters": 3, "sample_weight": [0, 0, 1, 0, 2, 0]},
            ea.InvalidArgument,
            "distinct points: 3, 2",
        ),
        (bad(), {"n_clusters": 0}, ea.InvalidArgument, "n_clusters must be in [1, 2147483647]: 0"),
        (bad(), {"n_init": 0}, ea.InvalidArgument, "n_init must be in [1, 2147483647]: 0"),
        (bad(), {"max_iter": 0}, ea.InvalidArgument, "max_iter must be in [1, 2147483647]: 0"),
        (bad(), {"random_state": -1}, ea.InvalidArgument, "random_state must be in"),
        (bad(), {"tol": -1.0}, ea.InvalidArgument, "tol must be >= 0: -1"),
        (bad(), {"tol": np.nan}, ea.InvalidArgument, "tol must be >= 0: nan"),
        (bad(), {"num_threads": 1025}, ea.InvalidArgument, "num_threads must be in [0, 1024]"),
        (bad(), {"init": np.zeros((3, 2))}, ea.SchemaMismatch, "init must have n_clusters rows"),
        (bad(), {"init": np.zeros((2, 1))}, ea.SchemaMismatch, "init must have n_clusters rows"),
        (bad(), {"init": np.full((2, 2), np.nan)}, ea.InvalidData, "not finite: NaN (row 1"),
        (bad(), {"init": np.zeros((2, 2), int)}, ea.SchemaMismatch, "init must be float64"),
        (
            bad(),
            {"sample_weight": [1, 1, -1, 1, 1, 1]},
            ea.InvalidData,
            'a weight must be finite and >= 0: -1 (row 3, column "sample_weight")',
        ),
        (bad(), {"sample_weight": [1, np.nan] * 3}, ea.InvalidData, "finite and >= 0: nan (row 2"),
        (bad(), {"sample_weight": [1, np.inf] * 3}, ea.InvalidData, "finite and >= 0: inf (row 2"),
        (bad(), {"sample_weight": [0] * 6}, ea.InvalidData, "all weights are zero"),
        (bad(), {"sample_weight": [1e308] * 6}, ea.InvalidData, "sum of the weights overflows"),
        (bad(), {"sample_weight": [1] * 5}, ea.SchemaMismatch, "one weight a row: 5"),
        (bad(), {"sample_weight": ["1"] * 6}, ea.SchemaMismatch, "sample_weight must be numbers"),
    ],
)
def test_bad_input_is_told(
    points: npt.NDArray[Any], options: dict[str, Any], kind: type[ea.Error], words: str
) -> None:
    with pytest.raises(kind) as caught:
        kmeans.fit(points, **({"n_clusters": 2} | options))
    assert words in str(caught.value)
    assert str(caught.value).startswith(("kmeans: ", "parallel: "))


def test_predictions_refuse_what_does_not_fit() -> None:
    with pytest.raises(ea.SchemaMismatch, match=r"differ in their number of columns: 2, 3"):
        kmeans.predict(bad(), np.zeros((1, 3)))
    with pytest.raises(ea.SchemaMismatch, match="no centers"):
        kmeans.transform(bad(), np.zeros((0, 2)))
    with pytest.raises(ea.InvalidData, match="not finite"):
        kmeans.predict(bad(c11=np.nan), np.zeros((1, 2)))
    with pytest.raises(ea.InvalidArgument, match="labels must be in"):
        kmeans.silhouette(bad(), [0, 1, -1, 0, 0, 0])
    with pytest.raises(ea.SchemaMismatch, match="labels must be integers"):
        kmeans.silhouette(bad(), [0.5] * 6)
    with pytest.raises(ea.SchemaMismatch, match="one label a row: 2"):
        kmeans.silhouette(bad(), [0, 1])
    with pytest.raises(ea.InvalidArgument, match="max_points must be in"):
        kmeans.silhouette(bad(), [0, 1] * 3, max_points=1)
    with pytest.raises(ea.InvalidArgument, match="max_clusters must be >= min_clusters"):
        kmeans.curve(bad(), min_clusters=4, max_clusters=3)


def test_right_answers_to_awkward_points() -> None:
    constant = np.array([[5.0, 1.0], [5.0, 2.0], [5.0, 9.0]])
    found = kmeans.fit(constant, n_clusters=2)
    assert sorted(found.centers.tolist()) == [[5.0, 1.5], [5.0, 9.0]]
    wide = np.eye(3, 50)
    assert kmeans.fit(wide, n_clusters=3).inertia == 0.0
    assert kmeans.fit(wide, n_clusters=1).inertia == pytest.approx(2.0)
    signs = np.array([[0.0], [-0.0]])
    assert kmeans.count_distinct(signs, at_most=9) == 1
    assert kmeans.count_distinct(bad(), at_most=4) == 4
    largest = np.array([[1e150], [-1e150], [0.0]])
    assert kmeans.fit(largest, n_clusters=3).inertia == 0.0


def test_options_have_one_default_in_both_languages() -> None:
    parameters = list(inspect.signature(kmeans.fit).parameters.values())
    told = {one.name: one.default for one in parameters[1:] if one.name != "sample_weight"}
    assert header_defaults("kmeans") == told | {"init": ()}
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters[1:])


# --- The estimator. -------------------------------------------------------------------------------


def outcomes(estimator: Any) -> dict[str, str]:
    checks = check_estimator(estimator, on_fail=None, on_skip=None)
    return {one["check_name"]: one["status"] for one in checks}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_check_estimator_has_no_failure_and_no_skip_that_theirs_does_not_have() -> None:
    ours = outcomes(ea.KMeans())
    theirs = outcomes(TheirKMeans())
    assert len(ours) > 40
    assert "failed" not in ours.values()
    skipped = {name for name, status in ours.items() if status != "passed"}
    assert skipped <= {name for name, status in theirs.items() if status == "skipped"}


def test_the_estimator_is_the_function() -> None:
    points = blobs(300)
    frame = pd.DataFrame(points, columns=["recency", "frequency", "money"])
    model = ea.KMeans(4, n_init=3, random_state=7)
    assert np.array_equal(model.fit_predict(frame), model.labels_)
    found = kmeans.fit(points, n_clusters=4, n_init=3, random_state=7)
    attributes = (model.cluster_centers_, model.labels_, model.inertia_, model.n_iter_)
    assert content(kmeans.Clustering(*attributes, model.converged_)) == content(found)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    assert model.n_features_in_ == 3
    assert model.score(frame) == -found.inertia
    assert np.array_equal(model.transform(frame), kmeans.transform(points, found.centers))
    assert np.array_equal(model.fit_transform(frame), model.transform(frame))
    names = [f"kmeans{i}" for i in range(4)]
    assert model.get_feature_names_out().tolist() == names
    shown = model.set_output(transform="pandas").transform(frame)
    assert list(shown.columns) == names


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_estimator_keeps_the_type(dtype: type) -> None:
    points = blobs(300).astype(dtype)
    model = ea.KMeans(3, random_state=0).fit(points)
    assert model.cluster_centers_.dtype == dtype
    assert model.transform(points).dtype == dtype
    assert ea.KMeans(2).fit([[1, 2], [3, 4]]).cluster_centers_.dtype == np.float64


def test_clones_pipelines_and_pickles() -> None:
    points = blobs(300)
    model = clone(ea.KMeans(3, init=points[:3], tol=0.0, num_threads=1))
    assert model.get_params()["tol"] == 0.0
    pipe = make_pipeline(StandardScaler(), ea.KMeans(3, random_state=1)).fit(points)
    assert pipe.predict(points).shape == (300,)
    fitted = model.fit(points)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(points), fitted.labels_)
    kinds = {type(value).__module__ for value in vars(fitted).values()}
    assert kinds <= {"builtins", "numpy"}
    with pytest.raises(NotFittedError):
        ea.KMeans().predict(points)


def test_fewer_distinct_points_than_clusters_are_warned_of() -> None:
    points = np.array([[0.0], [0.0], [1.0], [5.0], [5.0]])
    with pytest.warns(ConvergenceWarning, match=r"distinct points \(3\) is below n_clusters \(4\)"):
        model = ea.KMeans(4, random_state=0).fit(points)
    assert sorted(model.cluster_centers_[:, 0]) == [0.0, 1.0, 5.0]
    assert model.inertia_ == 0.0
    assert len(model.get_feature_names_out()) == 3
    with pytest.warns(ConvergenceWarning, match="distinct points"):
        ea.KMeans(2, random_state=0, init=[[0.0], [1.0]]).fit([[1.0], [1.0]])


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (ea.KMeans(7), {}, "n_samples=6 should be >= n_clusters=7"),
        (ea.KMeans(2, init=np.zeros((3, 2))), {}, "init has shape"),
        (ea.KMeans(2, init="random"), {}, "'init' parameter"),
        (ea.KMeans(2, n_init=0), {}, "'n_init' parameter"),
        (ea.KMeans(2), {"sample_weight": [1, 1]}, "sample_weight has shape"),
        (ea.KMeans(2), {"sample_weight": [-1] * 6}, "a weight must be finite and >= 0"),
        (ea.KMeans(2), {"sample_weight": [0] * 6}, "all weights are zero"),
        (ea.KMeans(2, random_state=-1), {}, "'random_state' parameter"),
    ],
)
def test_the_estimator_tells_bad_input(model: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        model.fit(bad(), **options)


def test_the_estimator_names_row_and_column() -> None:
    pandas = pytest.importorskip("pandas")
    good = pandas.DataFrame(bad(), columns=["recency", "money"])
    model = ea.KMeans(2, random_state=0).fit(good)
    for value, told in ((np.nan, "NaN"), (np.inf, "inf"), (1e300, "1e+300")):
        wrong = good.copy()
        wrong.iloc[3, 1] = value
        for call in (model.fit, model.predict, model.transform, model.score):
            with pytest.raises(ea.InvalidData) as caught:
                call(wrong)
            assert str(caught.value).endswith(f'{told} (row 4, column "money")')
        with pytest.raises(ea.InvalidData, match=r'row 4, column "1"'):
            ea.KMeans(2).fit(wrong.to_numpy())


def test_numbers_of_any_kind_are_taken() -> None:
    points = blobs(60)
    plain = kmeans.fit(points, n_clusters=3)
    swapped = kmeans.fit(points.astype(points.dtype.newbyteorder(">")), n_clusters=3)
    assert np.array_equal(plain.labels, swapped.labels)
    truths = kmeans.fit(points, n_clusters=3, sample_weight=np.ones(60, dtype=bool))
    assert truths.inertia == plain.inertia
    model = ea.KMeans(3, random_state=0)
    twice = model.fit(points, sample_weight=np.int64(2)).inertia_
    assert twice == 2 * model.fit(points).inertia_
    for wrong in ({"num_threads": 1.5}, {"n_clusters": 2.5}):
        with pytest.raises(TypeError, match=f"{next(iter(wrong))} must be an integer, got"):
            kmeans.fit(points, **wrong)  # type: ignore[arg-type]


def test_a_random_state_of_numpy_is_drawn_from() -> None:
    points = blobs(300)
    seeds = [ea.KMeans(9, random_state=np.random.RandomState(i)).fit(points) for i in (1, 1, 2)]
    assert seeds[0].inertia_ == seeds[1].inertia_
    assert ea.KMeans(2).fit(points).converged_


def test_the_package_works_without_scikit_learn() -> None:
    script = """
import sys
sys.modules["sklearn"] = None
import numpy as np
import ecommerce_analytics as ea
assert ea.kmeans.fit(np.eye(3), n_clusters=2).converged
assert "KMeans" in dir(ea) and "KMeans" in dir(ea.estimators)
try:
    ea.KMeans
except ea.MissingExtra as error:
    print(error)
try:
    ea.NoSuchName
except AttributeError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert "ecommerce-analytics[sklearn]" in done.stdout
    assert "has no attribute 'NoSuchName'" in done.stdout
