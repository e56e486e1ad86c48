"""Pictures: still until they are clicked on, complete in themselves, and told in words too."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.image import imread

from dpkit.programs import terpret

SVG = "{http://www.w3.org/2000/svg}"
RIGHT = dict(zip(("instr", "goto"), terpret.RIGHT[0], strict=True))


@pytest.fixture(scope="module")
def fit():
    task = terpret.TASKS["half adder"]
    return terpret.fit(task.program(), task.examples, restarts=3, steps=48)


def test_params_are_drawn_as_they_are(fit):
    drawing = terpret.draw_params(fit.params, 1)
    tree = ET.fromstring(drawing.svg)
    shown = np.array([float(each.get("fill-opacity")) for each in tree.iter(f"{SVG}rect")])
    truth = np.concatenate([each[1].softmax(-1).flatten().numpy() for each in fit.params.values()])
    np.testing.assert_allclose(shown, truth, atol=0.0051)
    assert "animate" not in drawing.svg
    for name, values in fit.values(1).items():
        for k, value in enumerate(values):
            assert f"{name}[{k}] is {value} with probability" in str(drawing)


def test_sharpening_goes_from_the_first_step_to_the_last(fit):
    drawing = terpret.sharpening(fit, seconds=2)
    tree = ET.fromstring(drawing.svg)
    moving = [each.find(f"{SVG}animate") for each in tree.iter(f"{SVG}rect")]
    assert len(moving) == 2 * (4 + 3 + 3 + 3)
    for rect, each in zip(tree.iter(f"{SVG}rect"), moving, strict=True):
        if each is not None:  # a probability that moved
            values = each.get("values").split(";")
            assert len(values) == len(fit.path) > 10 and values[-1] == rect.get("fill-opacity")
            assert each.get("begin") == f"{tree.get('id')}.click"
    assert "after 0 steps" in drawing.svg and "after 48 steps" in drawing.svg
    name = tree.get("id")
    assert re.sub(rf"{name}_[0-9a-f]{{8}}", name, drawing._repr_html_()) == drawing.svg


@pytest.mark.parametrize("pictures", [True, False])
def test_the_robot_walks_the_walk(pictures):
    rng = np.random.default_rng(3)
    grid, cells = terpret.maze(rng, 4, 3, 3)
    inputs = {"img_grid": grid, "init_X": cells[0][0], "init_Y": cells[0][1]}
    size, learned = {"W": 4, "H": 3, "T": 12}, {}
    if pictures:
        drawn = terpret.signs(1, rng)[grid, 0]
        inputs["img_grid"] = drawn
        known = {drawn[place].tobytes(): sign for place, sign in np.ndenumerate(grid)}
        learned = {"LOOK": lambda picture: known[picture.tobytes()]}
    program = terpret.Program("maze" if pictures else terpret.SYMBOLS, **size)
    moving = terpret.walk(program, RIGHT, inputs, learned)
    assert ", ".join(map(str, cells)) in str(moving) and "halts with reg = 3" in str(moving)
    tree = ET.fromstring(moving.svg)
    robot = tree.find(f"{SVG}circle")
    ways = {each.get("attributeName"): each.get("values") for each in robot}
    for axis, name in enumerate(("cx", "cy")):
        way = [(int(each) - 22) // 44 for each in ways.get(name, robot.get(name)).split(";")]
        assert [k for k, _ in _runs(way)] == [k for k, _ in _runs(c[axis] for c in cells)]
    assert "L0:" in moving.svg and "dir = 0 (■), reg = 3" in moving.svg


def test_every_sign_is_shown_in_its_cell_and_upright():
    rng = np.random.default_rng(5)
    grid, cells = terpret.maze(rng, 4, 3, 3)
    drawn = rng.uniform(0, 1, (4, 3, 5, 7))  # as rows and columns, like any picture
    program = terpret.Program("maze", W=4, H=3, T=12, w=5, h=7)
    known = {drawn[place].tobytes(): sign for place, sign in np.ndenumerate(grid)}
    inputs = {"img_grid": drawn, "init_X": cells[0][0], "init_Y": cells[0][1]}
    moving = terpret.walk(program, RIGHT, inputs, {"LOOK": lambda seen: known[seen.tobytes()]})
    (image,) = ET.fromstring(moving.svg).iter(f"{SVG}image")
    shown = imread(io.BytesIO(base64.b64decode(image.get("href").partition(",")[2])), "png")
    shown = shown.reshape(shown.shape[0], shown.shape[1], -1)[..., 0]
    assert shown.shape == (3 * 5, 4 * 7)
    for (x, y), _ in np.ndenumerate(grid):
        cell = shown[5 * y : 5 * y + 5, 7 * x : 7 * x + 7]
        np.testing.assert_allclose(1 - cell, drawn[x, y], atol=1 / 255)


def _runs(values):
    from itertools import groupby

    return [(key, len(list(group))) for key, group in groupby(values)]
