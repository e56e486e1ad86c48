"""Addition learnt from three digits: right for a thousand, and proved for all."""

import copy
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dpkit.programs import npi

DIGITS = st.text("0123456789", min_size=0, max_size=12)


def added(pad):
    return int(pad.result or 0)


@given(DIGITS, DIGITS)
@settings(max_examples=1000, deadline=None)
@pytest.mark.parametrize("teacher", [npi.Adder, npi.LoopAdder])
def test_the_teachers_add_as_python_does(teacher, first, second):
    pad = npi.Pad(first, second)
    teacher(pad).record("ADD")
    assert added(pad) == int(first or 0) + int(second or 0)
    assert not pad.observe()[:3].any()


def test_traces_hold_no_longer_numbers_than_asked_for():
    pairs = npi.problems(500, 3, 0)
    assert {len(number) for pair in pairs for number in pair} == {1, 2, 3}
    assert all(str(int(number)) == number for pair in pairs for number in pair)
    longest = max(
        sum(frame.program == "ADD1" for frame in npi.Adder(npi.Pad(*pair)).record("ADD"))
        for pair in pairs
    )
    assert longest == 4


def test_exact_on_numbers_of_any_length(adder):
    pairs = npi.problems(20, 60, 1, exactly=True) + [
        ("9" * 80, "1"),
        ("", ""),
        ("0", "0"),
        ("5", ""),
    ]
    pads = [npi.Pad(*pair) for pair in pairs]
    endings = npi.run_batch(adder, pads, "ADD")
    assert all(ending.finished for ending in endings), endings
    for pad, (first, second) in zip(pads, pairs, strict=True):
        assert added(pad) == int(first or 0) + int(second or 0)


def test_a_thousand_digits(adder):
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        (pair,) = npi.problems(1, 1000, 2, exactly=True)
        pad = npi.Pad(*pair)
        (ending,) = npi.run_batch(adder, [pad], "ADD")
        assert ending.finished and pad.result == str(int(pair[0]) + int(pair[1]))
    finally:
        sys.set_int_max_str_digits(limit)


# The proof ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told():
    """What `every_frame` told its callback."""
    return []


@pytest.fixture(scope="module")
def everything(told):
    return npi.every_frame(callback=lambda done, of: told.append((done, of)))


def test_the_callback_is_told_how_far_it_is(everything, told):
    assert told == [(k, len(told)) for k in range(1, len(told) + 1)] and len(told) > 1000


def test_there_are_as_many_frames_as_counted_by_hand(everything):
    # A column: two digits (100), one of them blank (20), or both blank (1); its left neighbour: 121
    # columns after two digits, 11 after one, 1 after none; each with and without a carry, but the
    # blank column without a carry is the end.
    pairs = 2 * (100 * 121 + 20 * 11 + 1) - 1
    adds = [frame for frame in everything if frame.program == "ADD"]
    assert len(adds) == pairs + 1 == 24_642
    assert len({frame.key for frame in everything}) == len(everything)
    assert sum(frame.program == "ADD1" for frame in everything) == 241


@pytest.fixture(scope="module")
def known(everything):
    return {frame.key for frame in everything}


@given(DIGITS, DIGITS)
@settings(max_examples=200, deadline=None)
def test_no_sum_leads_out_of_them(known, first, second):
    for frame in npi.Adder(npi.Pad(first, second)).record("ADD"):
        assert frame.key in known


def test_it_is_proved(adder, everything):
    assert npi.verify(adder, everything) == []


class Tampered(torch.nn.Module):
    """A network with one fault: when ADD1 begins at 7 + 5 without a carry, it writes 3, not 2."""

    def __init__(self, right):
        super().__init__()
        self.right, self.used = right, 0

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("right"), name)

    def forward(self, seen, given, programs, state):
        answer, after = self.right(seen, given, programs, state)
        at = torch.tensor([8, 6, 0, 0])
        here = (seen == at).all(-1) & (programs == self.right.number("ADD1"))
        answer.arguments[2][here, 4] = answer.arguments[2][here, 3] + 1.0
        return answer, after


def test_the_proof_finds_one_planted_fault(adder, everything):
    found = npi.verify(Tampered(adder), everything)
    assert len(found) == 1
    (fault,) = found
    assert fault.frame.program == "ADD1" and fault.step == 0
    assert fault.right == ("ACT", (1, 4, 3)) and fault.wrong == ("ACT", (1, 4, 4))
    assert fault.lead == pytest.approx(1.0, abs=1e-4)
    begins = "ADD1, step 1, seeing [8, 6, 0, 0]: it should "
    assert str(fault) == begins + "ACT(1, 4, 3), and does ACT(1, 4, 4)."
    (fault,) = npi.verify(Tampered(adder), [fault.frame], environment=npi.Pad)
    said = "ACT(1, 4, 3), WRITE RESULT 2, and does ACT(1, 4, 4), WRITE RESULT 3."
    assert str(fault) == begins + said


def test_what_arguments_mean():
    for arguments, words in (
        ((1, 4, 8), "WRITE RESULT 7"), ((1, 3, 1), "WRITE CARRIES 0"), ((2, 3, 0), "LEFT CARRIES"),
        ((1, 4, 0), "WRITE RESULT blank"), ((1, 0, 3), "WRITE 2"), ((0, 2, 0), "SECOND"),
    ):  # fmt: skip
        assert npi.Pad.words(*arguments) == words


def test_an_untrained_network_is_not_proved(everything):
    fresh = npi.NPI(
        npi.Pad.programs, npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments), npi.Pad.arguments
    )
    some = everything[:200]
    assert len(npi.verify(fresh, some)) > 150


# What the network may know -----------------------------------------------------------------------


class Sealed:
    """A pad of which nothing but `observe` and `act` can be had, and that notes what is done."""

    def __init__(self, pad):
        def act(*arguments):
            self.acts.append(arguments)
            pad.act(*arguments)

        object.__setattr__(self, "acts", [])
        object.__setattr__(self, "observe", pad.observe)
        object.__setattr__(self, "act", act)

    def __setattr__(self, name, value):
        raise AssertionError(f"something set {name}")


@pytest.mark.parametrize("batch", [False, True])
def test_it_sees_and_does_only_through_the_two_methods(adder, batch):
    pad = npi.Pad(95_959, 8_043)
    sealed = Sealed(pad)
    if batch:
        assert npi.run_batch(adder, [sealed], "ADD")[0].finished
    else:
        call = npi.run(adder, sealed, "ADD")
        assert call.count("ADD1") == call.count("LSHIFT") == 6  # the last one writes the carry
        assert call.count("ADD") == 7 and call.count("CARRY") == 5
    assert pad.result == "104002"
    written = [acts for acts in sealed.acts if acts[:2] == (1, 4)]
    assert [symbol - 1 for _, _, symbol in written] == [2, 0, 0, 4, 0, 1]


def test_no_teacher_when_it_runs(adder, monkeypatch):
    def refuse(*_):
        raise AssertionError("a teacher was asked")

    for name in ("record", "call", "act", "_run", "_note", "__init__"):
        monkeypatch.setattr(npi.Teacher, name, refuse)
    for name in ("ADD", "ADD1", "CARRY", "LSHIFT"):
        monkeypatch.setattr(npi.Adder, name, refuse)
    pad = npi.Pad(77, 48)
    npi.run(adder, pad, "ADD")
    assert pad.result == "125"


def test_shuffled_traces_teach_nothing():
    pairs = [(first, second) for first in range(10) for second in range(10)]
    frames = npi.unique(
        frame for pair in pairs for frame in npi.Adder(npi.Pad(*pair)).record("ADD")
    )
    rng = np.random.default_rng(0)
    calls = [(step.call, step.arguments) for frame in frames for step in frame.steps]
    order = iter(rng.permutation(len(calls)).tolist())
    mixed = [
        npi.Frame(
            f.program, f.arguments, [npi.Step(s.observation, *calls[next(order)]) for s in f.steps]
        )
        for f in frames
    ]
    pads = {}
    for name, lesson in (("right", frames), ("mixed", mixed)):
        net = npi.NPI(
            npi.Pad.programs,
            npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments),
            npi.Pad.arguments,
        )
        npi.train(net, lesson, steps=500, batch=96, learning_rate=1e-2)
        pads[name] = [npi.Pad(*pair) for pair in pairs]
        endings = npi.run_batch(net, pads[name], "ADD", max_steps=200)
        right = [
            ending.finished and added(pad) == int(pad.numbers[0]) + int(pad.numbers[1])
            for pad, ending in zip(pads[name], endings, strict=True)
        ]
        assert np.mean(right) > 0.8 if name == "right" else not any(right)


def test_a_copy_with_other_first_weights_is_another(adder):
    encoder = npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments)
    nets = [
        npi.NPI(npi.Pad.programs, copy.deepcopy(encoder), npi.Pad.arguments, seed=seed)
        for seed in (0, 0, 1)
    ]
    weights = [torch.cat([p.detach().ravel() for p in net.parameters()]) for net in nets]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
