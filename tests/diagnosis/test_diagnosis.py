"""What `dpkit.diagnose` has to reach on the corpus, and what must never happen on any gradient."""

from __future__ import annotations

import copy
import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit.containers import flatten
from tests.diagnosis.case import Problem
from tests.diagnosis.corpus import FAMILIES, corpus, problems
from tests.diagnosis.judge import Verdict, judge, share

WRONG = ("single", "engine", "manners", "pair", "strange")


def told(verdicts: list[Verdict]) -> str:
    return "\n".join(map(str, verdicts))


@pytest.mark.parametrize("family", WRONG)
def test_every_wrong_gradient_is_flagged(family):
    missed = [each for each in judge(family) if each.kind == "correct" and not each.right]
    assert not missed, told(missed)


def test_no_right_gradient_is_flagged():
    flagged = [each for each in judge("right") if each.kind != "correct"]
    assert not flagged, told(flagged)


@pytest.mark.parametrize("family", ["single", "engine", "manners"])
def test_nine_of_ten_single_faults_are_named(family):
    verdicts = judge(family)
    missed = [each for each in verdicts if not each.right]
    assert share(each.right for each in verdicts) >= 0.9, told(missed)


def test_single_faults_are_placed_where_they_were_made():
    located = [each for each in judge("single", "engine") if each.right and each.placed is not None]
    elsewhere = [each for each in located if not each.placed]
    assert len(located) > 100
    assert share(bool(each.placed) for each in located) >= 0.9, told(elsewhere)


def test_two_faults_at_once_are_not_called_a_third():
    """Where something else is said first, it must be open about others that explain as much."""
    invented = [each for each in judge("pair") if not each.right and each.diagnosis.confidence == 1.0
                and not each.mentioned]  # fmt: skip
    assert not invented, told(invented)


def test_what_no_mistake_explains_is_not_named():
    named = [each for each in judge("strange") if each.confident and not each.right]
    assert not named, told(named)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_raised(family):
    raised = [each for each in judge(family) if each.diagnosis is None]
    assert not raised, told(raised)


@pytest.mark.slow
def test_other_numbers_and_sizes_make_no_difference():
    """The corpus drawn anew: nothing rests on the numbers or the shapes of one seed."""
    for verdict in judge(seed=5):
        if verdict.case.family == "right":
            assert verdict.kind == "correct", verdict
        elif "correct" not in verdict.case.accepted:
            assert verdict.kind != "correct", verdict
        if verdict.case.family == "strange":
            assert verdict.right or not verdict.confident, verdict
    assert share(each.right for each in judge("single", "engine", seed=5)) >= 0.9


# Gradients that nobody made ---------------------------------------------------------------------------


SMALL = [p for p in problems() if len(flatten(tuple(p.args))[0]) <= 40]


def disturbed(problem: Problem, waves, amount: float, by_factor: bool):
    """The right gradient with a smooth, irregular function of the arguments added or multiplied."""

    def gradient(*args):
        right = problem.backward(*copy.deepcopy(args))
        tree = right if len(args) > 1 else (right,)
        numbers, rebuild = flatten(tuple(tree))
        at = np.array(flatten(tuple(args))[0])
        n = np.arange(len(at))
        phase = float(np.sum(at * np.cos(waves[0] * n + waves[1])))
        extra = amount * (1.2 + np.sin(waves[2] * phase + 1.7 * n + 0.3 * n * n))
        scale = np.abs(numbers) if by_factor else np.max(np.abs(numbers))
        answer = rebuild((np.array(numbers) + scale * extra).tolist())
        return answer if len(args) > 1 else answer[0]

    return gradient


@settings(max_examples=60, deadline=None)
@given(
    problem=st.sampled_from(SMALL),
    waves=st.tuples(*[st.floats(0.3, 3.0)] * 3),
    amount=st.sampled_from([1e-3, 0.05, 1.0, 20.0]),
    by_factor=st.booleans(),
)
def test_gradients_that_nobody_made_are_never_named(problem, waves, amount, by_factor):
    """A name is a claim about numbers: these come from no mistake, so no name can be true."""
    gradient = disturbed(problem, waves, amount, by_factor)
    diagnosis = dp.diagnose(problem.f, gradient, *copy.deepcopy(problem.args))
    assert diagnosis.kind == "unknown", diagnosis
    assert diagnosis.confidence == 0.0


@settings(max_examples=40, deadline=None)
@given(problem=st.sampled_from(SMALL), seed=st.integers(0, 2**32 - 1))
def test_constants_that_nobody_made_are_never_named(problem, seed):
    """The same random numbers at every point."""
    numbers, rebuild = flatten(tuple(problem.args))
    answer = rebuild(np.random.default_rng(seed).normal(size=len(numbers)).tolist())
    answer = answer if len(problem.args) > 1 else answer[0]
    diagnosis = dp.diagnose(
        problem.f, lambda *args: copy.deepcopy(answer), *copy.deepcopy(problem.args)
    )
    assert diagnosis.kind in ("unknown", "stale"), diagnosis
    assert diagnosis.kind == "stale" or diagnosis.confidence == 0.0


@settings(max_examples=30, deadline=None)
@given(case=st.sampled_from([case for case in corpus() if case.family == "single"]))
def test_the_same_question_has_the_same_answer(case):
    first, second = (
        dp.diagnose(case.f, case.gradient, *copy.deepcopy(case.args), seconds=20.0)
        for _ in range(2)
    )
    assert (first.kind, first.where, first.message) == (second.kind, second.where, second.message)


def test_a_busy_machine_finds_what_an_idle_one_finds(monkeypatch):
    clock = itertools.count(0, 60)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))

    def f(x):
        return dp.exp(dp.sin(x[0]) * x[1])

    def without_the_inside(x):
        value = np.exp(np.sin(x[0]) * x[1])
        return np.array([value * x[1], value * np.sin(x[0])])  # cos is missing

    found = dp.diagnose(f, without_the_inside, np.array([0.7, 1.3]))
    assert (found.kind, found.ok) == ("missing_factor", False), found.message
