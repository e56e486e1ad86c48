"""The benchmark of programs with holes: what it runs, on its smallest case."""

import pytest

pytest.importorskip("torch")

from benchmarks import harness, terpret
from dpkit.programs.terpret import TASKS


def test_it_has_every_task_and_each_beside_another_engine():
    cases = {case.name: case for case in terpret.cases()}
    assert cases.keys() >= TASKS.keys()
    assert all(len(case.engines) >= 2 for case in cases.values())


def test_it_measures_and_judges():
    cases = [case for case in terpret.cases() if case.name == "parity of 4"]
    results = terpret.measure("terpret", cases, harness.Options(rounds=1), lambda text: None)
    descent, search = (results.cases["parity of 4"][each].notes for each in cases[0].engines)
    assert descent["solved"] == 1 and descent["right, %"] > 80
    assert search == {"programs": 16.0, "right ones": 2.0, "solved": 1.0}


def test_goals_are_told_even_where_nothing_was_measured():
    results = harness.Results(
        cases={case.name: {each: harness.Figures() for each in case.engines}
               for case in terpret.cases()}
    )  # fmt: skip
    assert all(goal.reached in (None, True) for goal in terpret.goals(results))
