"""What lab 7's demonstrations claim: their numbers, as a student who has solved everything sees them.

Bounds are those of the course's plan; where an exact value is known, it is derived here.
"""

from __future__ import annotations

import contextlib
import io
import math
import re

import numpy as np
import pytest

import dpkit as dp
from tests.labs.conftest import BENCHES

LAB = next(lab for lab in BENCHES if lab.folder.name.startswith("lab07"))
CLIFF = 1 - 1 / (0.1 * math.sqrt(2 * math.pi))  # half of the runs climb by 2, and the bell's height


@pytest.fixture(scope="module")
def solved():
    return LAB.namespace()


@pytest.fixture
def told(solved, monkeypatch):
    """What the demonstration that holds a piece of source prints."""
    monkeypatch.setattr("IPython.display.display", lambda shown: None)

    def told(piece):
        (cell,) = (c for c in LAB.notebook.cells if piece in c.source and "@demo" in c.source)
        with contextlib.redirect_stdout(io.StringIO()) as text:
            exec(compile(cell.source, "<demo>", "exec"), dict(solved))
        assert "comes alive" not in text.getvalue()
        return text.getvalue()

    return told


def numbers(text):
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", ""))]


def line(text, start):
    """The numbers behind `start` in the line that begins with it."""
    (found,) = re.findall(rf"^\s*{re.escape(start)}(.*)$", text, re.M)
    return numbers(found)


def test_the_branch_through_which_ad_has_the_wrong_sign(told):
    """-2.99, where averaging the derivatives of the runs says +1.00."""
    assert math.isclose(CLIFF, -2.989, abs_tol=5e-4)
    text = told("guess = my_prediction_of_the_jump()")
    assert numbers(text.split("Two nudges say")[1])[0] == pytest.approx(CLIFF, abs=0.05)
    assert line(text, "Differentiating each run says") == [pytest.approx(1.0, abs=0.01)]


def test_the_smoothed_branch_by_the_path_and_by_the_score(solved):
    """The score passes a z-test on the branch; the path fails it by a thousand standard errors."""
    noise = np.random.default_rng(29).standard_normal(100_000)
    score = solved["score_slopes"](solved["branch"], 0.5, 0.1, noise)
    path = solved["path_slopes"](solved["branch"], 0.5, 0.1, noise)
    assert abs(solved["z_score"](score, CLIFF)) < 4
    assert abs(solved["z_score"](path, 1.0)) < 4
    assert solved["z_score"](path, CLIFF) > 1000


def test_both_ways_are_unbiased_for_a_smooth_function_and_their_variances(told):
    """For x², at 1: 4 by the path, 30 by the score, 18 with the mean as baseline."""
    smooth = told('("x squared", lambda x: x * x').split("the branch")[0]
    for way, variance in (("by the path", 4), ("by the score", 30), ("with baseline", 18)):
        mean, z, spread = line(smooth, way)
        assert mean == pytest.approx(2, abs=0.06) and abs(z) < 4
        assert spread == pytest.approx(variance, rel=0.05)


def test_soft_iou_moves_a_box_where_hard_iou_has_no_slope(solved, told):
    start, target = solved["START"], solved["TARGET"]
    assert not np.any(dp.grad(lambda box: solved["hard_iou"](box, target))(start))
    soft = dp.grad(lambda box: -dp.log(solved["soft_iou"](box, target, 1.0)))(start)
    assert np.all(soft[2:] < -0.3)  # down: the far corner moves right and up
    text = told("chase(paths, cooling)")
    assert line(text, "cooled")[0] > 0.98
    assert line(text, "always cold")[0] < 0.1 < line(text, "always warm")[0] < 0.95


def test_the_hardest_triplets_collapse_to_the_margin(told):
    text = told("guess = my_prediction_of_the_collapse()")
    loss, recall = line(text, "hardest")
    assert loss == pytest.approx(0.2, abs=1e-3) and recall < 15
    assert line(text, "softly")[1] > 40


def test_three_rules_find_the_first_principal_component(told):
    text = told("Hebb, with Oja's brake")
    for rule in ("gradient", "evolution strategy", "Hebb, with Oja's brake"):
        assert line(text, rule)[1] >= 0.99


def test_a_hypergradient_lands_the_javelin(told):
    text = told("The javelin of week 1")
    first, *_, last, nudged = text.strip().splitlines()
    assert numbers(first)[-1] == pytest.approx(-11917.3589, abs=1e-3)
    assert numbers(nudged)[-1] == pytest.approx(-11917.4, abs=0.1)
    assert numbers(last)[1] < 1e-6


def test_a_layer_that_descends_finds_a_set_whatever_its_order(solved):
    angles = np.pi / 3 * np.arange(6) + 0.3
    true = np.stack([np.cos(angles), 0.6 * np.sin(angles)], 1)
    start = 0.4 * np.random.default_rng(8).normal(size=(6, 2))
    made = solved["set_from"](solved["summary"](true[[4, 0, 3, 5, 1, 2]]), 1000, start)
    far = np.linalg.norm(made[:, None] - true, axis=2)
    assert far.min(0).max() < 0.02 and far.min(1).max() < 0.02


def test_the_puzzle_freezes_into_the_picture(told):
    text = told("solve_puzzle(pieces[order]")
    assert numbers(text)[0] == 100
    assert max(abs(each - 1) for each in numbers(text)[1:]) < 0.01
