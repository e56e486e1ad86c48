"""The recorded program, and the search on it: screening must never lose what a full sweep finds."""

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from programs import numbers, programs, tame

import dpkit as dp
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.calculus import wrong_calculus
from dpkit.diagnose.mistakes import slips
from dpkit.diagnose.recording import record
from dpkit.diagnose.replaced import lost_shares
from dpkit.diagnose.search import Screen, Search, consequences
from dpkit.diagnose.sweeps import wrong_sweeps

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))


def network(W1, b1, W2, b2):
    h = dp.tanh(X @ W1 + b1)
    h = h + dp.sigmoid(h @ W2) * b2
    return ((h - h.mean(axis=0)) ** 2).mean() + 0.1 * dp.sum(W1**2)


def attention(Q, K, V):
    q, k, v = X @ Q, X @ K, X @ V
    return dp.sum((dp.softmax(q @ k.T / 2.0, axis=-1) @ v - X) ** 2)


def recurrent(W, U, b):
    h = np.zeros(4)
    for x in X:
        h = dp.tanh(W @ h + U @ x + b)
    return dp.sum(h * h)


def pieces(x, w):
    y = sum(w[k] * x[k : k + 6] for k in range(3))
    top = dp.concatenate([dp.relu(y), dp.maximum(y, 0.3)])
    return dp.logsumexp(dp.reshape(top, (3, 4))[:, ::-1]) + dp.sum(dp.cumsum(x))


def sized(*shapes, seed=3):
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=shape) for shape in shapes)


PROGRAMS = {
    "network": (network, sized((3, 4), (4,), (4, 4), (4,))),
    "attention": (attention, sized((3, 3), (3, 3), (3, 3))),
    "recurrent": (recurrent, sized((4, 4), (4, 3), (4,))),
    "pieces": (pieces, sized((8,), (3,))),
    "a number among arrays": (lambda a, x: dp.sum(dp.exp(a * x)) / a, (0.7, *sized((4,)))),
    "a container": (
        lambda p: dp.sum((p["W"] @ p["more"][0] + p["more"][1]) ** 2),
        ({"W": sized((2, 3))[0], "more": [sized((3,))[0], 0.5]},),
    ),
}
EACH = pytest.mark.parametrize(("f", "args"), PROGRAMS.values(), ids=PROGRAMS.keys())


def flat(gradients):
    leaves = []

    def walk(tree):
        if isinstance(tree, dict):
            tree = list(tree.values())
        if isinstance(tree, (list, tuple)):
            for each in tree:
                walk(each)
        else:
            leaves.append(np.ravel(tree))

    walk(gradients)
    return np.concatenate(leaves)


@EACH
def test_the_record_has_the_value_and_the_gradient(f, args):
    run = record(f, args)
    value, gradient = dp.value_and_grad(f, tuple(range(len(args))))(*args)
    assert run.value == pytest.approx(float(value), rel=1e-13)
    assert np.allclose(run.truth, flat(gradient), rtol=1e-12, atol=1e-13)


@EACH
def test_tangents_are_those_of_jvp(f, args):
    run = record(f, args)
    rng = np.random.default_rng(0)
    moves = {k: rng.normal(size=np.shape(run.rows[k].value)) for k in run.inputs}
    direction = np.concatenate([np.ravel(moves[k]) for k in run.inputs])
    moved = float(run.tangents(moves)[run.output])
    assert moved == pytest.approx(float(run.truth @ direction), rel=1e-10)


@EACH
def test_screening_sees_what_a_whole_sweep_does(f, args):
    """⟨Jᵀδ, v⟩ = ⟨δ, J v⟩, for every mistake that is ever tried."""
    run = record(f, args)
    truth = run.truth
    answer = Answer(run, run.value, truth, truth + 1.0)
    wrong = np.random.default_rng(1).random(len(truth)) < 0.5
    screen = Screen(answer, wrong, np.random.default_rng(2))
    tried = 0
    for mistake in [*wrong_sweeps(run), *lost_shares(run), *slips(run)]:
        with np.errstate(all="ignore"):
            gradient = consequences(run, [mistake])[:, 0]
            seen = screen.seen(mistake)
        if not np.all(np.isfinite(gradient)):
            continue
        tried += 1
        expected = np.array([v @ (gradient - truth) for v in screen.directions])
        size = np.array([np.abs(v) @ (np.abs(gradient) + np.abs(truth)) for v in screen.directions])
        assert np.all(np.abs(seen - expected) <= 1e-9 * size + 1e-12), mistake
    assert tried > 60


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(f=programs(most=8), point=st.tuples(numbers, numbers, numbers))
def test_numbers_are_screened_all_at_once(f, point):
    """The vector sweep gives for each mistake what a sweep for it alone gives."""
    assume(tame(f, point))
    run = record(f, point)
    some = [*wrong_sweeps(run), *wrong_calculus(run), *slips(run)]
    together = consequences(run, some)
    for h, mistake in enumerate(some):
        if mistake.changes is None:
            continue
        with np.errstate(all="ignore"):
            alone = run.gradient(run.adjoints(mistake.changes(run)))
        assert np.allclose(together[:, h], alone, rtol=1e-9, atol=1e-12, equal_nan=True), mistake


def test_an_operation_keeps_its_place_when_the_interpreter_grows_warm():
    """After a few turns CPython replaces instructions by quicker ones, and stops elsewhere."""

    def f(x, w):
        return sum(w[k] * x[k] for k in range(3)) + (-x[0]) * abs(w[1])

    args = sized((3,), (3,))
    first = [(row.name, row.place) for row in record(f, args).rows]
    for _ in range(60):
        assert [(row.name, row.place) for row in record(f, args).rows] == first


def test_a_place_is_one_expression():
    def f(a, b):
        return dp.sin(a) * dp.sin(b) + dp.sin(a)

    places = [str(row.place) for row in record(f, (0.3, 0.4)).rows if row.name == "sin"]
    assert places == [
        "`dp.sin(a)`, line 2 of f",
        "`dp.sin(b)`, line 2 of f",
        "`dp.sin(a)`, line 2 of f",
    ]
    assert len({row.place for row in record(f, (0.3, 0.4)).rows if row.name == "sin"}) == 3


@EACH
def test_the_truth_needs_no_search(f, args):
    gradient = dp.grad(f, tuple(range(len(args))) if len(args) > 1 else 0)
    diagnosis = dp.diagnose(f, gradient, *args)
    assert diagnosis.kind == "correct", diagnosis


@pytest.mark.parametrize(
    "f, args", [PROGRAMS["network"], PROGRAMS["pieces"]], ids=["network", "pieces"]
)
def test_two_mistakes_are_found_together(f, args):
    """Any two mistakes on different edges: at least the numbers of what is told must be right."""
    run = record(f, args)
    some = [m for m in slips(run) if m.rank < 2.0 and not m.where.startswith("every")]
    rng = np.random.default_rng(5)
    named = 0
    for _ in range(24):
        one, other = rng.choice(len(some), 2, replace=False)

        def wrong(*at, one=some[one], other=some[other]):
            run = record(f, at)
            gradient = run.gradient(run.adjoints(one.changes(run) | other.changes(run)))
            sizes = [np.size(x) for x in at]
            parts = np.split(gradient, np.cumsum(sizes)[:-1])
            return tuple(part.reshape(np.shape(x)) for part, x in zip(parts, at, strict=True))

        with np.errstate(all="ignore"):
            try:
                there = flat(wrong(*args))
            except ValueError:  # these two do not fit together
                continue
            if not np.all(np.isfinite(there)):
                continue
            diagnosis = dp.diagnose(f, wrong, *args)
        if diagnosis.also:
            named += 1
            assert diagnosis.confidence < 0.5
            assert diagnosis.certainty != "unique"
    assert named >= 3, named


def test_the_search_ends_with_what_it_has():
    """Without time there is still an answer; the likeliest candidates are tried first."""

    def deep(w):
        h = X
        for _ in range(60):
            h = dp.tanh(h @ w) + h
        return dp.sum(h)

    w = sized((3, 3))[0]
    strange = lambda w: dp.grad(deep)(w) * np.cos(w)  # noqa: E731
    assert dp.diagnose(deep, strange, w, seconds=0.0).kind == "unknown"
    run = record(deep, (w,))
    answer = Answer(run, run.value, run.truth, run.truth * np.cos(w.ravel()))
    for seconds, share in ((0.0, 0.0), (60.0, 1.0)):
        search = Search([answer], np.ones(9, dtype=bool), time.process_time() + seconds)
        search.single()
        tried = [mistake.rank for mistake, _ in search.effects]
        assert tried == sorted(tried)
        assert len(tried) == share * len(search.candidates)
