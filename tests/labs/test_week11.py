"""What lab 11's demonstrations claim, as far as it needs no training."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest

from autograder.panel import text
from tests.labs.conftest import BENCHES

pytest.importorskip("torch")

LAB = next(lab for lab in BENCHES if lab.folder.name.startswith("lab11"))


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


class ByHeart:
    """A machine that does what the teacher does: it decides by counting its own steps."""

    def __init__(self, solved, fault=None):
        self.solved, self.fault = solved, fault

    def __call__(self, observation, program, arguments, state):
        k, seen = (0, tuple(observation.tolist())) if state is None else state
        first, second, carry, _ = seen
        total = sum(max(0, symbol - 1) for symbol in (first, second, carry))
        digit = total % 10 + 1 if seen != self.fault else (total + 1) % 10 + 1
        lines = {
            "ADD": [("ADD1", ()), ("LSHIFT", ()), ("ADD", ())] if any(seen[:3]) else [],
            "ADD1": [("ACT", (1, 4, digit))] + [("CARRY", (0, 0, 0))] * (total >= 10),
            "CARRY": [("ACT", (2, 3, 0)), ("ACT", (1, 3, 2)), ("ACT", (3, 3, 0))],
            "LSHIFT": [("ACT", (2, row, 0)) for row in (1, 2, 3, 4)],
        }[program]
        call, given = lines[k] if k < len(lines) else ("ACT", ())
        return k >= len(lines), call, given, (k + 1, seen)


def test_frames_of_959_and_43(told):
    text = told("frames = Teacher(pad).record")
    assert "On the pad: 1002" in text
    assert text.count("CARRY:") == 1  # among the first five


def test_the_number_of_all_frames(told):
    text = told("guess = my_prediction_of_the_frames()")
    assert "24,642" in text and "49,626" in text


@pytest.mark.parametrize("digits", [1, 3, 400])
def test_the_executor_adds_with_a_machine_that_knows_it_by_heart(solved, digits):
    (a, b) = solved["npi"].problems(1, digits, digits, exactly=True)[0]
    pad = solved["SeenPad"](a, b)
    solved["run"](ByHeart(solved), pad, "ADD", max_steps=20 * digits + 50)
    assert int(pad.result) == int(a) + int(b)


def test_verify_finds_the_one_context_that_tests_miss(solved, monkeypatch):
    machine, fault = solved["machine"], (10, 1, 2, 0)
    monkeypatch.setitem(solved, "decider", lambda net: net)
    assert solved["verify"](machine(ByHeart(solved)), solved["contexts"]()) == []
    assert solved["verify"](machine(ByHeart(solved, fault)), solved["contexts"]()) == [fault]


def test_panels_say_in_words_what_an_act_does(solved):
    """Symbols beside the digits that they stand for: here a digit is written for its symbol."""

    def add1(t):
        t.act(1, 4, sum(max(0, int(symbol) - 1) for symbol in t.see()[:3]) % 10)

    panel = text(LAB.mark("11.1", {**solved, "add1": add1}))
    (symbol, words), *_ = re.findall(r"ACT\(1, 4, (\d+)\), WRITE RESULT (\w+)", panel)
    assert words == ("blank" if symbol == "0" else str(int(symbol) - 1))
    first, second = re.search(r"symbols = \[(\d+), (\d+), 0, 0\]", panel).groups()
    assert f"{int(first) - 1} + {int(second) - 1} + blank" in panel


def test_refining_finds_the_drawn_constants(told):
    text = told("for softness in npi.SOFTNESS")
    assert float(re.search(r"refined to (\S+)", text).group(1)) == pytest.approx(2.05, abs=0.01)


def test_the_step_is_that_of_the_library(solved):
    import torch

    net, dice = solved["fresh"](), torch.Generator().manual_seed(1)
    seen, given = (torch.randint(0, 4, (5, 4), generator=dice) for _ in range(2))
    program = torch.randint(0, 5, (5,), generator=dice)
    (end, called, values), state = solved["step"](net, seen, given[:, :3], program, net.start(5))
    answer, other = net(seen, given[:, :3], program, net.start(5))
    pairs = [
        (end, answer.end),
        (called, answer.programs),
        *zip(values, answer.arguments, strict=True),
    ]
    for mine, true in [*pairs, *zip(state, other, strict=True)]:
        np.testing.assert_allclose(mine.detach(), true.detach(), atol=1e-6)


def test_the_loss_is_that_of_the_library(solved):
    npi, net = solved["npi"], solved["fresh"]()
    frames = npi.unique(
        f for p in npi.problems(20, 3, 0) for f in solved["Teacher"](npi.Pad(*p)).record("ADD")
    )
    examples = npi.Examples.of(net, frames)
    tables = {name: table for name, table in vars(examples).items() if name != "pool"}
    lessons = solved["Lessons"]({**tables, "seen": examples.pool[examples.seen]})
    mine = solved["frame_losses"](net, lessons).detach()
    np.testing.assert_allclose(mine, npi.frame_losses(net, examples).detach(), rtol=1e-5)
