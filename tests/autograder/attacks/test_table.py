"""The table of attacks is what is run: none is missing in it, and none of it is empty words."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.autograder.attacks.table import ATTACKS, CELLS, FAMILIES, HERE

pytestmark = pytest.mark.attack

# Tests in this folder that are no attacks: what must hold of honest work, or of the tests.
HONEST = (
    "test_table.py::", "test_marks.py::test_", "test_attacks.py::test_every_attack_is_run",
    "test_attacks.py::test_the_attacks_work_where_nothing_stops_them",
    "test_judge.py::test_short_evidence", "test_judge.py::test_an_exception_s_text",
    "test_answers.py::test_honest_numbers", "test_answers.py::test_points_that_are_a_number",
    "test_answers.py::test_a_right_gradient", "test_answers.py::test_the_judges_of_a_pool",
    "test_proxies.py::test_a_right_", "test_pages.py::test_less_than",
    "test_order.py::test_a_test_sees", "test_order.py::test_a_crash_after",
    "test_pages.py::test_an_honest", "test_stalls.py::test_honest_code", "test_stalls.py::test_a_long_cell", "test_pages.py::test_a_picture_is_a_picture",
)  # fmt: skip


@pytest.fixture(scope="module")
def collected():
    """The ids of all tests in this folder, as pytest would run them."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", HERE],
        capture_output=True, text=True, cwd=HERE.parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    folder = HERE.relative_to(HERE.parents[2]).as_posix()
    lines = [line for line in done.stdout.splitlines() if line.startswith(f"{folder}/")]
    return [line.removeprefix(f"{folder}/") for line in lines]


def test_there_are_many_and_of_every_family():
    assert len(ATTACKS) >= 60
    counts = Counter(attack.family for attack in ATTACKS.values())
    assert set(counts) == set(FAMILIES) and min(counts.values()) >= 4, counts
    assert len({attack.test for attack in ATTACKS.values()}) == len(ATTACKS)
    assert all(attack.tries for attack in ATTACKS.values())


def test_every_attack_in_the_table_is_run(collected):
    nowhere = {
        name: attack.test
        for name, attack in ATTACKS.items()
        if not any(attack.is_run_by(test) for test in collected)
    }
    assert nowhere == {}


def test_every_test_is_in_the_table(collected):
    unknown = [test for test in collected if not test.startswith(HONEST)]
    for attack in ATTACKS.values():
        unknown = [test for test in unknown if not attack.is_run_by(test)]
    assert unknown == []


def test_every_cell_is_in_the_table():
    assert set(CELLS) == {path.stem for path in (HERE / "cells").glob("*.py")}
