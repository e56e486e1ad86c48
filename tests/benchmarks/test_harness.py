"""The harness runs engines apart, compares their answers, and says what is missing or broken.

How long something takes is nowhere asserted.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks import harness, table

ROOT = Path(__file__).resolve().parents[2]
TOY = "tests.benchmarks.toy"
BRIEF = harness.Options(rounds=2, seconds=1e-4, tune=False)


def measured(*names, options=BRIEF):
    toy = importlib.import_module(TOY)
    chosen = [case for case in toy.cases() if case.name in names]
    return harness.measure(TOY, chosen, options, lambda text: None)


def test_every_run_is_timed_every_round_on_one_thread():
    before = os.environ.get("OMP_NUM_THREADS")
    results = measured("agree")
    assert os.environ.get("OMP_NUM_THREADS") == before
    for figures in results.cases["agree"].values():
        assert set(figures.cpu) == set(figures.wall) == {"", "twice"}
        assert all(len(rounds) == 2 for rounds in figures.cpu.values())
        assert all(x > 0 for rounds in figures.cpu.values() for x in rounds)
        assert figures.notes == {"threads": 1.0, "cores": 1.0}
    assert not results.failed


def test_engines_that_disagree_are_not_compared():
    with pytest.raises(harness.Disagreement, match="'disagree', first and second"):
        measured("disagree")


def test_what_is_missing_or_broken_is_said_and_the_rest_measured():
    results = measured("absent")
    figures = results.cases["absent"]
    assert figures["here"].cpu[""] and not figures["here"].missing
    assert figures["absent"].missing == "no_such_engine is not installed"
    assert figures["unfinished"].missing == "this dpkit has no flying_carpet"
    assert "the engine is [on] fire" in figures["broken"].missing
    assert results.failed
    assert results.ratio("absent", "absent", "here") is None
    console = Console(record=True, width=100)
    table.show(console, "title", results, [])
    said = console.export_text()
    for words in ("no_such_engine is not installed", "[on] fire", "no flying_carpet"):
        assert words in said


def test_many_figures_are_listed_in_one_column_and_few_have_one_each():
    for count in (3, 12):
        notes = {f"a figure to be read {k}": 0.123 + k for k in range(count)}
        each = harness.Figures(cpu={"": [1.0]}, wall={"": [1.0]}, notes=notes)
        console = Console(record=True, width=120)
        table.show(console, "title", harness.Results(cases={"case": {"engine": each}}), [])
        said = console.export_text()
        assert all(f"{value:.4g}" in said for value in notes.values())
        assert ("a figure to be read 2 2.123" in said) == (count == 12)


def test_an_attribute_error_of_an_engine_is_no_missing_feature():
    results = measured("hidden")
    assert results.failed
    assert "object has no attribute 'grad'" in results.cases["hidden"]["hidden"].missing


def test_an_engine_that_fails_later_ends_the_measurement():
    with pytest.raises(harness.EngineFailed, match="no second time"):
        measured("late")


@pytest.mark.parametrize("collector", [True, False])
def test_the_collector_is_off_only_while_it_should_be(collector):
    states = []
    program = harness.Program({"": lambda: states.append(gc.isenabled())}, collector=collector)
    harness._time(program, {}, 1e-6)
    assert set(states) == {collector}
    assert gc.isenabled()


def test_the_ratio_is_taken_within_rounds():
    results = harness.Results()
    results.cases["c"] = {
        "a": harness.Figures(cpu={"": [2.0, 40.0, 6.0]}),
        "b": harness.Figures(cpu={"": [1.0, 10.0, 2.0], "half": [0.5, 5.0, 1.0]}),
    }
    assert results.ratio("c", "a", "b") == 3.0
    assert results.ratio("c", ("b", "half"), "b") == 0.5
    assert results.ratio("c", "a", "nobody") is None


@pytest.mark.parametrize(
    "figure, most, reached",
    [
        (5.0, False, True),
        (4.9, False, False),
        (5.0, True, True),
        (5.1, True, False),
        (None, True, None),
    ],
)
def test_goals(figure, most, reached):
    assert harness.Goal("", figure, 5.0, most=most).reached is reached


@pytest.mark.parametrize(
    "seconds, text",
    [(2.0, "2 s"), (0.01234, "12.3 ms"), (4.5e-6, "4.5 µs"), (7e-9, "7 ns")],
)
def test_durations(seconds, text):
    assert table.duration(seconds) == text


def test_what_is_written_is_json_with_all_rounds():
    results = measured("absent")
    goals = [harness.Goal("what", 3.0, 2.0, 4.0), harness.Goal("else", None, 1.0, most=True)]
    data = table.as_data("title", results, goals)
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again == data
    assert len(again["cases"]["absent"]["here"]["cpu"][""]) == 2
    assert again["cases"]["absent"]["absent"] == {"missing": "no_such_engine is not installed"}
    assert [goal["reached"] for goal in again["goals"]] == [True, None]


# The benchmarks themselves ------------------------------------------------------------------------


def run(*arguments):
    words = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT)


def test_the_command_line_names_what_there_is():
    said = run("--help").stdout
    for name in command.NAMES:
        assert name in said
    answer = run("scalars")
    assert answer.returncode == 2
    assert "'scalars'" in answer.stderr and "torch_tensors" in answer.stderr
    assert "at least 1, not 0" in run("scalar", "--rounds", "0").stderr


@pytest.mark.parametrize("name", command.NAMES)
def test_every_benchmark_can_be_shown_before_it_was_measured(name):
    benchmark = importlib.import_module(f"benchmarks.{name}")
    cases = benchmark.cases()
    assert cases and len({case.name for case in cases}) == len(cases)
    results = harness.Results()
    for case in cases:
        assert len(case.engines) > 1
        results.cases[case.name] = {
            engine: harness.Figures(missing="not tried") for engine in case.engines
        }
    assert all(goal.reached is None for goal in benchmark.goals(results))


def test_the_demo_is_micrograds_own():
    """The network written here gives the loss and the gradient of micrograd's own classes."""
    pytest.importorskip("micrograd")
    from benchmarks import scalar

    (value, gradient), (truth, true_gradient) = scalar.dpkit().answer(), scalar.micrograd().answer()
    assert value == pytest.approx(truth, rel=1e-12)
    np.testing.assert_allclose(gradient, true_gradient, rtol=1e-9, atol=1e-12)


def test_the_words_of_numpy_and_torch_say_the_same():
    torch = pytest.importorskip("torch")
    from benchmarks import work

    for make in work.ALL:
        task = make()
        values = []
        for engine, convert in (("numpy", np.asarray), ("torch", torch.tensor)):
            arrays = [convert(x) for x in task.arrays]
            f = task.write(work.words_of(engine), *arrays[task.arguments :])
            values.append(float(f(*arrays[: task.arguments])))
        assert values[0] == pytest.approx(values[1], rel=1e-12), task.name
