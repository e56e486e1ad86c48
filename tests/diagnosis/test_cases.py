"""Each case by itself, without `diagnose`: is what is called wrong wrong, and what is right right?

The independent truth is the difference quotient of f; dpkit's own gradient must agree with it, and
with the hand-written derivation when no switch is set.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import dpkit as dp
from dpkit.containers import flatten
from tests.diagnosis.corpus import FAMILIES, corpus, problems

CASES = corpus()


def true_gradient(f, args):
    answer = dp.grad(f, tuple(range(len(args))))(*copy.deepcopy(args))
    return np.array(flatten(answer)[0])


def quotients(f, args, h=1e-5):
    numbers, rebuild = flatten(tuple(args))
    slopes = []
    for k in range(len(numbers)):
        there = []
        for step in (h, -h):
            moved = list(numbers)
            moved[k] += step
            there.append(float(f(*rebuild(moved))))
        slopes.append((there[0] - there[1]) / (2 * h))
    return np.array(slopes)


def numbers_of(answer):
    """The numbers in an answer, or None if it is none."""
    try:
        return np.array(flatten(answer)[0])
    except TypeError:
        return None


def shapes(tree):
    """The shapes in a container: a dict counts as the list of its values, a tuple as a list."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [shapes(each) for each in tree] if isinstance(tree, (list, tuple)) else np.shape(tree)


def near(x, y, tolerance):
    return np.allclose(x, y, rtol=tolerance, atol=tolerance * (1e-3 + float(np.max(np.abs(y)))))


@pytest.mark.parametrize("problem", problems(), ids=lambda problem: problem.name)
def test_derivations_without_a_fault_are_right(problem):
    truth = quotients(problem.f, problem.args)
    given = numbers_of(problem.backward(*copy.deepcopy(problem.args)))
    assert near(given, truth, 1e-5)
    assert near(given, true_gradient(problem.f, problem.args), 1e-10)


@pytest.mark.parametrize("seed", [1, 2])
def test_derivations_are_right_at_other_numbers(seed):
    for problem in problems(seed):
        given = numbers_of(problem.backward(*copy.deepcopy(problem.args)))
        assert near(given, true_gradient(problem.f, problem.args), 1e-10), problem.name


WRONG = [case for case in CASES if case.family in ("single", "engine", "pair", "strange")]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_wrong_gradients_are_wrong(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient = case.gradient
        gradient(*copy.deepcopy(case.args))  # one with a memory is right the first time
        answer = gradient(*copy.deepcopy(case.args))
    truth = true_gradient(case.f, case.args)
    given = numbers_of(answer)
    wanted = case.args if len(case.args) > 1 else case.args[0]
    if given is not None and shapes(answer) == shapes(wanted):
        assert not near(given, truth, 1e-6) or "float32" in case.kinds or "rounded" in case.kinds


def test_the_corpus_is_large_and_varied():
    count = {family: sum(case.family == family for case in CASES) for family in FAMILIES}
    assert sum(count.values()) - count["right"] >= 240
    assert all(count.values()), count
    assert len(problems()) >= 14
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    for case in CASES:
        assert case.accepted <= set(dp.CATALOGUE), case.name
