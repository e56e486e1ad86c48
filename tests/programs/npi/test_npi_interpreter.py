"""The stack of calls: what is kept, what is forgotten, and that it is empty at the end."""

import copy

import numpy as np
import pytest
import torch

from dpkit.programs import npi


def listening(net, program, monkeypatch):
    """A list that fills with what the core says whenever it runs a program: for each call, its steps."""
    said, forward = [], net.forward

    def listen(seen, given, programs, state):
        answer, after = forward(seen, given, programs, state)
        if programs[0] == net.number(program):
            if not state.h.any():
                said.append([])
            said[-1].append(
                torch.cat([answer.end, answer.programs[0], *(a[0] for a in answer.arguments)])
            )
        return answer, after

    monkeypatch.setattr(net, "forward", listen)
    return said


def test_a_program_does_the_same_wherever_it_is_called_from(adder, monkeypatch):
    said = listening(adder, "LSHIFT", monkeypatch)
    first, second = "4" * 30, "3" * 30
    npi.run(adder, npi.Pad(first, second), "ADD")
    assert len(said) == 30
    pad = npi.Pad(first, second)
    npi.run(adder, pad, "ADD1")
    said.clear()
    npi.run(adder, pad, "LSHIFT")
    fresh = torch.stack(said[0])
    said.clear()
    npi.run(adder, npi.Pad(first, second), "ADD")
    for deep in said[:-1]:  # the last column has nothing to its left
        assert torch.equal(torch.stack(deep), fresh)


def test_a_caller_goes_on_with_the_state_that_it_had(adder, monkeypatch):
    states = []
    forward = adder.forward

    def listen(seen, given, programs, state):
        answer, after = forward(seen, given, programs, state)
        states.append((int(programs[0]), state.h.clone(), after.h.clone()))
        return answer, after

    monkeypatch.setattr(adder, "forward", listen)
    npi.run(adder, npi.Pad(8, 7), "ADD")
    stack = []
    for program, before, after in states:  # an independent account: who runs, with which state
        if not before.any():
            stack.append((program, after))
            continue
        while not torch.equal(stack[-1][1], before):
            stack.pop()  # those have ended
        assert stack[-1][0] == program
        stack[-1] = (program, after)
    assert len({program for program, _, _ in states}) == 4


@pytest.mark.parametrize("cells", [1, 2, 3, 20])
def test_one_by_one_and_all_at_once_agree(sorter, cells):
    rows = npi.rows(6, cells, 7)
    alone, together = [npi.Row(row) for row in rows], [npi.Row(row) for row in rows]
    calls = [npi.run(sorter, row, "BUBBLESORT") for row in alone]
    endings = npi.run_batch(sorter, together, "BUBBLESORT")
    for row, one, two, call, ending in zip(rows, alone, together, calls, endings, strict=True):
        assert one.digits == two.digits == sorted(row)
        # Each call of a program takes one step to end, and every call one step to be made.
        made = sum(1 for _ in call.walk()) - 1
        programs = sum(each.program != npi.ACT for _, each in call.walk())
        assert ending.finished and ending.steps == made + programs


def test_sorted_beside_a_live_stack_is_a_failure(sorter):
    endless = copy.deepcopy(sorter)
    with torch.no_grad():
        endless.f_end.weight.zero_()
        endless.f_end.bias.fill_(-50.0)
    row = npi.Row([1, 2, 3])
    with pytest.raises(npi.Unfinished):
        npi.run(endless, row, "BUBBLESORT", max_steps=300)
    (ending,) = npi.run_batch(endless, [npi.Row([1, 2, 3])], "BUBBLESORT", max_steps=300)
    assert not ending.finished and ending.problem


def test_too_few_steps_are_an_error_in_words(sorter):
    with pytest.raises(
        npi.Unfinished, match="BUBBLESORT had not ended after 40 steps: its stack still held"
    ):
        npi.run(sorter, npi.Row(range(9, 0, -1)), "BUBBLESORT", max_steps=40)
    short, long = npi.run_batch(
        sorter, [npi.Row([3]), npi.Row([3, 1, 2])], "BUBBLESORT", max_steps=40
    )
    assert short.finished and not long.finished and "after 40 steps" in long.problem


def test_the_rows_of_the_memory_have_no_order(sorter):
    order = np.random.default_rng(0).permutation(len(sorter.programs))
    both, keys = copy.deepcopy(sorter), copy.deepcopy(sorter)
    with torch.no_grad():
        both.M_key.copy_(sorter.M_key[order])
        both.M_prog.copy_(sorter.M_prog[order])
        keys.M_key.copy_(sorter.M_key[order])
    both.programs = tuple(sorter.programs[k] for k in order)
    rows = npi.rows(10, 12, 3, exactly=True)
    for net, right in ((sorter, 10), (both, 10), (keys, 0)):
        done = [npi.Row(row) for row in rows]
        endings = npi.run_batch(net, done, "BUBBLESORT", max_steps=4000)
        sorted_ = [
            d.digits == sorted(r) and e.finished
            for d, r, e in zip(done, rows, endings, strict=True)
        ]
        assert sum(sorted_) == right


def test_refusals():
    encoder = npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments)
    with pytest.raises(ValueError, match='one of them has to be "ACT"'):
        npi.NPI(("ADD",), encoder, npi.Pad.arguments)
    net = npi.NPI(npi.Pad.programs, encoder, npi.Pad.arguments)
    with pytest.raises(ValueError, match="no program 'SUB' in the memory; there are ACT, ADD"):
        npi.run(net, npi.Pad(1, 2), "SUB")
    with pytest.raises(ValueError, match="at most 3 arguments, but 4"):
        npi.run(net, npi.Pad(1, 2), "ADD", 1, 2, 3, 4)
    with pytest.raises(ValueError, match='"ACT" is no program that could be run'):
        npi.run_batch(net, [npi.Pad(1, 2)], "ACT")
    for wrong in (-1, 4, 1.5):
        with pytest.raises(ValueError, match=f"Argument 0 is .* from 0 .none. to 3, not {wrong}"):
            npi.run(net, npi.Pad(1, 2), "ADD", wrong)
    with pytest.raises(
        ValueError, match="Of the symbols, number 1 goes from 0 to 10; but there is 11"
    ):
        net(torch.tensor([[0, 11, 0, 0]]), torch.zeros(1, 3), torch.tensor([1]), net.start())
    with pytest.raises(ValueError, match="no frame was given"):
        npi.train(net, [])
    with pytest.raises(ValueError, match="no frame was given, so nothing is proved"):
        npi.verify(net, [])
    blank = np.zeros(4, int)
    for arguments in ((1, 5), (1, -1), (0, 0, 0, 0)):
        frame = npi.Frame("ADD", (), [npi.Step(blank, "ACT", arguments), npi.Step(blank, None)])
        with pytest.raises(ValueError, match=r"frame of ADD; .* numbers in them are \[3, 4, 10\]"):
            npi.train(net, [frame])
    with pytest.raises(ValueError, match="frame of ADD has no steps"):
        npi.train(net, [npi.Frame("ADD", ())])
    with pytest.raises(ValueError, match="digits 0 to 9, not '-3'"):
        npi.Pad(-3, 2)
    with pytest.raises(npi.IllegalAct, match="in which row, 1 to 4"):
        npi.Pad(1, 2).act(2, 5)
    with pytest.raises(npi.IllegalAct, match="no symbol 11"):
        npi.Pad(1, 2).act(1, 4, 11)
    with pytest.raises(npi.IllegalAct, match=r"ACT\(1, 1, 4\), WRITE FIRST 3: only carries"):
        npi.Pad(3, 2).act(1, 1, 4)
    with pytest.raises(npi.IllegalAct, match=r"ACT\(3, 1\), RIGHT FIRST: the pointer would leave"):
        npi.Pad(3, 2).act(3, 1)
    with pytest.raises(npi.IllegalAct, match="no symbol 11"):
        npi.Pad(3, 2).act(1, 4, 11)
    for row in (5, -1):
        for what in (1, 2):
            with pytest.raises(npi.IllegalAct, match="means nothing to the pad"):
                npi.Pad(3, 2).act(what, row, 1)
    for pointer in (0, 4, -1):
        with pytest.raises(npi.IllegalAct, match="cannot be done with pointers"):
            npi.Row([3, 1]).act(3, pointer)
    for act, words in (((2, 1), "LEFT ONE"), ((1, 0), "SWAP")):
        row = npi.Row([3])
        with pytest.raises(npi.IllegalAct, match=rf"ACT\({act[0]}, {act[1]}\), {words}, cannot"):
            row.act(*act)
    with pytest.raises(npi.IllegalAct, match=r"ACT\(1, 7\) cannot be done"):
        npi.Row([3]).act(1, 7)
    for digits in ([3, 11], [3, 1.5], ["x", 3], []):
        with pytest.raises(ValueError, match="each from 0 to 9"):
            npi.Row(digits)
    for pose in ((24, 1), (-1, 1), (3, 5)):
        with pytest.raises(ValueError, match="azimuth from 0 to 23 and an elevation from 0 to 4"):
            npi.View(npi.Car(0), *pose)


def test_a_deep_call_is_told_in_short():
    root = call = npi.Call("ADD", (0, 2))
    for _ in range(5000):
        call.calls.append(npi.Call("ADD", (0, 0)))
        call = call.calls[0]
    assert repr(root) == "<Call of ADD(0, 2), with 5000 calls in it>"
    assert repr(call) == "<Call of ADD, with 0 calls in it>"


def untaught(programs=npi.Pad.programs, seed=0):
    encoder = npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments)
    return npi.NPI(programs, encoder, npi.Pad.arguments, seed=seed)


def test_weights_know_their_programs(tmp_path):
    one, same = untaught(), untaught(seed=1)
    torch.save(one.state_dict(), tmp_path / "weights.pt")
    same.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert copy.deepcopy(one).programs == one.programs


@pytest.mark.parametrize(
    "others",
    [("ACT", "ADD1", "ADD", "CARRY", "LSHIFT"), ("ACT", "ADD", "ADD1", "CARRY", "BACK"), ("ACT",)],
)
@pytest.mark.parametrize("inside", [False, True])
def test_weights_of_other_programs_are_refused_and_nothing_is_changed(others, inside):
    weights, other = untaught(seed=1).state_dict(), untaught(others)
    before = copy.deepcopy(other.state_dict())
    if inside:  # as a part of something larger
        weights = {f"0.{name}": value for name, value in weights.items()}
        other = torch.nn.Sequential(other)
        before = {f"0.{name}": value for name, value in before.items()}
    with pytest.raises(
        ValueError, match=r"weights are those of the programs ACT, ADD, ADD1, CARRY, LSHIFT"
    ):
        other.load_state_dict(weights)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())


def test_one_encoder_for_two_networks():
    encoder = npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments)
    one = npi.NPI(npi.Pad.programs, encoder, npi.Pad.arguments)
    before = one.f_enc.net[0].weight.detach().clone()
    two = npi.NPI(npi.Pad.programs, encoder, npi.Pad.arguments, seed=1)
    assert torch.equal(one.f_enc.net[0].weight, before)
    assert not torch.equal(two.f_enc.net[0].weight, before)
