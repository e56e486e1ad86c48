"""What the benchmark of physics keeps, and when it is content."""

import pytest

from benchmarks import harness, physics
from benchmarks.__main__ import NAMES

pytest.importorskip("scipy")


def measured(*names):
    cases = physics.cases()
    some = [case for case in cases if case.name in names]
    results = physics.measure("", some, harness.Options(rounds=1), lambda text: None)
    for case in cases:
        if case not in some:
            results.cases[case.name] = {name: harness.Figures() for name in case.engines}
    return results


def test_every_case_has_a_run():
    assert "physics" in NAMES
    assert [case.name for case in physics.cases()] == list(physics._RUNS)


def test_the_energy_for_real():
    results = measured(physics.ENERGY)
    drift = {name: each.notes["drift"] for name, each in results.cases[physics.ENERGY].items()}
    assert drift[physics.HAMILTON] < 0.1 * drift["plain"]
    goals = [goal for goal in physics.goals(results) if goal.figure is not None]
    assert [goal.reached for goal in goals] == [True]


@pytest.mark.slow
def test_films_for_real():
    results = measured(physics.SPRING, physics.BALL)
    goals = [goal for goal in physics.goals(results) if goal.figure is not None]
    assert len(goals) == 6 and all(goal.reached for goal in goals)
    naive = results.cases[physics.BALL]["naive"].notes
    assert max(naive.values()) > 1.0  # per cent: what it gets wrong, it gets wrong by that
