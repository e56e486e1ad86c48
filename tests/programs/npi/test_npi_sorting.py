"""Bubble sort: recursive for ever, by a loop not for long."""

import collections
import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dpkit.programs import npi


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("teacher", [npi.Sorter, npi.LoopSorter])
def test_the_teachers_sort_as_python_does(teacher, digits):
    row = npi.Row(digits)
    teacher(row).record("BUBBLESORT")
    assert row.digits == sorted(digits)


def test_frames_of_the_recursive_teacher_do_not_grow():
    for teacher, steps in ((npi.Sorter, 5), (npi.LoopSorter, 61)):
        frames = teacher(npi.Row([*range(10), *range(10)])).record("BUBBLESORT")
        assert max(len(frame.steps) for frame in frames) == steps


def test_trained_on_five_right_on_thirty(sorter):
    rows = npi.rows(5, 30, 4, exactly=True) + [[5] * 30, list(range(10)) * 3]
    done = [npi.Row(row) for row in rows]
    endings = npi.run_batch(sorter, done, "BUBBLESORT")
    assert all(ending.finished for ending in endings)
    assert [row.digits for row in done] == [sorted(row) for row in rows]


# The proof ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told():
    """What `every_sorting_frame` told its callback."""
    return []


@pytest.fixture(scope="module")
def everything(told):
    return npi.every_sorting_frame(callback=lambda done, of: told.append((done, of)))


def test_the_callback_is_told_how_far_it_is(everything, told):
    assert told == [(k, len(everything)) for k in range(1, len(everything) + 1)]


def seen_in(rows):
    return {f.key for row in rows for f in npi.Sorter(npi.Row(row)).record("BUBBLESORT")}


def test_they_are_those_that_happen_and_no_others(everything):
    """With the digits 0, 1, 2 all rows up to six are tried; a frame needs no longer one to be met."""
    few = {f.key for f in everything if all(max(s.observation.tolist()[:2]) <= 3 for s in f.steps)}
    rows = [row for n in range(1, 7) for row in itertools.product(range(3), repeat=n)]
    assert seen_in(rows) == few
    assert seen_in(itertools.product(range(2), repeat=8)) < few


@given(st.lists(st.integers(0, 9), min_size=1, max_size=15))
@settings(max_examples=60, deadline=None)
def test_no_row_leads_out_of_them(known, row):
    assert seen_in([row]) <= known


@pytest.fixture(scope="module")
def known(everything):
    return {frame.key for frame in everything}


def test_there_are_as_many_frames_as_counted_by_hand(everything, known):
    assert len(everything) == len(known) == 135_142
    count = collections.Counter(frame.program for frame in everything)
    # Two digits, at the start or not; and beside them the next one, or nothing.
    assert count["COMPSWAP"] == 200 and count["BSTEP"] == 200 * 11 and count["RSHIFT"] == 110 * 11
    # Three digits and the largest: v³ triples are below v + 1, so ∑ v³ = 3025. At the end, m is known.
    assert count["BUBBLE"] == 2 * (3025 + 100) + 20
    assert count["LSHIFT"] == 2 * (1000 + 55)
    # At the start; one step from it; further away: any five digits, or four of which one is largest.
    assert count["RESET"] == 110 + (1000 + 55) + (10**5 + 3025)


def test_it_is_proved(sorter, everything):
    assert npi.verify(sorter, everything) == []


def test_the_proof_finds_a_planted_fault(sorter, everything):
    """RESET stops too early, far from the start, where it sees a 9 and a 7."""

    class Tampered:
        def __getattr__(self, name):
            return getattr(sorter, name)

        def __call__(self, seen, given, programs, state):
            answer, after = sorter(seen, given, programs, state)
            here = (seen == torch.tensor([10, 8, 0, 0])).all(-1)
            here &= programs == sorter.number("RESET")
            answer.end[here] = 2.0
            return answer, after

    found = npi.verify(Tampered(), everything)
    # At first, with any digit to their left: which is the start's, or with any two at the start. Or
    # after a step, with any digit to their right, and any two at the start.
    assert collections.Counter(each.step for each in found) == {0: 10 + 10 * 100, 1: 10 * 100}
    assert {each.frame.program for each in found} == {"RESET"}
    assert all(each.wrong == (None, ()) for each in found)
