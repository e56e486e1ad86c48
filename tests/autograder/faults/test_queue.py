"""Executors that break in every way they can: each job is marked once or given up, and nobody is
begun twice at a time."""

from collections import Counter
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import CourseError
from autograder.grading.queue import Lost, judged
from autograder.judge import Job, Outcome, Settings


def cluster_error(name):
    """An error as `distributed` raises it, by its name and module."""
    return type(name, (Exception,), {"__module__": "distributed.client"})("no more")


class Scripted(Executor):
    """`fate(student, attempt)` says how a job ends: None well, or an error. Once broken, it refuses
    whatever else it is given, as a pool does whose processes are gone."""

    attempts: Counter
    pools: list

    def __init__(self, fate):
        self.fate, self.broken = fate, None
        self.pools.append(self)

    def submit(self, function, *arguments):
        if self.broken:
            raise self.broken
        future = Future()
        if function is abs:
            future.set_result(1)
            return future
        student = arguments[1].student
        self.attempts[student] += 1
        error = self.fate(student, self.attempts[student])
        if isinstance(error, BrokenProcessPool):
            self.broken = error
        if error:
            future.set_exception(error)
        else:
            future.set_result(outcome(student))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.broken = self.broken or RuntimeError("shut down")


def outcome(student):
    return Outcome(student, "", [], "off", 0.0)


def job(student):
    return Job(student, "", b"")


def run(students, fate, gaps=()):
    """{student: what came of it}, and how many executors it took."""

    class Fresh(Scripted):
        attempts, pools = Counter(), []

    def jobs():
        for place, student in enumerate(students):
            if place in gaps:
                yield None  # one that is known already
            yield job(student)

    told = {}
    for one, result in judged(jobs(), lambda: Fresh(fate), Settings(), workers=2):
        assert one.student not in told, "told twice"
        told[one.student] = result
    return told, Fresh.attempts, len(Fresh.pools)


NAMES = [f"s{number}" for number in range(9)]


@given(
    ends=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["kills once", "kills", "fails"])),
    gaps=st.sets(st.integers(0, 8)),
)
def test_everybody_is_told_once_and_only_who_kills_alone_is_given_up(ends, gaps):
    def fate(student, attempt):
        end = ends.get(student)
        if end == "kills" or end == "kills once" and attempt == 1:
            return BrokenProcessPool("died")
        return ValueError("no") if end == "fails" else None

    told, _, _ = run(NAMES, fate, gaps)
    assert set(told) == set(NAMES)
    for student, result in told.items():
        expected = {"kills": Lost, "fails": ValueError}.get(ends.get(student), Outcome)
        assert isinstance(result, expected), (student, result)


def test_a_worker_of_a_cluster_that_dies_costs_one_job_a_second_try():
    def fate(student, attempt):
        return cluster_error("KilledWorker") if student == "s3" and attempt == 1 else None

    told, attempts, pools = run(NAMES, fate)
    assert all(isinstance(result, Outcome) for result in told.values())
    assert attempts["s3"] == 2 and sum(attempts.values()) == len(NAMES) + 1 and pools == 1
    always, attempts, _ = run(
        NAMES, lambda student, _: cluster_error("KilledWorker") if student == "s3" else None
    )
    assert isinstance(always["s3"], Lost) and attempts["s3"] == 2
    assert sum(isinstance(result, Outcome) for result in always.values()) == len(NAMES) - 1


@pytest.mark.parametrize("error", [cluster_error("CommClosedError"), CancelledError("gone")])
def test_a_cluster_that_is_gone_is_asked_for_again(error):
    told, _, pools = run(
        NAMES, lambda student, attempt: error if student == "s2" and attempt == 1 else None
    )
    assert all(isinstance(result, Outcome) for result in told.values())
    assert pools == 2


def test_judges_that_die_as_soon_as_they_start_are_one_line_at_once():
    class Stillborn(Executor):
        made = 0

        def __init__(self):
            Stillborn.made += 1

        def submit(self, function, *arguments):
            future = Future()
            future.set_exception(BrokenProcessPool("died"))
            return future

    with pytest.raises(CourseError, match="end as soon as they start"):
        list(judged(iter(map(job, NAMES)), Stillborn, Settings(), workers=2))
    assert Stillborn.made < 6
