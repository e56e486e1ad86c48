"""What lab 9's demonstrations claim: their numbers, as a student who has solved everything sees them."""

from __future__ import annotations

import base64
import contextlib
import io
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.labs.conftest import BENCHES

LAB = next(lab for lab in BENCHES if lab.folder.name.startswith("lab09"))


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


def line(text, start):
    """The numbers behind `start` in the line that begins with it."""
    (found,) = re.findall(rf"^\s*{re.escape(start)}(.*)$", text, re.M)
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", found.replace(",", ""))]


def test_explicit_euler_multiplies_the_energy_and_semi_implicit_keeps_it(told):
    text = told("for kind, colour, style in ((explicit")
    assert line(text, "explicit")[1] == pytest.approx(1.01**1000, rel=1e-4)
    low, high = line(text, "semi_implicit")
    assert 0.94 < low < 1 < high < 1.06


def test_the_example_of_the_sensitivity_is_that_of_the_text(told):
    by_tape = line(told("by the tape:"), "by the tape: [")
    assert by_tape == pytest.approx([-0.0813, 0.3209, 0.0134], abs=5e-5)


def test_the_javelin_flies_flattest_through_the_thickest_air(told):
    text = told("def throw(angle, air)")
    # In a vacuum, from a height h: tan(best angle) = v / sqrt(v² + 2 g h).
    best = math.degrees(math.atan(28 / math.sqrt(28**2 + 2 * 9.81 * 1.8)))
    assert line(text, "air 0:")[0] == pytest.approx(best, abs=0.15)
    assert line(text, "air 0.02:")[0] < line(text, "air 0.005:")[0] < best


def test_the_naive_bounce_is_right_and_its_slope_is_nothing(told, solved):
    rows = re.findall(r"height (\S+) m, slope (\S+)", told("guess = my_prediction_of_the_slope()"))
    fast = math.sqrt(0.3**2 + 2 * 6 * 1.38)  # when it hits
    left = 0.75 - (0.3 + fast) / 6
    value = 0.8 * fast * left - 3 * left**2
    assert float(rows[-1][0]) == pytest.approx(value, abs=1e-3)
    assert [slope for _, slope in rows] == ["0.000"] * 3
    slope = 0.8 * 6 / fast * left - (0.8 * fast - 6 * left) / fast
    text = told("3 exact steps")
    height, found = re.findall(r"height (\S+) m, slope (\S+)", text)[0]
    assert (float(height), float(found)) == pytest.approx((value, slope), abs=1e-4)
    assert slope == pytest.approx(-0.747, abs=5e-4)


def test_a_track_tells_spring_and_gravity(told):
    last = told("track_misses(p, track").strip().splitlines()[-2].split()
    assert [float(each) for each in last[1:]] == pytest.approx([20, 9.81], rel=0.02)


def test_a_film_tells_gravity_if_the_horizon_grows(told):
    text = told("horizons, guess =")
    gravity, bounciness = line(text, "the horizon grows:")
    assert gravity == pytest.approx(9.81, rel=3e-3)
    assert bounciness == pytest.approx(0.8, rel=3e-3)
    assert line(text, "all 40 frames at once: gravity")[0] < 5


def test_gradients_vanish_and_explode(told):
    text = told("np.linalg.qr(rng.normal(size=(16, 16)))[0]\n    U, words")
    far = [float(each) for each in re.findall(r"after 60 (\S+)", text)]
    assert far[0] < 1e-8 and 0.1 < far[1] <= 1 and far[2] > 100


def test_the_echo_is_learnt(told):
    assert line(told("def echo(weights, words)"), "mean squared error:")[1] < 0.01


def test_the_pendulum_comes_up_by_sight_and_stays(told):
    text = told("angle_in(frames[-1], belief[0])")
    first, lowest = re.findall(r"first upright after (\S+) s; .* than (\S+) of", text)[0]
    assert float(first) < 5 and float(lowest) > 0.95


def test_a_film_can_be_made_of_any_horizon_and_of_a_failure(told, solved, monkeypatch):
    monkeypatch.setitem(solved, "HORIZON", 7)
    assert "not upright in 7.0 s" in told("angle_in(frames[-1], belief[0])")


def test_the_film_shows_the_frames_that_were_seen(solved):
    frames = [np.full((32, 32), k / 4) for k in range(4)]
    film = solved["swing_film"](np.arange(4.0), np.ones((4, 5)), frames, every=1)
    png = base64.b64decode(re.findall(r"base64,([^\"]+)", film.svg)[0])
    reel = plt.imread(io.BytesIO(png))[..., 0]
    assert reel.shape == (4 * 32, 32)
    assert reel[16::32, 0] == pytest.approx((np.arange(4) / 4 * 32 + 4) / 40, abs=0.01)
    assert 'values="0;-32;-64;-96"' in film.svg


def test_a_ball_that_has_bounced_itself_to_rest_can_be_filmed(solved):
    # On Jupiter its flights add up to sqrt(2 h / g) (1 + e) / (1 - e) = 1.3 s, however many they are.
    heights = solved["true_heights"](40, g=24.8, e=0.6)
    rests = math.sqrt(2 * 1.3 / 24.8) * 1.6 / 0.4
    assert max(heights[int(rests / 0.05) + 1 :]) < 1e-9 < heights[int(rests / 0.05) - 2]


def test_angles_are_read_off_pictures(solved):
    rng = np.random.default_rng(4)
    for q in (-7.0, -3.1, 0.4, 2.9, 9.0):
        assert solved["angle_in"](solved["seen"](q, rng), q + 0.3) == pytest.approx(q, abs=0.02)


def test_a_learnt_energy_stays_and_learnt_rates_lose_it(told):
    text = told("for kind, name, colour, style in (\n        (physics.RateNetwork")
    plain, hamiltonian = line(text, "plain"), line(text, "Hamiltonian")
    for off, noise, _, _ in (plain, hamiltonian):
        assert off == pytest.approx(noise, rel=0.15)  # both know the rates as well as can be
    assert plain[-1] < 80
    assert hamiltonian[-1] == pytest.approx(100, abs=2)
