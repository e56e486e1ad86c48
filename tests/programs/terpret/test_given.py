"""Values that a program cannot run with are refused with a sentence; none is taken for another."""

import numpy as np
import pytest
import torch

from dpkit.programs import terpret

ONE = terpret.Program("""
x = Input(3); p = Param(3); y = Output(3)
with x as i:
    if p == i: y.set_to(0)
    else: y.set_to(x)
""")
TWO = terpret.Program("""
x = Input(3)[2]; w = Input(2); p = Param(3)[2]; y = Output(3)[2]
for k in range(2):
    if p[k] == 1: y[k].set_to(x[k])
    else: y[k].set_to(p[k])
""")
COUNT = terpret.Program("count")
SURE = ONE.certain_params({"p": 1})
ROW = np.zeros((6, 12, 12))
NAN = float("nan")


def t(*values):
    return torch.tensor(values)


# what is wrong: (what is done, what is said)
REFUSED = {
    "half a number": (lambda: ONE.run({"p": 1}, {"x": 1.5}), "x is to be whole numbers"),
    "not a number": (lambda: ONE.run({"p": 1}, {"x": NAN}), "x is to be whole numbers"),
    "a text": (lambda: ONE.run({"p": 1}, {"x": "1"}), "x is to be whole numbers"),
    "two for one": (lambda: ONE.run({"p": 1}, {"x": [1, 2]}), r"shape \(\), and \(2,\) was given"),
    "logits for values": (lambda: ONE.run(SURE, {"x": 1}), r"p is to have .* \(1, 3\) was given"),
    "an element too many": (
        lambda: TWO.run({"p": [1, 0, 1]}, {"x": [1, 2], "w": 0}), r"p is to have the shape \(2,\)",
    ),
    "no axis of examples": (lambda: ONE.marginals(SURE, {"x": torch.tensor(1)}), r"\(examples,\)"),
    "an axis too many": (lambda: ONE.marginals(SURE, {"x": t([1, 2])}), r"\(1, 2\) was given"),
    "floats for whole numbers": (
        lambda: ONE.marginals(SURE, {"x": t(1.0, 2.0)}), "for each value its probability",
    ),
    "no distribution": (lambda: ONE.marginals(SURE, {"x": t([0.2, 0.3, 0.6])}), "do not sum to 1"),
    "negative": (lambda: ONE.marginals(SURE, {"x": t([-0.2, 0.7, 0.5])}), "negative"),
    "nan in a distribution": (lambda: ONE.marginals(SURE, {"x": t([NAN, 0.5, 0.5])}), "sum to 1"),
    "no examples": (lambda: ONE.marginals(SURE, {"x": torch.zeros(0).long()}), "no examples"),
    "examples of unlike number": (
        lambda: TWO.marginals(
            TWO.certain_params({"p": [0, 1]}), {"x": t([1, 2], [0, 0]), "w": t(0, 1, 1)}
        ), "2 of x, 3 of w",
    ),
    "logits without restarts": (
        lambda: ONE.marginals({"p": t(1.0, 2.0, 3.0)}, {"x": t(1)}), r"\(restarts, 3\) of logits",
    ),
    "another space": (lambda: ONE.marginals(SURE, {"x": t(1)}, space="logs"), "linear, log"),
    "fewer answers": (lambda: ONE.loss(SURE, {"x": t(1, 2, 0)}, {"y": t(1)}), "3 of inputs, 1 of y"),
    "more answers": (lambda: ONE.loss(SURE, {"x": t(1)}, {"y": t(1, 2)}), "1 of inputs, 2 of y"),
    "an answer out of range": (lambda: ONE.loss(SURE, {"x": t(1)}, {"y": t(3)}), "y has the values 0 to 2"),
    "no answer": (lambda: ONE.loss(SURE, {"x": t(1)}, {}), "given: none"),
    "three pairs for two": (
        lambda: TWO.certain_params({"p": [1, 0, 1, 0, 1, 1]}), r"shape \(2,\) or \(restarts, 2\)",
    ),
    "verified on nothing": (
        lambda: terpret.verify(ONE, {"p": 1}, ({"x": np.zeros(0, int)}, {"y": np.zeros(0, int)})),
        "no examples",
    ),
    "verified with one answer": (
        lambda: terpret.verify(ONE, {"p": 1}, ({"x": [1, 2]}, {"y": [0]})), "2 of inputs, 1 of y",
    ),
    "verified without answers": (
        lambda: terpret.verify(ONE, {"p": 1}, ({"x": [1, 2]}, {})), "given: none",
    ),
    "verified with several restarts": (
        lambda: terpret.verify(ONE, {"p": [1, 2]}, ({"x": [1, 2]}, {"y": [0, 2]})), r"\(2,\) was given",
    ),
    "inputs alone": (lambda: terpret.verify(ONE, {"p": 1}, ({"x": [1]},)), "two dicts"),
    "printed out of range": (lambda: ONE.listing({"p": 7}), "p has the values 0 to 2"),
    "a sign that is none": (
        lambda: COUNT.run({"what": 1}, {"row": ROW}, {"LOOK": lambda picture: 7}), "LOOK .* it gave 7",
    ),
    "no sign": (
        lambda: COUNT.run({"what": 1}, {"row": ROW}, {"LOOK": lambda picture: None}), "it gave None",
    ),
    "half a sign": (
        lambda: COUNT.run({"what": 1}, {"row": ROW}, {"LOOK": lambda picture: 1.5}), "it gave 1.5",
    ),
    "a picture too small": (
        lambda: COUNT.run({"what": 1}, {"row": ROW[:, :6]}, {"LOOK": lambda picture: 1}),
        r"\(6, 12, 12\); \(6, 6, 12\) was given",
    ),
    "logits of four signs": (
        lambda: COUNT.marginals(
            COUNT.certain_params({"what": 1}), {"row": torch.zeros(2, 6, 12, 12)},
            {"LOOK": lambda pictures: torch.zeros(1, len(pictures), 4)},
        ), r"\(restarts, 12, 5\), and made \(1, 12, 4\)",
    ),
    "no restart": (lambda: terpret.fit(ONE, ({"x": [1]}, {"y": [0]}), restarts=0), "restarts is 1 at"),
    "none is kept": (
        lambda: terpret.fit(ONE, ({"x": [1]}, {"y": [0]}), restarts=2, steps=1).kept(0), "1 restart",
    ),
    "judged by nothing": (
        lambda: terpret.fit(ONE, ({"x": [1]}, {"y": [0]}), judged_by=0), "judged_by is 1 at least",
    ),
    "all of it dropped": (lambda: terpret.Bank(1, (4, 2), dropout=1.0), "dropout is a share"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(name):
    done, said = REFUSED[name]
    with pytest.raises(ValueError, match=said):
        done()


def test_all_that_is_whole_will_do():
    for x in (2, np.int8(2), 2.0, torch.tensor(2), True + 1):
        assert ONE.run({"p": np.array(1.0)}, {"x": x}) == {"y": 2}
    for dtype in (torch.int8, torch.int32, torch.int64):
        found = ONE.marginals(SURE, {"x": torch.tensor([2, 1], dtype=dtype)})["y"]
        assert found.shape == (1, 2, 3) and found[0].argmax(-1).tolist() == [2, 0]
        assert ONE.loss(SURE, {"x": t(2)}, {"y": torch.tensor([2], dtype=dtype)}) < 1e-3
    assert ONE.marginals(SURE, {"x": np.array([2, 1])})["y"].shape == (1, 2, 3)


def test_every_example_has_an_answer_even_if_all_are_one():
    """A program that does not look at its input answers each example."""
    deaf = terpret.Program("x = Input(3); p = Param(3); y = Output(3); y.set_to(p)")
    params = deaf.certain_params({"p": [1, 2]})
    assert deaf.marginals(params, {"x": t(0, 1, 2)})["y"].shape == (2, 3, 3)
    loss = deaf.loss(params, {"x": t(0, 1, 2)}, {"y": t(1, 1, 1)})
    assert loss[0] < 1e-3 and loss[1] > 10
    assert terpret.verify(deaf, {"p": 1}, ({"x": [0, 1, 2]}, {"y": [1, 1, 2]})).tolist() == [
        True,
        True,
        False,
    ]
    plain = terpret.Program("x = Input(3); p = Param(3); y = Output(3); y.set_to(x)")
    assert plain.marginals({"p": torch.zeros(4, 3)}, {"x": t(0, 1)})["y"].shape == (4, 2, 3)
    with pytest.raises(ValueError, match="no Param and no Learn function has an effect"):
        terpret.fit(plain, ({"x": [0, 1]}, {"y": [0, 1]}), steps=1)


def test_a_program_without_holes_is_searched_too():
    program = terpret.Program("x = Input(3); y = Output(3); y.set_to(x)")
    assert terpret.search(program, ({"x": [0, 1]}, {"y": [0, 1]})) == [{}]
    assert terpret.search(program, ({"x": [0, 1]}, {"y": [0, 2]})) == []


def test_a_file_can_be_named(tmp_path):
    (tmp_path / "it.tpt").write_text("y = Output(2); y.set_to(1)\n")
    assert terpret.Program(str(tmp_path / "it.tpt")).run({}, {}) == {"y": 1}
    assert terpret.check(tmp_path / "it.tpt") == []


def test_two_names_for_one_value_may_be_asked_one_after_the_other():
    """What happens to be the same here need not be in another turn of a loop."""
    program = terpret.Program("""
x = Input(3); y = Output(3); a = Var(3); b = Var(3)
a.set_to(x); b.set_to(x)
if a == 0: y.set_to(1)
elif b == 0: y.set_to(2)
elif b == 1: y.set_to(0)
else: y.set_to(x)
""")
    assert [int(program.run({}, {"x": x})["y"]) for x in range(3)] == [1, 0, 2]
    soft = program.marginals({}, {"x": t(0, 1, 2)})["y"]
    assert soft[0].argmax(-1).tolist() == [1, 0, 2]
