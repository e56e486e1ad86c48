"""What the benchmark of the renderer keeps, and when it is content."""

import pytest

from benchmarks import harness, render
from benchmarks.__main__ import NAMES
from dpkit import render as dpkit_render


def silent(text):
    pass


def test_every_case_has_a_run():
    assert "render" in NAMES
    assert [case.name for case in render.cases()] == list(render._RUN)


@pytest.mark.slow
def test_two_of_the_cases_for_real():
    """Those that need no minutes: borders and directions."""
    cases = [case for case in render.cases() if case.name in (render.EDGES, render.DIRECTION)]
    options = harness.Options(rounds=1, quick=True)
    results = render.measure("benchmarks.render", cases, options, silent)
    notes = results.cases[render.EDGES][render.FINE].notes
    assert set(notes) == {f"RMSE {kind}" for kind in dpkit_render.SHAPES}
    cosine = {name: f.notes["cosine, mean"] for name, f in results.cases[render.DIRECTION].items()}
    assert cosine[render.FINE] > cosine["0.2 px"] > cosine["1 px"] > cosine["4 px"]
    for case in render.cases():
        results.cases.setdefault(case.name, {name: harness.Figures() for name in case.engines})
    goals = {goal.what: goal for goal in render.goals(results)}
    assert all(goals[f"borders, {kind}: RMSE"].reached for kind in dpkit_render.SHAPES)
    assert goals["direction: mean cosine at 0.2 px"].reached
    assert goals["direction: least cosine, 2 × 2 places"].reached
    assert goals["scenes: worst place, px"].reached is None  # not measured is not reached


def test_what_is_beyond_a_bar_is_said():
    results = harness.Results()
    for case in render.cases():
        results.cases[case.name] = {name: harness.Figures() for name in case.engines}
    found = results.cases[render.SCENES]["looked at first"]
    found.notes |= {"solved": 0.95, "worst place, px": 0.02}
    found.cpu[""] = [1.0, 6.0]
    strokes = results.cases[render.STROKES]
    strokes["ink_plain"].cpu[""], strokes["ink"].cpu[""] = [3.0, 4.0, 5.0], [1.0, 1.0, 1.0]
    goals = {goal.what: goal for goal in render.goals(results)}
    assert goals["scenes: share that is found"].reached is False
    assert goals["scenes: worst place, px"].reached is True
    assert goals["scenes: processor seconds"].reached is False
    times = goals["strokes: times as quick as the tape"]
    assert times.figure == pytest.approx(4) and times.reached
