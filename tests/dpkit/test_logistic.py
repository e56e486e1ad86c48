"""`LogisticRegression`: beside scikit-learn's, by its own conditions, and on shapes to tell apart."""

import pickle
import warnings

import numpy as np
import pytest

from dpkit import nn
from dpkit.logistic import LogisticRegression

# ------------------------------------------------------------------------------------------------
# Examples


def blobs(classes, seed=0, count=120):
    """Overlapping clouds in three dimensions."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=count)
    y[:classes] = np.arange(classes)
    centres = rng.normal(size=(classes, 3))
    return centres[y] + 1.5 * rng.normal(size=(count, 3)), y


def corners(rng, count):
    X = rng.uniform(-1, 1, size=(count, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def rings(rng, count):
    y = rng.integers(2, size=count)
    radius = 1.0 + y + 0.1 * rng.normal(size=count)
    angle = rng.uniform(0, 2 * np.pi, size=count)
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)], y


def moons(rng, count):
    y = rng.integers(2, size=count)
    angle = rng.uniform(0, np.pi, size=count)
    X = np.c_[np.cos(angle), np.sin(angle)]
    X = np.where(y[:, None] == 1, [1, 0.5] - X, X)
    return X + 0.1 * rng.normal(size=(count, 2)), y


def sectors(rng, count):
    """Three classes, each in two opposite sectors of a disc."""
    X = rng.normal(size=(count, 2))
    return X, (np.arctan2(X[:, 1], X[:, 0]) // (np.pi / 3)).astype(int) % 3


# ------------------------------------------------------------------------------------------------
# Without hidden layers


@pytest.mark.parametrize("C", [0.05, 1.0, 200.0])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_solution_is_scikit_learns(classes, C):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = blobs(classes)
    ours = LogisticRegression(C=C, tol=1e-10).fit(X, y)
    theirs = linear_model.LogisticRegression(C=C, tol=1e-12, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-6, atol=1e-6)
    expected = theirs.intercept_ - (theirs.intercept_.mean() if classes > 2 else 0.0)
    np.testing.assert_allclose(ours.intercept_, expected, rtol=1e-6, atol=1e-6)
    for name in ("predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_allclose(
            getattr(ours, name)(X), getattr(theirs, name)(X), rtol=1e-5, atol=1e-6
        )
    assert (ours.predict(X) == theirs.predict(X)).all()
    assert ours.score(X, y) == theirs.score(X, y)


@pytest.mark.parametrize("C", [0.05, 200.0, np.inf])
def test_at_the_solution_the_gradient_by_hand_is_zero(C):
    X, y = blobs(2)
    model = LogisticRegression(C=C, tol=1e-11).fit(X, y)
    w = model.coef_[0]
    error = 1 / (1 + np.exp(-(X @ w + model.intercept_))) - y
    np.testing.assert_allclose(X.T @ error / len(y) + w / (C * len(y)), 0, atol=1e-9)
    assert error.mean() == pytest.approx(0, abs=1e-9)


def test_a_stronger_penalty_makes_smaller_weights():
    X, y = blobs(2)
    sizes = [np.linalg.norm(LogisticRegression(C=C).fit(X, y).coef_) for C in (0.01, 0.1, 1, 10)]
    assert sizes == sorted(sizes) and sizes[0] < 0.5 * sizes[-1]


@pytest.mark.parametrize("classes", [2, 3])
def test_adam_comes_to_the_same_place(classes):
    X, y = blobs(classes)
    slow = LogisticRegression(solver="adam", lr=0.05, max_iter=3000, tol=1e-6).fit(X, y)
    quick = LogisticRegression(tol=1e-6).fit(X, y)
    np.testing.assert_allclose(slow.coef_, quick.coef_, atol=1e-3)
    assert quick.n_iter_ < slow.n_iter_


def test_probabilities_far_away_are_accurate():
    model = LogisticRegression().fit([[-1.0], [1.0]], [0, 1])
    far = np.array([[-3000.0], [3000.0]])
    z = model.decision_function(far)
    np.testing.assert_allclose(model.predict_log_proba(far), [[0, z[0]], [-z[1], 0]], atol=1e-300)
    np.testing.assert_allclose(model.predict_proba(far).sum(axis=1), 1)


# ------------------------------------------------------------------------------------------------
# With hidden layers


@pytest.mark.parametrize("dims", [(8,), (8, 8)])
@pytest.mark.parametrize("shape", [corners, rings, moons])
def test_layers_learn_what_a_line_cannot(shape, dims):
    X, y = shape(np.random.default_rng(0), 300)
    unseen, truth = shape(np.random.default_rng(1), 1000)
    model = LogisticRegression(dims, C=30.0, random_state=0).fit(X, y)
    assert model.score(unseen, truth) >= 0.95
    line = LogisticRegression().fit(X, y)
    assert line.score(unseen, truth) <= (0.9 if shape is moons else 0.65)


def test_more_than_two_classes():
    X, y = sectors(np.random.default_rng(0), 500)
    unseen, truth = sectors(np.random.default_rng(1), 1000)
    model = LogisticRegression((12, 12), C=30.0, random_state=0).fit(X, y)
    assert model.score(unseen, truth) >= 0.93
    assert model.predict_proba(unseen).shape == (1000, 3)


def test_without_activation_more_layers_are_a_line():
    X, y = corners(np.random.default_rng(0), 300)
    model = LogisticRegression((8, 8), activation=None, random_state=0)
    assert model.fit(X, y).score(X, y) <= 0.7
    a, b, c = (model.decision_function([x])[0] for x in ([0.0, 0.0], [1.0, -2.0], [2.0, -4.0]))
    assert c - b == pytest.approx(b - a)


def test_the_objective_is_the_one_that_is_described():
    X, y = moons(np.random.default_rng(0), 60)
    model = LogisticRegression((5,), C=3.0, random_state=0).fit(X, y)
    p = model.predict_proba(X)[np.arange(60), y]
    weights = [each for name, each in model.network_.state_dict().items() if "weight" in name]
    penalty = sum((each**2).sum() for each in weights) / (2 * 3.0 * 60)
    assert model.trace_.fun[-1] == pytest.approx(penalty - np.log(p).mean(), rel=1e-12)
    assert isinstance(model.network_, nn.MLP)
    assert not hasattr(model, "coef_")


def test_a_seed_gives_the_same_fit_again():
    X, y = moons(np.random.default_rng(0), 60)
    one, two, other = (
        LogisticRegression((5,), random_state=seed).fit(X, y).decision_function(X)
        for seed in (3, 3, 4)
    )
    assert (one == two).all() and (one != other).any()


# ------------------------------------------------------------------------------------------------
# The way there


@pytest.mark.parametrize("dims", [(), (6,)])
def test_the_way_is_kept(dims):
    X, y = moons(np.random.default_rng(0), 80)
    model = LogisticRegression(dims, random_state=0).fit(X, y)
    trace = model.trace_
    assert len(trace.x) == len(trace.fun) == model.n_iter_ + 1
    assert all(np.diff(trace.fun) <= 0) and trace.slope[-1] <= model.tol
    before = model.decision_function(X)
    for k in (model.n_iter_, 3, 0):
        early = model.at(k)
        p = early.predict_proba(X)[np.arange(80), y]
        weights = [each for name, each in early.network_.state_dict().items() if "weight" in name]
        penalty = sum((each**2).sum() for each in weights) / (2 * 80)
        assert trace.fun[k] == pytest.approx(penalty - np.log(p).mean(), rel=1e-12)
    assert (model.decision_function(X) == before).all()
    assert (model.at(-1).decision_function(X) == before).all()
    if not dims:
        assert trace.fun[0] == pytest.approx(np.log(2))
        assert not model.at(0).coef_.any() and model.coef_.any()
    with pytest.raises(IndexError, match=f"no iteration 5000: the fit took {model.n_iter_}"):
        model.at(5000)


# ------------------------------------------------------------------------------------------------
# Conventions


@pytest.mark.parametrize("model", [LogisticRegression(), LogisticRegression((4,))], ids=repr)
def test_scikit_learn_accepts_it(model):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = checks.check_estimator(model, on_skip=None, on_fail=None)
    assert len(results) > 40
    assert [each["check_name"] for each in results if each["status"] == "failed"] == []


@pytest.mark.parametrize(
    "labels", [np.array(["no", "yes"]), np.array([False, True]), np.array([7, -3]), [1.0, 2.0]]
)
def test_labels_may_be_anything(labels):
    X, y = blobs(2)
    names = np.asarray(labels)[y]
    model = LogisticRegression().fit(X, names)
    assert model.classes_.tolist() == sorted(set(names.tolist()))
    assert set(model.predict(X).tolist()) == set(names.tolist())
    best = model.classes_[model.predict_proba(X).argmax(axis=1)]
    assert (best == model.predict(X)).all()
    assert model.score(X, names) == LogisticRegression().fit(X, y).score(X, y) > 0.6


def test_lists_and_torch_tensors_are_taken():
    torch = pytest.importorskip("torch")
    X, y = blobs(2)
    expected = LogisticRegression().fit(X, y).coef_
    for hold in (torch.tensor, np.ndarray.tolist):
        model = LogisticRegression().fit(hold(X), hold(y))
        np.testing.assert_array_equal(model.coef_, expected)
        assert model.score(hold(X), hold(y)) > 0.6


def test_settings_can_be_read_and_set():
    model = LogisticRegression((3,), C=2.0)
    assert repr(model) == "LogisticRegression(dims=(3,), C=2.0)"
    assert type(model)(**model.get_params()).get_params() == model.get_params()
    assert model.set_params(C=5.0, solver="adam") is model
    assert (model.C, model.solver) == (5.0, "adam")
    with pytest.raises(ValueError, match="no setting 'l2'; it has dims, activation, C"):
        model.set_params(l2=1.0)


def test_a_fitted_model_can_be_saved():
    X, y = moons(np.random.default_rng(0), 60)
    model = LogisticRegression((5,), random_state=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert (again.decision_function(X) == model.decision_function(X)).all()


def test_too_few_iterations_are_told():
    X, y = moons(np.random.default_rng(0), 60)
    with pytest.warns(UserWarning, match="did not converge: after 3 iterations"):
        model = LogisticRegression((5,), random_state=0, max_iter=3).fit(X, y)
    assert model.n_iter_ == 3


X3, Y3 = np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0])
HOLE = np.where(X3 == 7.0, np.nan, X3)


def fit(X=X3, y=Y3, **settings):
    return LogisticRegression(**settings).fit(X, y)


@pytest.mark.parametrize(
    ("mistake", "error", "words"),
    [
        (lambda: fit().predict(X3[:, :2]), ValueError, "2 features.*expecting 3"),
        (lambda: fit().predict(X3[0]), ValueError, r"shape \(3,\).*X.reshape\(1, -1\)"),
        (lambda: fit(X3[:3]), ValueError, "3 examples in X, but 4 labels"),
        (lambda: fit(HOLE), ValueError, r"NaN or infinity.*X\[2, 1\] = nan"),
        (lambda: fit(np.where(X3 == 7.0, np.inf, X3)), ValueError, r"X\[2, 1\] = inf"),
        (lambda: fit(X3[:0], Y3[:0]), ValueError, r"0 sample\(s\).*minimum of 1"),
        (lambda: fit(X3 + 1j), ValueError, "Complex.*complex128"),
        (lambda: fit([["a", "b"]] * 4), ValueError, "X should hold numbers"),
        (lambda: fit(y=np.ones(4)), ValueError, r"nothing to tell apart: all 4 labels.*1\.0"),
        (lambda: fit(y=Y3 + 0.5), ValueError, r"Unknown label type.*0\.5.*continuously"),
        (lambda: fit(y=np.eye(4)), ValueError, r"one label an example.*\(4, 4\)"),
        (lambda: fit(y=[0.0, 1.0, np.nan, 1.0]), ValueError, r"NaN.*y\[2\]"),
        (lambda: fit(y=None), ValueError, "y to be passed"),
        (lambda: fit(solver="newton"), ValueError, '"lbfgs" or "adam".*newton'),
        (lambda: fit(C=0.0), ValueError, r"`C` is positive.*0\.0"),
        (lambda: fit(dims=8), ValueError, r"`dims` is a tuple.*\(8,\) is one layer"),
        (lambda: fit(activation="gelu", dims=(2,)), ValueError, "no activation 'gelu'"),
        (lambda: LogisticRegression().predict(X3), AttributeError, "has not been fitted"),
        (lambda: LogisticRegression().at(0), AttributeError, "has not been fitted"),
    ],
)
def test_mistakes_are_explained(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake()
