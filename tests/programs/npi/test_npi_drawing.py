"""Pictures as programs: drawing, explaining, printing, refining."""

import dataclasses

import numpy as np
import pytest

from dpkit import render
from dpkit.programs import npi
from dpkit.programs.npi.envs.pictures import CANVAS, COLOURS
from dpkit.programs.npi.envs.scenes import car


@pytest.mark.parametrize("seed", range(6))
def test_the_teacher_draws_the_plan(seed):
    scene = npi.some_scene(3 + seed % 5, seed, cars=seed % 2)
    sheet = npi.Sheet(scene.picture)
    npi.Artist(sheet, scene.plan).record("SCENE")
    assert sheet.program == scene.plan
    np.testing.assert_allclose(sheet.program.picture(), scene.plan.picture())


def run_by_python(source):
    """What the printed program draws, by an interpreter that knows nothing of `Program`."""
    pen, drawn = [0.0, 0.0], []

    def goto(x, y):
        pen[:] = x, y

    def right(cells):
        pen[0] += cells

    def shape(kind):
        return lambda size, colour: drawn.append((kind, *pen, size, colour))

    names = {kind.upper(): shape(kind) for kind in render.SHAPES}
    exec(source, {"GOTO": goto, "RIGHT": right, **names})
    return drawn


def test_the_source_can_be_run():
    program = npi.Program(
        (*car(4, 5, ("blue", "red")), npi.Command("star", 1.25, "yellow", 9, 2.5, 3, -1.5))
    )
    assert program.source() == (
        'GOTO(4, 6)\nSQUARE(0.75, "blue")\nGOTO(4, 5)\nBAR(1.4, "red")\n'
        'GOTO(3, 4)\nfor _ in range(2):\n    CIRCLE(0.75, "black")\n    RIGHT(2)\n'
        'GOTO(9, 2.5)\nfor _ in range(3):\n    STAR(1.25, "yellow")\n    RIGHT(-1.5)\n'
    )
    drawn = run_by_python(program.source())
    assert [kind for kind, *_ in drawn] == list(program.kinds)
    parameters = {
        "at": np.array([(x, y) for _, x, y, _, _ in drawn]), "turn": np.zeros(len(drawn)),
        "size": np.array([size for *_, size, _ in drawn]),
        "colour": np.array([COLOURS[colour] for *_, colour in drawn]),
    }  # fmt: skip
    picture = render.render([kind for kind, *_ in drawn], parameters, CANVAS)
    np.testing.assert_allclose(program.picture(), picture)


def test_overlap_is_intersection_over_union():
    square = npi.Command("square", 1.0, "red", 3.0, 4.0)  # sides of 1.6 cells
    half = dataclasses.replace(square, x=3.8)
    other = dataclasses.replace(square, colour="blue")
    one = npi.Program((square,))
    assert npi.overlap(one, one) == 1.0 == npi.overlap(npi.Program(()), npi.Program(()))
    assert npi.overlap(one, npi.Program((half,)), times=8) == pytest.approx(1 / 3, abs=0.02)
    assert npi.overlap(one, npi.Program((other,))) == 0.0 == npi.overlap(one, npi.Program(()))


def test_descent_finds_the_constants_even_the_step_of_a_loop():
    plan = npi.Program((*car(4, 6, ("blue", "red")), npi.Command("star", 1.0, "green", 2, 2, 4, 2)))
    constants = plan.constants()
    constants["at"] += np.random.default_rng(0).uniform(-0.25, 0.25, constants["at"].shape)
    constants["step"][-1] = 2.07
    constants["size"] *= 1.04
    true = plan.with_constants(constants)
    runs = []
    found = npi.refine_constants(plan, true.picture(), callback=lambda run, loss: runs.append(loss))
    assert npi.overlap(plan, true) < 0.8 and npi.overlap(found, true) > 0.98
    for name, values in found.constants().items():
        np.testing.assert_allclose(values, constants[name], atol=0.03, err_msg=name)
    assert runs[-1] < 1e-4 and len(runs) == 3
    with pytest.raises(ValueError, match="picture's shape is"):
        npi.refine_constants(plan, np.ones((10, 10, 3)))


@pytest.mark.parametrize(
    "slip",
    [{"kind": "triangle"}, {"colour": "pink"}, {"size": 1.4}, {"count": 3}, {"count": 5}, None],
)
def test_a_wrong_word_is_doubted(slip):
    row = npi.Command("star", 1.05, "green", 2, 2, 4, 2)
    right = (*car(4, 6, ("blue", "red")), row)
    wrong = (*right, npi.Command("bar", 0.75, "pink", 8, 7))  # a shape that is not there
    if slip:
        wrong = (*right[:3], dataclasses.replace(row, **slip))
    picture = npi.Program(right).picture()
    assert npi.doubt(npi.Program(wrong), picture).commands == right
    assert npi.doubt(npi.Program(right), picture).commands == right


@pytest.mark.parametrize("count", [2, 3])
def test_a_row_that_went_on_over_another_shape_is_cut(count):
    """The last shape gets its colour and its kind, one after the other."""
    wheels = npi.Command("circle", 0.75, "black", 3, 2, count, 2)
    last = npi.Command("triangle", 0.75, "green", 1 + 2 * count, 2)
    fewer = dataclasses.replace(wheels, count=count - 1, step=2 if count > 2 else 0)
    picture = npi.Program((fewer, last)).picture()
    found = npi.Program((wheels,))
    for _ in range(3):  # as often as `explain` doubts
        found = npi.doubt(found, picture)
    assert found.commands == (fewer, last)


def test_explaining_refuses_what_is_no_picture_and_leaves_alone_what_is_no_scene(monkeypatch):
    """Who reads is untrained; what it "read" is put on its sheet by the test."""
    net = npi.NPI(
        npi.Sheet.programs,
        npi.PictureEncoder(npi.Sheet.shape, npi.Sheet.arguments),
        npi.Sheet.arguments,
    )
    scene = npi.some_scene(1, 5)
    shape = scene.picture.shape
    for wrong in (255 * scene.picture, np.full(shape, np.nan), scene.picture - 0.5):
        with pytest.raises(
            ValueError, match=r"go from 0 to 1, but these go from .* divided by 255"
        ):
            npi.explain(net, [wrong])
    with pytest.raises(ValueError, match=r"three colours, but the target's shape is \(40, 48\)"):
        npi.explain(net, [scene.picture[..., 0]])

    def read(net, sheets, *_, **__):
        for sheet, commands in zip(sheets, written, strict=True):
            sheet.commands = list(commands)
        return [npi.Ending(True, 1)] * len(sheets)

    monkeypatch.setitem(npi.explain.__globals__, "run_batch", read)
    plan = scene.plan.commands
    many = [npi.Command("star", 0.75, "red", k % 11, k // 11) for k in range(61)]
    written = [plan, many, plan, plan]
    seen = []
    found = npi.explain(
        net, [scene.picture] * 4, callback=lambda k, one: seen.append((k, one)) or k == 2
    )
    assert [k for k, _ in seen] == [0, 1, 2, 3] and [one for _, one in seen] == found
    assert [one.refined != one.read for one in found] == [True, False, True, False]
    assert npi.overlap(found[0].refined, scene.drawn) > npi.overlap(found[0].read, scene.drawn)


def test_the_eye_sees_its_surroundings_and_nothing_else():
    scene = npi.some_scene(4, 3)
    sheet, blank = npi.Sheet(scene.picture), npi.Sheet(np.ones((CANVAS.height, CANVAS.width, 3)))
    assert not blank.observe()[..., :4].any()
    before = sheet.observe()
    assert before.shape == npi.Sheet.shape and before.dtype == np.uint8
    far = scene.picture.copy()
    far[20:] = 0.0  # the eye is in the top row
    np.testing.assert_array_equal(npi.Sheet(far).observe(), before)
    for _ in range(120):
        blank.act(1)
    assert blank.eye == (0, -1) and np.all(blank.observe() == 255)
    for nothing in ((1,), (3, 1, 0, 2), (3, 1, 1, 1), (4,), (0,)):
        blank.act(*nothing)
    assert blank.eye == (0, -1) and not blank.commands
    with pytest.raises(ValueError, match="target's shape is"):
        npi.Sheet(np.ones((4, 4, 3)))


def test_scenes_show_what_they_should():
    for seed in range(5):
        scene = npi.some_scene(7, seed, cars=1)
        assert len(scene.plan.commands) == len(scene.drawn.commands) == 7
        assert (
            sum(c.count == 2 and c.kind == "circle" and c.step == 2 for c in scene.plan.commands)
            >= 1
        )
        assert scene.picture.shape == (40, 48, 3)
        moved = scene.drawn.constants()["at"] - scene.plan.constants()["at"]
        assert 0 < abs(moved).max() <= 0.25
    with pytest.raises(ValueError, match="room for 12 commands"):
        npi.some_scene(100, 0)


def test_what_it_was_taught_it_can_draw_alone():
    scenes = [npi.some_scene(3, seed, cars=1) for seed in (0, 1)]
    frames = npi.unique(
        frame for s in scenes for frame in npi.Artist(npi.Sheet(s.picture), s.plan).record("SCENE")
    )
    encoder = npi.PictureEncoder(npi.Sheet.shape, npi.Sheet.arguments)
    net = npi.NPI(npi.Sheet.programs, encoder, npi.Sheet.arguments)
    history = npi.train(net, frames, steps=250, batch=96, until=0.1, shares={"LOOK": 0.5})
    found = npi.explain(net, [s.picture for s in scenes])
    for scene, each in zip(scenes, found, strict=True):
        assert each.ending.finished and each.read == scene.plan, history.worst
        assert npi.overlap(each.refined, scene.drawn) > 0.95 > npi.overlap(each.read, scene.drawn)
        assert str(each) == each.refined.source() and "for _ in range(2):" in str(each)


def test_lessons_keep_what_is_drawn_and_little_else():
    done = []
    frames = npi.lessons(6, 0, most=3, empty=5, callback=lambda k, n: done.append((k, n)))
    assert done == [(k, 6) for k in range(1, 7)]
    looks = [frame for frame in frames if frame.program == "LOOK"]
    assert 6 <= sum(len(frame.steps) > 1 for frame in looks) <= 18
    assert sum(len(frame.steps) == 1 for frame in looks) == 30
    assert sum(frame.program == "SCENE" and len(frame.steps) == 1 for frame in frames) == 6
