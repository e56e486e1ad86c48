"""What lab 8's demonstrations claim: their numbers, as a student who has solved everything sees them."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.labs.conftest import BENCHES

LAB = next(lab for lab in BENCHES if lab.folder.name.startswith("lab08"))


@pytest.fixture(scope="module")
def solved():
    return LAB.namespace()


@pytest.fixture
def told(solved, monkeypatch, tmp_path):
    """What the demonstration that holds a piece of source prints, and what it shows."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.chdir(tmp_path)

    def told(piece):
        (cell,) = (c for c in LAB.notebook.cells if piece in c.source and "@demo" in c.source)
        with contextlib.redirect_stdout(io.StringIO()) as text:
            exec(compile(cell.source, "<demo>", "exec"), dict(solved))
        assert "comes alive" not in text.getvalue()
        return text.getvalue()

    told.shown = shown
    return told


def numbers(text):
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", ""))]


def line(text, start):
    """The numbers behind `start` in the line that begins with it."""
    (found,) = re.findall(rf"^\s*{re.escape(start)}(.*)$", text, re.M)
    return numbers(found)


def test_a_hard_picture_has_no_slope_and_its_loss_has_a_valley(told):
    text = told("guess = my_prediction_of_the_slope()")
    assert numbers(text.split("differentiation says")[1])[0] == 0.0
    assert line(text, "A nudge of 0.03 to both sides says")[0] < -0.3


def test_a_fifth_of_a_pixel_comes_closest_to_the_hard_picture(told):
    text = told("root mean square distance from the hard picture")
    errors = {s: line(text, f"softness {s}:")[0] for s in (0.1, 0.2, 0.5, 1)}
    assert min(errors, key=errors.get) == 0.2
    assert errors[0.2] < 0.013


def test_the_soft_picture_changes_like_the_hard_one_at_a_fifth_of_a_pixel(told):
    text = told("cosine to the hard picture's change")
    cosine = {s: line(text, f"softness {s:4}:")[0] for s in (0.05, 0.2, 6)}
    assert cosine[0.2] > 0.985
    assert max(cosine[0.05], cosine[6]) < 0.7


def test_cold_stays_warm_is_off_and_cooled_arrives(told):
    text = told('"always 4 pixels"')
    assert line(text, "always 0.2 pixels  ends")[0] > 10
    assert 0.5 < line(text, "always 4 pixels    ends")[0] < 1.5
    assert line(text, "from 4 to 0.2      ends")[0] < 0.05


def test_most_random_starts_fail_and_first_looks_succeed(told):
    text = told("guess = my_prediction_of_the_starts()")
    assert numbers(text.split("It is")[1])[0] <= 4
    found, _, worst = line(told("render.clusters(picture, 3)"), "found:")
    assert found == 10
    assert worst < 0.12


def test_a_cube_s_turn_is_found(told):
    assert line(told("render.find_pose"), "found within")[0] < 1


def test_regression_averages_and_consistency_chooses(told):
    text = told('"consistency", BLUE')
    assert line(text, "regression   mean |g(y)² − y| =")[0] > 0.3
    assert line(text, "consistency  mean |g(y)² − y| =")[0] < 0.03


def test_a_glance_is_good_and_a_polish_is_exact(told):
    text = told("at a glance")
    median, _, share = line(text, "at a glance  median")
    assert median < 0.2
    assert share > 80
    assert line(text, "polished     median")[2] >= 99


def test_thirty_strokes_make_a_star(told):
    losses = line(told("# Thirty strokes, with everything in it written by you."), "loss:")
    assert losses[-1] < 0.05 * losses[0]


def test_the_photograph_is_sketched_and_kept(told, tmp_path):
    text = told("render.sketch(")
    assert "100 of 100" in text  # a line that says how far it is
    assert float(re.search(r"([\d.]+) dB", text)[1]) > 34
    (drawing,) = told.shown
    svg = (tmp_path / "sketch.svg").read_text(encoding="utf-8")
    assert svg == drawing.svg and svg.startswith("<svg") and svg.count("<line") > 1200
    assert drawing.chalk and "draw it" in drawing._repr_html_()


def test_a_photograph_of_one_s_own_in_place_of_the_lighthouse(
    solved, monkeypatch, tmp_path, capsys
):
    """By the change that the cell's remark and the text above it ask for, in colour, and misspelt."""
    (cell,) = (
        c for c in LAB.notebook.cells if "render.sketch(" in c.source and "@demo" in c.source
    )
    named = cell.source.replace(
        "images.lighthouse(96)", 'render.photograph("me.png", 128, colour=True)'
    )
    source = named.replace("steps=100", "steps=3, colour=True").replace("1500", "20")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.chdir(tmp_path)
    exec(compile(source, "<demo>", "exec"), dict(solved))
    assert capsys.readouterr().out.startswith(
        "A file could not be used. There is no picture 'me.png'"
    )
    assert not shown
    Image.fromarray(np.full((70, 40, 3), [200, 120, 60], np.uint8)).save("me.png")
    exec(compile(source, "<demo>", "exec"), dict(solved))
    assert "dB" in capsys.readouterr().out and (tmp_path / "sketch.svg").is_file()
    assert shown[0].opacity.shape == (20, 3) and not shown[0].chalk


def test_both_shadows_are_right(told):
    front, side = line(told("body.any(axis=2)"), "pixels right:")
    assert (front, side) == (100, 100)
