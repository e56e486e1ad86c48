"""Lab 11: what each exercise asks the student's code, and how the answers are judged.

The networks of the checks are made of numbers that a verdict draws, and are computed there again in
numpy. Machines are scripts, expanded by recursion where the student has a stack. The ready-made
answers, the library's and a network's own step, are out of reach meanwhile.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

import dpkit as dp
from autograder.exercise import Lab, agree, nudged

lab = Lab(
    "lab11_npi",
    "A network that calls programs",
    week=11,
    minutes=180,
    notes="week11.md",
    given=['t.call("ADD1")', 't.call("LSHIFT")'],  # the worked example has them
    preload=("numpy", "matplotlib.pyplot", "dpkit", "torch", "dpkit.programs.npi"),
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def alone(student, name, *also, **lent):
    """The student's function, with the ready-made answers out of reach. Names and sizes (`npi.ACT`,
    `npi.Pad.symbols`) and the bare Teacher are none."""
    modules = (
        "core", "curriculum", "encoders", "explain", "interpreter", "recipes", "training",
        "verify", "viewer", "envs.car", "envs.drawing", "envs.pictures", "envs.scenes", "envs.sorting",
    )  # fmt: skip
    answers = (*modules, "Adder", "LoopAdder", "every_frame", *also)
    closed = [f"dpkit.programs.npi.{each}" for each in answers]
    return student.rebind(
        name, without=[*closed, "dpkit.programs.terpret", "dpkit.programs.dnc"], **lent
    )


@lab.helper
def numbers(x):
    """Plain numbers out of torch's and dpkit's tensors, and of lists of them."""
    if isinstance(x, (list, tuple)):
        return [numbers(each) for each in x]
    if isinstance(x, dp.Tensor):
        x = x.data
    if type(x).__module__.split(".")[0] == "torch" and hasattr(x, "detach"):
        x = x.detach().numpy()
    if isinstance(x, np.generic):
        return x.item()
    return np.array(x) if isinstance(x, np.ndarray) else x


@lab.helper
def whole(x):
    """A whole number of any library as Python's; another number as it is; anything else as text."""
    import operator

    x = numbers(x)
    if isinstance(x, np.ndarray) and x.shape == ():
        x = x.item()
    if isinstance(x, float):
        return int(x) if x.is_integer() else x
    try:
        return operator.index(x)
    except TypeError:
        return str(x)


@lab.helper
def noted(student, which, cells, pointers, most=40):
    """Run the student's program `which` with a teacher that writes down what it is told. The pad obeys
    acts; other programs are only noted, except that ADD1 and LSHIFT leave the pad as they should.

    `astray` is what the student should read where something was done that no frame would show."""

    class Enough(BaseException):
        pass

    class Astray(BaseException):
        pass

    class World:
        def __init__(self):
            self.cells, self.pointers = np.array(cells), np.array(pointers)

        def observe(self):
            return self.cells[np.arange(4), self.pointers]

        def act(self, *_, **__):
            raise Astray(
                "`t.environment.act(…)` is an act behind the teacher's back: it is not written down, "
                "and nobody learns it. Act through `t`."
            )

    class Notes:
        def __init__(self):
            self.environment, self.said = World(), []

        def see(self):
            return self.environment.observe()

        def act(self, *arguments):
            what, row, symbol = (*arguments, 0, 0, 0)[:3]
            self.note(["ACT", *map(whole, (what, row, symbol)), *map(whole, arguments[3:])])
            world = self.environment
            if what in (2, 3) and row in (1, 2, 3, 4):
                world.pointers[row - 1] += 1 if what == 3 else -1
            elif what == 1 and row in (1, 2, 3, 4):
                world.cells[row - 1, world.pointers[row - 1]] = symbol

        def call(self, program, *arguments):
            self.note([str(program), *map(whole, arguments)])
            world = self.environment
            if program == "ADD1":
                world.cells[3, world.pointers[3]] = 1
            if program == "LSHIFT":
                world.pointers -= 1

        def note(self, what):
            if len(self.said) == most:
                raise Enough
            self.said.append(what)

        def __getattr__(self, name):
            if name in ("ADD", "ADD1", "CARRY", "LSHIFT"):
                by_python(f"t.{name}()", name)
            raise AttributeError(f"the teacher has no attribute {name!r}")

    Notes.act.__qualname__, Notes.call.__qualname__ = "Teacher.act", "Teacher.call"

    def by_python(said, name):
        raise Astray(
            f"`{said}` is a call of Python, and what happens in it is written into the caller's frame. "
            f'A program is called by its name: `t.call("{name}")`.'
        )

    def instead(name):
        return lambda *_, **__: by_python(f"{name}(t)", name.upper())

    lent = {name: instead(name) for name in ("add", "add1", "carry", "lshift")}
    program, notes = alone(student, which, **lent), Notes()
    told = {"said": notes.said, "endless": False, "astray": ""}
    try:
        program(notes)
    except Enough:
        told["endless"] = True
    except Astray as error:
        told["astray"] = str(error)
    return told


@lab.helper
def parts_of(weights):
    """A network's parts, made of these arrays, in the lab's float32; and no step of its own."""
    import torch
    from torch import nn

    from autograder.errors import StudentError

    class Parts:
        def __call__(self, *_, **__):
            raise StudentError(
                "borrowed", "`net(…)` is the ready-made step. Put it together from its parts here."
            )

        forward = __call__

        def start(self, count=1):
            zero = torch.zeros(count, self.hidden)
            return zero, zero

    given = {
        name: torch.tensor(value, dtype=torch.float32, requires_grad=True)
        for name, value in weights.items()
        if name != "arguments"
    }
    net = Parts()
    net.given = given
    net.M_prog, net.M_key = given["M_prog"], given["M_key"]
    net.hidden = weights["end"].shape[1]

    def linear(matrix):
        return lambda h: h @ matrix.T

    cell = nn.LSTMCell(weights["W"].shape[1], net.hidden)
    with torch.no_grad():
        cell.weight_ih.copy_(given["W"])
        cell.weight_hh.copy_(given["U"])
        cell.bias_ih.copy_(given["b"])
        cell.bias_hh.zero_()
    net.f_lstm, net.f_end, net.f_prog = cell, linear(given["end"]), linear(given["prog"])
    net.f_arg = [linear(torch.tensor(each).float()) for each in weights["arguments"]]
    net.f_enc = lambda seen, arguments: torch.tanh(
        seen.float() @ given["see"] + arguments.float() @ given["hear"]
    )
    return net


@lab.helper
def lent_step(net, seen, given, program, state):
    """In place of `step`: another small recurrent network, made of `net.given`."""
    import torch

    if len(state[0]) != len(seen):
        raise RuntimeError(
            f"step was given {len(seen)} frames, and a state for {len(state[0])}; each frame has a "
            "state of its own"
        )
    x = torch.cat([seen.float(), given.float(), program[:, None].float()], -1)
    h = torch.tanh(state[0] @ net.given["V"] + x @ net.given["X"])
    called = h @ net.given["called"]
    return (h @ net.given["end"], called, tuple(h @ A for A in net.args)), (h, h)


# ------------------------------------------------------------------------------------------------
# What verdicts share


SINGLE = {"rtol": 1e-4, "floor": 1e-5}  # how closely numbers of float32 agree


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def judge_slope(mark, got, truth, begin, rtol=1e-4, floor=1e-7, **evidence):
    """A slope: none at all, or another than the truth."""
    mark.that(
        got is not None and not (np.all(np.asarray(got) == 0) and np.any(truth != 0)),
        kind="zero",
        message=f"{begin} is zero: somewhere on the way a tensor was turned into plain numbers.",
        **evidence,
    )
    mark.close(
        got,
        truth,
        kind="missing_term",
        message=f"{begin} is wrong: part of it is cut off.",
        rtol=rtol,
        floor=floor,
        **evidence,
    )


def in_words(call):
    """A call as it is written, and what an act does: "ACT(1, 4, 8), WRITE RESULT 7"."""
    name, *arguments = call
    written = f"{name}({', '.join(map(str, arguments))})" if arguments else str(name)
    what, row, symbol = (*arguments, 0, 0, 0)[:3]
    acts = {1: "WRITE", 2: "LEFT", 3: "RIGHT"}
    rows = {1: "FIRST", 2: "SECOND", 3: "CARRIES", 4: "RESULT"}
    if name != "ACT" or what not in acts or row not in rows:
        return written
    marks = {0: "blank", **{digit + 1: str(digit) for digit in range(10)}}
    return (
        f"{written}, {acts[what]} {rows[row]} {marks.get(symbol, '?') if what == 1 else ''}".strip()
    )


def column(symbols):
    """What a column's symbols stand for: "8 + 3 + blank"."""
    return " + ".join("blank" if symbol == 0 else str(symbol - 1) for symbol in symbols[:3])


# ------------------------------------------------------------------------------------------------
# 11.1


@lab.exercise(
    "11.1",
    "Three programs to learn from",
    points=2,
    minutes=15,
    reread="week11.md#traces",
    hints=(
        "Say aloud what your pen does in one column: first what you look at, then what you write.",
        "A symbol is a digit plus 1, and a blank counts as 0: `max(0, symbol - 1)`. CARRY walks to its "
        "cell, writes, and walks back.",
        '`add1`: `t.act(WRITE, RESULT, total % 10 + 1)`, and then, if it is needed, `t.call("CARRY")`. '
        "`lshift`: four acts.",
    ),
)
class Traces:
    def probe(student, which, cells, pointers):
        return noted(student, which, cells, pointers)

    def verdict(ask, rng, mark):
        WRITE, LEFT, RIGHT, A, B, C, RESULT = 1, 2, 3, 1, 2, 3, 4

        def pad(*symbols):
            """A pad whose pointers stand at one column, with other columns around it."""
            cells = rng.integers(2, 11, (4, 6))
            cells[2:] = 0
            cells[:, 3] = symbols
            return cells, np.array([3, 3, 3, 3])

        def said(which, first, second, carry, result=0):
            cells, pointers = pad(first, second, carry, result)
            answer = ask(which=which, cells=cells, pointers=pointers)
            got, given = answer["said"], {"symbols": (first, second, carry, result)}
            given["that is"] = column(given["symbols"])
            mark.that(not answer["astray"], kind="other_function", message=answer["astray"],
                      function=which)  # fmt: skip
            mark.that(not answer["endless"], kind="endless", message="It goes on and on.",
                      function=which)  # fmt: skip
            return got, {"given": given, "function": which, "got": [in_words(each) for each in got]}

        def added(first, second, carry, result=0):
            got, shown = said("add1", first, second, carry, result)
            digits = [max(0, each - 1) for each in (first, second, carry)]
            total = sum(digits)
            right = [["ACT", WRITE, RESULT, total % 10 + 1]] + [["CARRY"]] * (total >= 10)
            plain = ["ACT", WRITE, RESULT, total % 10]
            mark.that(bool(got), kind="missing", message="It did nothing.", **shown)
            writes = [each for each in got if each[:3] == ["ACT", WRITE, RESULT]]
            mark.that(len(writes) == 1, kind="missing_term", message="One symbol should be written "
                      "into the row RESULT.", **shown)  # fmt: skip
            mark.that(bool(carry) or writes[0] != plain, kind="constant_offset", message="The digit itself was "
                      "written. Its symbol is one more.", **shown)  # fmt: skip
            (symbol,) = writes[0][3:]
            for kind, wrong, message in (
                ("missing_term", sum(digits[:2]), "The carry is left out."),
                ("double_counted", total + max(0, result - 1), "Only the upper three symbols are added. "
                 "The fourth is the result."),
                ("constant_offset", first + second + carry, "Those are symbols. Digits are one less."),
                ("constant_offset", first + second + carry - 1, "The symbols were added, and a digit "
                 "written. You see symbols, and write symbols: each is its digit plus 1."),
                ("constant_offset", first + second + carry - 3, "A blank, symbol 0, counts as 0, not "
                 "as −1."),
            ):  # fmt: skip
                if wrong % 10 != total % 10:
                    mark.that(symbol != wrong % 10 + 1, kind=kind, message=message, **shown)
            mark.that(symbol == total % 10 + 1, kind="wrong_value", message="Not the symbol of the "
                      "last digit of the sum.", **shown)  # fmt: skip
            called = any(each[0] == "CARRY" for each in got)
            mark.that(not called or total >= 10, kind="wrong_rule", message="CARRY was called though "
                      "there is nothing to carry.", **shown)  # fmt: skip
            by_hand = [each for each in got if each[:1] == ["ACT"] and each[2:3] == [C]]
            mark.that(not by_hand, kind="other_function", message="The carry was written here. That is "
                      "the job of CARRY: call it.", **shown)  # fmt: skip
            mark.that(called or total < 10, kind="early_stop", message="There is something to carry, "
                      "and CARRY was not called.", **shown)  # fmt: skip
            mark.that(["CARRY"] in got or not called, kind="wrong_argument", message="CARRY takes no "
                      "arguments.", **shown)  # fmt: skip
            mark.that(got[:1] != [["CARRY"]], kind="wrong_order", message="First the digit, then "
                      "CARRY.", **shown)  # fmt: skip
            mark.that(got == right, kind="wrong_rule", message="More was done than was asked for.",
                      **shown)  # fmt: skip

        def digit(low, high):
            return int(rng.integers(low, high + 1)) + 1

        with mark.part("add1", 1):
            ten = int(rng.integers(1, 10))  # here alone a digit for its symbol is no blank for −1
            added(ten + 1, 10 - ten + 1, 0)
            added(digit(5, 7), digit(6, 9), 0)
            added(digit(1, 4), digit(1, 3), 2)
            added(digit(3, 8), 0, 0)
            added(digit(1, 4), digit(1, 3), 0, digit(1, 2))

        def moved(which):
            got, shown = said(which, digit(1, 8), digit(1, 8), 0)
            mark.that(bool(got), kind="missing", message="It did nothing.", **shown)
            mark.that(all(each[0] == "ACT" for each in got), kind="endless" if [which.upper()] in got
                      else "wrong_rule", message="Nothing has to be called here: it takes acts alone.",
                      **shown)  # fmt: skip
            mark.that(all(each[3:] == [0] for each in got if each[1] != WRITE), kind="wrong_argument",
                      message="A move takes a direction and a row, no more; it is one cell far.",
                      **shown)  # fmt: skip
            return got, shown

        def walked(which, right, wrong):
            got, shown = moved(which)
            for kind, other, message in wrong:
                mark.that(got != other, kind=kind, message=message, **shown)
            mark.that(got == right, kind="wrong_rule", message=f"Not the acts of {which.upper()}.",
                      **shown)  # fmt: skip

        with mark.part("carry", 0.5):
            go, write, back = (
                ["ACT", LEFT, C, 0], ["ACT", WRITE, C, 2], ["ACT", RIGHT, C, 0],
            )  # fmt: skip
            walked("carry", [go, write, back], (
                ("missing_term", [go, write], "The pointer has to come back: LSHIFT moves all four."),
                ("wrong_point", [write], "It was written into this column. It belongs to the next."),
                ("constant_offset", [go, ["ACT", WRITE, C, 1], back], "Symbol 1 is the digit 0."),
                ("sign", [back, write, go], "The next column lies to the left."),
                ("wrong_argument", [[*each[:2], RESULT, each[3]] for each in (go, write, back)], "The row "
                 "is CARRIES, not RESULT."),
            ))  # fmt: skip
        with mark.part("lshift", 0.5):
            moves = [["ACT", LEFT, row, 0] for row in (A, B, C, RESULT)]
            got, shown = moved("lshift")
            mark.that([each[1] for each in got] != [RIGHT] * len(got), kind="sign", message="We add "
                      "from right to left.", **shown)  # fmt: skip
            mark.that(len(got) >= 4, kind="early_stop", message=f"It did {len(got)} of the four acts: "
                      "each row has a pointer of its own.", **shown)  # fmt: skip
            mark.that(sorted(map(str, got)) == sorted(map(str, moves)), kind="wrong_rule",
                      message="Each pointer should move one cell to the left.", **shown)  # fmt: skip
            mark.that(got == moves, kind="wrong_order", message="From FIRST to RESULT, please: what the "
                      "network learns is compared with that, call by call.", **shown)  # fmt: skip


# ------------------------------------------------------------------------------------------------
# 11.2


@lab.exercise(
    "11.2",
    "What it sees",
    points=1,
    minutes=8,
    reread="week11.md#what-it-sees",
    hints=(
        "Four rows, and in each of them one cell: which numbers of rows belong to which pointers?",
        "numpy takes two lists, of rows and of columns: `cells[rows, columns]` picks pairs.",
        "`one_hot`: begin with zeros; the block of place k begins at the sum of the sizes before it.",
    ),
)
class Seen:
    def probe(student, which, first, second):
        if which == "observe":
            return {"got": numbers(alone(student, which, "Pad")(np.array(first), np.array(second)))}
        got = numbers(alone(student, which)(first, second))
        if isinstance(got, np.ndarray) and got.dtype == bool:
            got = got.astype(int)  # True is a 1
        return {"got": got}

    def verdict(ask, rng, mark):
        def looked(rows, columns):
            cells = rng.permutation(rows * columns).reshape(rows, columns) + 1
            pointers = rng.permutation(columns)[:rows]
            got = ask(which="observe", first=cells, second=pointers)["got"]
            shown = {"given": {"cells": cells, "pointers": pointers}, "function": "observe"}
            right = [int(row[k]) for row, k in zip(cells, pointers, strict=True)]
            for kind, wrong, message in (
                ("shape", cells[:, pointers], "Those are whole columns. Of each row one cell is seen."),
                ("wrong_argument", cells[:, pointers[0]], "All rows were read at the first pointer."),
                ("wrong_argument", cells.ravel()[pointers], "All were read in the first row."),
                ("wrong_rule", pointers, "Those are the pointers themselves."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the cells under the pointers.",
                       **shown)  # fmt: skip

        with mark.part("observe", 0.5):
            looked(4, 7)

        def hot(symbols, sizes):
            got = ask(which="one_hot", first=symbols, second=sizes)["got"]
            shown = {"given": {"symbols": symbols, "sizes": sizes}, "function": "one_hot"}
            blocks = [
                [float(k == symbol) for k in range(n)]
                for symbol, n in zip(symbols, sizes, strict=True)
            ]
            right = [x for block in blocks for x in block]
            piled = np.zeros(sum(sizes))
            piled[symbols] = 1
            late = np.zeros(sum(sizes) + 1)
            for symbol, begin in zip(symbols, np.cumsum([0, *sizes[:-1]]), strict=True):
                late[begin + symbol + 1] = 1
            for kind, wrong, message in (
                ("overwritten", piled, "All places mark the first block. Each has a block of its own."),
                ("constant_offset", late[:-1], "Each 1 is one too late. Symbol 0 is the first of its "
                 "block."),
                ("magnitude", np.array(right) * np.repeat(symbols, sizes), "Ones, please: a larger symbol "
                 "is not more."),
                ("magnitude", symbols, "Those are the symbols themselves."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not a 1 for each symbol, in its block.",
                       **shown)  # fmt: skip

        with mark.part("one_hot", 0.5):
            hot([2, 0, 3], [4, 2, 5])
            hot([int(rng.integers(1, 4)), int(rng.integers(1, 3))], [4, 3])


# ------------------------------------------------------------------------------------------------
# 11.3


@lab.exercise(
    "11.3",
    "One step",
    points=3,
    minutes=20,
    reread="week11.md#one-step",
    hints=(
        "Follow the formulas from left to right. Which of them need the new h?",
        "`net.M_prog[program]` is a row for each run. `torch.cat([…, …], -1)` puts two side by side.",
        "`h, c = net.f_lstm(torch.cat([s, p], -1), state)`; a key fits a row of `M_key` by their inner "
        "product; `net.f_end(h)` has a column too many: `[:, 0]`.",
    ),
)
class OneStep:
    def probe(student, weights, seen, given, program, h, c, slopes=False):
        import torch

        net, run = parts_of(weights), alone(student, "step")
        state = tuple(
            torch.tensor(each, dtype=torch.float32, requires_grad=slopes) for each in (h, c)
        )
        whole_ones = [torch.tensor(each) for each in (seen, given, program)]
        got = run(net, *whole_ones, state)
        if slopes:
            (end, called, arguments), (h, c) = got
            asked = [net.given["M_prog"], net.given["M_key"], net.given["see"], *state]
            told = []
            for part in ((end, called), arguments, (h, c)):
                total = sum((each * each).sum() for each in part)
                if not total.requires_grad:
                    told.append([None] * 5)
                    continue
                found = torch.autograd.grad(total, asked, retain_graph=True, allow_unused=True)
                told.append([None if each is None else each.numpy() for each in found])
            return told
        pair = isinstance(got, (tuple, list)) and len(got) == 2
        if not pair or not all(isinstance(each, (tuple, list)) for each in got):
            return {"shape": str(type(got).__name__)}
        if [len(each) for each in got] != [3, 2]:
            return {"shape": f"parts of {[len(each) for each in got]}"}
        (end, called, arguments), (h, c) = got
        told = {"end": end, "called": called, "h": h, "c": c, "arguments": list(arguments)}
        return {"shape": "", **{name: numbers(value) for name, value in told.items()}}

    def verdict(ask, rng, mark):
        def drawn(n, cells=3, places=2, sizes=(4, 3), programs=5, width=4, hidden=6, key=2, deep=7):
            weights = {
                "see": rng.normal(size=(cells, width)) / 4,
                "hear": rng.normal(size=(places, width)) / 4,
                "M_prog": rng.normal(size=(programs, deep)),
                "M_key": rng.normal(size=(programs, key)),
                "W": rng.normal(size=(4 * hidden, width + deep)) / 2,
                "U": rng.normal(size=(4 * hidden, hidden)) / 2,
                "b": rng.normal(size=4 * hidden) / 2,
                "end": rng.normal(size=(1, hidden)),
                "prog": rng.normal(size=(key, hidden)),
                "arguments": [rng.normal(size=(size, hidden)) for size in sizes],
            }
            return {
                "weights": weights,
                "seen": rng.integers(1, 5, (n, cells)),
                "given": rng.integers(1, 4, (n, places)),
                "program": rng.integers(0, programs, n),
                "h": rng.uniform(-0.9, 0.9, (n, hidden)),
                "c": rng.uniform(-2, 2, (n, hidden)),
            }

        def computed(weights, seen, given, program, h, c, fresh=False):
            if fresh:
                h, c = 0 * h, 0 * c
            s = np.tanh(seen @ weights["see"] + given @ weights["hear"])
            p = np.array([weights["M_prog"][k] for k in program])
            gates = np.hstack([s, p]) @ weights["W"].T + h @ weights["U"].T + weights["b"]
            n = h.shape[1]
            into, keep, new, out = (gates[:, k * n : k * n + n] for k in range(4))
            c = sigmoid(keep) * c + sigmoid(into) * np.tanh(new)
            return sigmoid(out) * np.tanh(c), c

        def judged(part, **more):
            world = drawn(**more)
            got = ask(**world)
            weights = world["weights"]
            shown = {"function": "step"}
            mark.that(got["shape"] == "", kind="wrong_type", message="`step` should return "
                      f"`(end, called, arguments), (h, c)`; back came {got['shape']}.", **shown)  # fmt: skip
            h, c = computed(**world)
            old, cold = world["h"], computed(**world, fresh=True)
            if part == "the state":
                mark.not_like([got["h"], got["c"]], [c, h], [h, c], "swapped", "h and c changed "
                         "places.", **SINGLE, **shown)  # fmt: skip
                crossed, _ = computed(**{**world, "h": world["c"], "c": world["h"]})
                mark.not_like(got["h"], crossed, h, "swapped", "The state was handed to the LSTM with h "
                         "and c in each other's place.", **SINGLE, **shown)  # fmt: skip
                mark.not_like(got["h"], cold[0], h, "stale", "The state that was handed in is not used: "
                         "it begins afresh.", **SINGLE, **shown)  # fmt: skip
                mark.not_like(got["h"], old, h, "no_update", "That is the state from before the step.",
                         **SINGLE, **shown)  # fmt: skip
                other = {
                    **world,
                    "weights": {**weights, "W": np.roll(weights["W"], weights["see"].shape[1], 1)},
                }
                mark.not_like(got["h"], computed(**other)[0], h, "wrong_order", "First s, then p.",
                         **SINGLE, **shown)  # fmt: skip
                mark.close(got["h"], h, kind="wrong_value", message="Not the new h. Which row of M_prog "
                           "was put beside s?", **SINGLE, **shown)  # fmt: skip
                mark.close(got["c"], c, kind="wrong_value", message="h is right, c is not.", **SINGLE,
                           **shown)  # fmt: skip
                return
            if part == "end and called":
                end, called = h @ weights["end"][0], h @ weights["prog"].T @ weights["M_key"].T
                for kind, wrong, message in (
                    ("wrong_argument", c @ weights["end"][0], "That is read from c. h answers."),
                    ("stale", old @ weights["end"][0], "That is read from the old h, before this step."),
                    ("normalised", sigmoid(end), "That is the probability. We keep its logit: the loss "
                     "needs it."),
                    ("wrong_type", (end > 0) * 1.0, "That is a decision. We keep the logit."),
                    ("shape", end[:, None], "One number for each run: there is a column too many."),
                    ("shape", end[0], "A single run is a row of one number, not a bare number. "
                     "(`squeeze()` takes away more than the column.)"),
                ):  # fmt: skip
                    if len(end) == 1 or np.ndim(wrong):
                        mark.not_like(got["end"], wrong, end, kind, message, **SINGLE, **shown)
                mark.close(got["end"], end, kind="wrong_value", message="Not the logit of the end.",
                           **SINGLE, **shown)  # fmt: skip
                raw = np.exp(log_softmax(called))
                lengths = np.linalg.norm(weights["M_key"], axis=1)
                for kind, wrong, message in (
                    ("normalised", raw, "Those are probabilities. We keep the logits."),
                    ("normalised", log_softmax(called), "Those are logarithms of probabilities. The inner "
                     "products themselves will do."),
                    ("normalised", called / lengths, "Divided by the lengths of the keys: the inner "
                     "product is asked for."),
                    ("wrong_rule", h @ weights["prog"].T, "That is the key. How well does it fit each row "
                     "of M_key?"),
                    ("wrong_type", called.argmax(-1), "That is a decision already. We keep all logits."),
                    ("stale", old @ weights["prog"].T @ weights["M_key"].T, "The key is of the old h."),
                    ("wrong_argument", c @ weights["prog"].T @ weights["M_key"].T, "The key is read from "
                     "c. h answers."),
                ):  # fmt: skip
                    mark.not_like(got["called"], wrong, called, kind, message, **SINGLE, **shown)
                mark.close(got["called"], called, kind="wrong_value", message="Not the inner products of "
                           "the key with the rows of M_key.", **SINGLE, **shown)  # fmt: skip
                return
            right = [h @ A.T for A in weights["arguments"]]
            mark.that(len(got["arguments"]) == len(right), kind="shape", message=f"There are {len(right)} "
                      f"places for arguments; logits came for {len(got['arguments'])}.", **shown)  # fmt: skip
            for mine, true, A in zip(got["arguments"], right, weights["arguments"], strict=True):
                for kind, wrong, message in (
                    ("wrong_type", true.argmax(-1), "Those are decisions already. We keep the logits."),
                    ("normalised", np.exp(log_softmax(true)), "Those are probabilities. We keep the "
                     "logits."),
                    ("stale", old @ A.T, "The arguments are read from the old h, before this step."),
                    ("wrong_argument", c @ A.T, "The arguments are read from c. h answers."),
                ):  # fmt: skip
                    mark.not_like(mine, wrong, true, kind, message, **SINGLE, **shown)
                mark.close(mine, true, kind="wrong_value", message="Not the logits of the arguments.",
                           **SINGLE, **shown)  # fmt: skip

        for part, points in (("the state", 1), ("end and called", 1), ("arguments", 0.5)):
            with mark.part(part, points):
                if part != "the state":
                    mark.only_after("the state")
                judged(part, n=3)
                judged(part, n=1)
        with mark.part("slopes", 0.5):
            mark.only_after("end and called")
            world = drawn(n=4)
            got = ask(**world, slopes=True)
            weights = world["weights"]

            def totals(name, value):
                """The sums of squares of: end and called; the arguments; the state."""
                changed = {name: value} if name in ("h", "c") else {}
                mine = {**weights, **({} if changed else {name: value})}
                h, c = computed(**{**world, **changed, "weights": mine})
                answers = [h @ mine["end"][0], h @ mine["prog"].T @ mine["M_key"].T]
                arguments = [h @ A.T for A in mine["arguments"]]
                sums = [
                    sum((each**2).sum() for each in some) for some in (answers, arguments, (h, c))
                ]
                return np.array(sums)

            inputs = {**{name: weights[name] for name in ("M_prog", "M_key", "see")},
                      "h": world["h"], "c": world["c"]}  # fmt: skip
            for k, part in enumerate(("end and called", "arguments", "new h and c")):
                for name, slope in zip(inputs, got[k], strict=True):
                    truth = nudged(lambda x, k=k, name=name: totals(name, x)[k], inputs[name])
                    if not np.any(truth):
                        continue
                    judge_slope(mark, slope, truth, f"The step is right, but the gradient of {part} by "
                                f"{name}", rtol=1e-3, floor=1e-4, function="step")  # fmt: skip


# ------------------------------------------------------------------------------------------------
# 11.4


@lab.exercise(
    "11.4",
    "The loss of a frame",
    points=2,
    minutes=20,
    reread="week11.md#loss",
    hints=(
        "−log P of everything that the teacher did: one term for each decision, all added up. At which "
        "steps is which decision asked for?",
        '`functional.cross_entropy(logits, goal, reduction="none")` is −log P of a choice, '
        '`functional.binary_cross_entropy_with_logits(end, goal, reduction="none")` of the end.',
        "In step t: `there * (stop + (1 - end) * rest)`, with `there = t < lessons.steps`; and the state "
        "goes from one step into the next.",
    ),
)
class FrameLoss:
    def probe(student, weights, lessons, slopes=False):
        import types

        import torch

        from autograder.errors import StudentError

        class Parts(types.SimpleNamespace):
            def __call__(self, *_, **__):
                raise StudentError("borrowed", "`net(…)` is ready-made. Use your `step`.")

            forward = __call__

        given = {
            name: torch.tensor(value, dtype=torch.float32, requires_grad=True)
            for name, value in weights.items()
            if name != "args"
        }
        hidden = weights["V"].shape[0]

        def start(count=1):
            return (torch.zeros(count, hidden),) * 2

        args = [torch.tensor(A, dtype=torch.float32) for A in weights["args"]]
        net = Parts(given=given, args=args, start=start)
        made = types.SimpleNamespace(**{name: torch.tensor(x) for name, x in lessons.items()})
        got = alone(student, "frame_losses", step=lent_step)(net, made)
        if not isinstance(got, torch.Tensor):
            return {"got": None if got is None else type(got).__name__}
        if not slopes:
            return {"got": numbers(got)}
        if not getattr(got, "requires_grad", False):
            return {"got": None}
        found = torch.autograd.grad(got.sum(), given["X"], allow_unused=True)[0]
        return {"got": None if found is None else found.numpy()}

    def verdict(ask, rng, mark):
        def drawn(steps, cells=2, sizes=(3, 4), programs=5, hidden=4, sure=1):
            n, T, places = len(steps), max(steps), len(sizes)
            weights = {
                "V": rng.normal(size=(hidden, hidden)) / 2,
                "X": rng.normal(size=(cells + places + 1, hidden)) / 3,
                "end": rng.normal(size=hidden) * sure,
                "called": rng.normal(size=(hidden, programs)) * sure,
                "args": [rng.normal(size=(hidden, size)) for size in sizes],
            }
            end = np.zeros((n, T), np.float32)
            end[np.arange(n), np.array(steps) - 1] = 1
            called = rng.integers(0, programs, (n, T))
            called[0, 0] = 0  # ACT
            with_what = np.stack([rng.integers(0, size, (n, T)) for size in sizes], -1)
            # as the lessons have it: nothing is called at an end, or after it
            after = np.arange(T)[None] >= np.array(steps)[:, None] - 1
            called[after], with_what[after] = 0, 0
            lessons = {
                "seen": rng.integers(0, 4, (n, T, cells)),
                "given": rng.integers(0, 3, (n, places)),
                "program": rng.integers(0, programs, n),
                "end": end,
                "called": called,
                "called_with": with_what,
                "steps": np.array(steps),
            }
            return {"weights": weights, "lessons": lessons}

        def decided(weights, lessons, how=""):
            """-log P of each decision in the table, those in the filling too: of the end and of the
            program (n, T), of the arguments (n, T, places)."""
            called, with_what = lessons["called"], lessons["called_with"]
            h, steps = np.zeros((len(called), len(weights["V"]))), []
            for t in range(called.shape[1]):
                seen = lessons["seen"][:, 0 if how == "one look" else t]
                given = with_what[:, t] if how == "given what it gives" else lessons["given"]
                running = called[:, t] if how == "runs what it calls" else lessons["program"]
                x = np.column_stack([seen, given, running])
                h = np.tanh((0 if how == "fresh" else 1) * h @ weights["V"] + x @ weights["X"])
                steps.append(h)
            h = np.stack(steps, 1)

            def surprise(matrix, goal):
                said = log_softmax(h @ matrix)
                if how == "softmax twice":
                    said = log_softmax(np.exp(said))
                if how == "bare logits":
                    said = h @ matrix
                return -np.take_along_axis(said, goal[..., None], -1)[..., 0]

            against = h @ weights["end"]
            if how == "sigmoid twice":
                against = sigmoid(against)
            ends = (lessons["end"] > 0) != (how == "turned round")
            arguments = [surprise(A, with_what[..., k]) for k, A in enumerate(weights["args"])]
            return (
                np.logaddexp(0, np.where(ends, -against, against)),
                surprise(weights["called"], called),
                np.stack(arguments, -1),
            )

        def computed(weights, lessons, how=""):
            """The loss of each frame, (n,); `how` names a wrong one."""
            called, last = lessons["called"], lessons["steps"][:, None]
            T = called.shape[1]
            ending, program, places = decided(weights, lessons, how)
            if how in ("means of the end", "means of all"):
                ending = ending.mean(0)
            if how in ("means of the program", "means of all"):
                program = program.mean(0)
            if how in ("means of the arguments", "means of all"):
                places = places.mean(0)
            arguments = {
                "mean of places": places.mean(-1),
                "one place": places[..., 0],
                "of ACT alone": places.sum(-1) * (called == 0),
                "only programs": 0.0,
            }.get(how, places.sum(-1))
            going = lessons["end"] == 0
            asked = {"all": True, "by call": called > 0, "at the end": ~going}.get(how, going)
            calls = asked * ((how != "only arguments") * program + arguments)
            ending = ending * {"no end": False, "only ends": ~going}.get(how, True)
            most = {"padded": T, "one less": last - 1, "one more": last + 1, "first": 1}
            own = np.arange(T) < most.get(how, last)
            if how == "last":
                own = own & (np.arange(T) == T - 1)
            counted = (own | (how == "ends in the filling")) * ending
            counted = counted + (own | (how == "calls in the filling")) * calls
            total = counted.sum(1)
            return total / {"mean": lessons["steps"], "mean of the table": T}.get(how, 1)

        def judged(steps, sure=1):
            world = drawn(steps, sure=sure)
            got, right = ask(**world)["got"], computed(**world)
            shown = {"given": {"steps of each frame": list(steps)}, "function": "frame_losses"}
            mark.that(not isinstance(got, str), kind="wrong_type", message=f"A tensor was expected, with a "
                      f"loss for each frame; back came something else ({got}).", **shown)  # fmt: skip
            if sure > 1:
                mark.that((agree(got, right) or "")[:1] != ("not_finite",), kind="not_finite",
                          message="nan or inf: a network that is sure says logits of a hundred, and "
                          "their probabilities are rounded to 0 or 1. A logarithm of these is lost; "
                          "`functional` takes the logits themselves.", got=got, expected=right,
                          **shown)  # fmt: skip
            if len(steps) > 1:
                level = agree(got, right, floor=math.inf) is None and np.ptp(np.asarray(got)) < 1e-4
                mark.that(not level, kind="averaged", message="All frames have the same loss: somewhere "
                          'their mean was taken. `reduction="none"` keeps one for each.', got=got,
                          **shown)  # fmt: skip
                for way in (np.sum, np.mean):
                    mark.not_like(got, way(right), right, "not_summed", "One loss for each frame is "
                             "asked for.", **SINGLE, **shown)  # fmt: skip
            for kind, how, message in (
                ("accumulated", "padded", "Steps that a frame does not have are counted: they only fill "
                 "up the table."),
                ("double_counted", "all", "At its end a frame calls nothing. Only the end is asked for "
                 "there."),
                ("wrong_argument", "by call", "Program 0 is a program like any other: ACT. Whether "
                 "something is called is told by `end`."),
                ("stale", "fresh", "The state of each step should come from the step before."),
                ("missing_term", "only ends", "Not to end is a decision, too, at every step before the "
                 "last."),
                ("early_stop", "one less", "The last step of a frame, its end, counts as well."),
                ("constant_offset", "one more", "One step too many is counted of the shorter frames."),
                ("missing_term", "no end", "Whether it ends is a decision, too, at every step."),
                ("missing_term", "only programs", "The arguments are left out."),
                ("missing_term", "only arguments", "Which program is called is left out."),
                ("missing_term", "one place", "Arguments have several places."),
                ("overwritten", "last", "Only the last step is left. Add each to those before."),
                ("early_stop", "first", "Only the first step is counted. Does the loop go on?"),
                ("averaged", "mean of places", "The arguments' terms are added up, not averaged."),
                ("averaged", "mean", "The sum over the steps, not the mean."),
                ("averaged", "mean of the table", "Divided by the length of the table. The sum over the "
                 "steps is asked for."),
                ("averaged", "means of the end", "Of ending or not, the mean over all frames was taken. "
                 '`reduction="none"` keeps a number for each.'),
                ("averaged", "means of the program", "Of the programs, the mean over all frames was taken. "
                 '`reduction="none"` keeps a number for each.'),
                ("averaged", "means of the arguments", "Of the arguments, the mean over all frames was "
                 'taken. `reduction="none"` keeps a number for each.'),
                ("averaged", "means of all", "In every step the mean over all frames was taken. "
                 '`reduction="none"` keeps a number for each.'),
                ("sign", "turned round", "`end` is 1.0 where the program is over. Here the opposite is "
                 "found likely."),
                ("wrong_rule", "at the end", "Calls were asked for at the ends alone, where there are none. "
                 "They count where the frame goes on."),
                ("accumulated", "calls in the filling", "The end is counted in a frame's own steps, but its "
                 "calls in the filling, too: `end` is 0 there."),
                ("accumulated", "ends in the filling", "Calls are counted in a frame's own steps, but "
                 "ending or not in the filling, too."),
                ("normalised", "softmax twice", "`cross_entropy` takes logits, and was given probabilities: "
                 "so there were two softmaxes."),
                ("normalised", "sigmoid twice", "`…_with_logits` takes a logit, and was given a probability: "
                 "so there were two sigmoids."),
                ("missing_term", "bare logits", "Minus a logit is not −log P: the softmax's sum is missing. "
                 "`cross_entropy` has it, `nll_loss` has not."),
                ("stale", "one look", "Each step saw what the first one saw. `seen` has something for each "
                 "step."),
                ("wrong_argument", "runs what it calls", "`step` was told which program is *called*. Which "
                 "one is running stands in `lessons.program`."),
                ("wrong_argument", "given what it gives", "`step` was given the arguments of what is called. "
                 "The frame's own are `lessons.given`."),
                ("missing_term", "of ACT alone", "Arguments count for every program that is called: that "
                 "there are none (0) has to be learnt, too."),
            ):  # fmt: skip
                if sure > 1:
                    break
                other = computed(**world, how=how)
                mark.not_like(got, other, right, kind, message, **SINGLE, **shown)
            mark.not_like(got, -right, right, "sign", "Those are log P. The loss is −log P.", **SINGLE,
                     **shown)  # fmt: skip
            if sure > 1:
                mark.close(got, right, kind="clipped", message="What is very unlikely has to cost a hundred "
                           "and more. Here a probability was rounded or held back before its logarithm was "
                           "taken; `functional` takes the logits themselves.", **SINGLE, **shown)  # fmt: skip
            mark.close(got, right, kind="wrong_value", message="Not −log P of what the teacher did.",
                       **SINGLE, **shown)  # fmt: skip

        with mark.part("frames of one length", 0.75):
            judged([3, 3, 3, 3])
        with mark.part("frames of several lengths", 0.5):
            judged([2, 4, 1])
        with mark.part("a network that is sure", 0.25):
            mark.only_after("frames of several lengths")
            judged([3, 4, 4, 2, 4, 3], sure=300)
        with mark.part("slopes", 0.5):
            mark.only_after("frames of several lengths")
            world = drawn([2, 4, 1])
            got = ask(**world, slopes=True)["got"]
            weights = world["weights"]
            truth = nudged(
                lambda X: computed({**weights, "X": X}, world["lessons"]).sum(), weights["X"]
            )
            judge_slope(mark, got, truth, "The losses are right, but their gradient", rtol=1e-3,
                        floor=1e-4, function="frame_losses")  # fmt: skip


# ------------------------------------------------------------------------------------------------
# 11.5


@lab.exercise(
    "11.5",
    "The executor",
    points=3,
    minutes=20,
    reread="week11.md#executor",
    hints=(
        "What must a place on the stack remember, so that its program can go on after a call?",
        "Take the top place off; decide; if it goes on, put it back *with its new state*, and on top of "
        "it the program that it calls, with the state `None`.",
        "An end puts nothing back. When the stack is empty after an end, return the number of steps; when "
        "`max_steps` are spent, raise RuntimeError.",
    ),
)
class Executor:
    def probe(student, scripts, program, arguments, max_steps):
        class Enough(BaseException):
            pass

        import sys

        log, asked, confused, strange, deepest = [], [0], [], [], [0]
        here = sys._getframe()
        bound = 3 * max_steps + 50 if max_steps < 10**5 else 10**5

        class Pad:
            def observe(self):
                return np.array([len(log)])

            def act(self, *arguments):
                log.append([whole(each) for each in arguments])

        def depth():
            """How many calls of Python are open between the probe and the question, up to 100."""
            frame, count = sys._getframe(2), 0
            while frame is not None and frame is not here and count < 100:
                frame, count = frame.f_back, count + 1
            return count

        def decide(observation, program, arguments, state):
            asked[0] += 1
            if asked[0] > bound:
                raise Enough
            deepest[0] = max(deepest[0], depth())
            if program not in scripts:
                strange.append(whole(program))
                raise Enough
            name, k = (program, 0) if state is None else state
            if name != program:
                confused.append([str(name), str(program)])
            script = scripts[program]
            line = script[min(k, len(script) - 1)]
            seen, first = int(np.asarray(observation).ravel()[0]), whole(arguments[0])
            ends, called, (kind, x) = line
            if ends == "later":  # goes on until so much has been done
                ends = seen >= x
            given = (first + x, seen) if kind == "more" else (x, first)
            return bool(ends), called, given, (program, k + 1)

        run = alone(student, "run")
        try:
            steps = run(decide, Pad(), program, tuple(arguments), max_steps)
            ended = "returned"
        except RecursionError:
            steps, ended = None, "recursion"
        except Enough:
            steps, ended = None, "endless"
        except IndexError as error:
            if "pop from" not in str(error):
                raise
            steps, ended = None, "emptied"
        except RuntimeError as error:
            if isinstance(error, NotImplementedError) or asked[0] < max_steps - 1:
                raise  # not for the limit's sake
            steps, ended = None, "stopped"
        return {"log": log[:4000], "steps": None if steps is None else whole(steps), "ended": ended,
                "asked": asked[0], "confused": confused[:3], "strange": strange,
                "recursive": deepest[0] == 100}  # fmt: skip

    def verdict(ask, rng, mark):
        def expanded(scripts, program, arguments, how=""):
            """(log, steps) by recursion; `how` names a wrong machine."""
            log, steps = [], [0]

            def call(program, own, k=0):
                later = []
                while True:
                    steps[0] += 1
                    if steps[0] > 900:
                        raise RecursionError
                    ends, called, (kind, x) = scripts[program][min(k, len(scripts[program]) - 1)]
                    seen = 0 if how == "one look" else len(log)
                    if ends == "later":
                        ends = seen >= x
                    given = [own[0] + x, seen] if kind == "more" else [x, own[0]]
                    if ends and how != "end late":
                        break
                    k += 1
                    acts = called == "ACT"
                    if acts:
                        log.append(own if how == "acts with its own" else given)
                    elif how == "caller first":
                        later.append((called, given))
                    else:
                        last = call(called, own if how == "own arguments" else given,
                                    k if how == "state goes along" else 0)  # fmt: skip
                        own = last if how == "callee's arguments" else own
                        k = 0 if how == "caller afresh" else k
                    if how == "arguments overwritten":
                        own = given
                    lost = "gone after an act" if acts else "gone after a call"
                    if ends or how == lost:
                        break
                for waiting in reversed(later):
                    call(*waiting)
                return own

            try:
                call(program, list(arguments))
            except RecursionError:
                return None, None
            return log, steps[0]

        def tale(arguments=(3, 0)):
            """A program of acts and calls, by chance."""
            x = [int(each) for each in rng.permutation(40)[:9] + 2]
            return {
                "MAIN": [[False, "ACT", ["more", x[0]]], [False, "SUB", ["more", x[1]]],
                         [False, "NOP", ["set", x[2]]], [False, "ACT", ["more", x[3]]],
                         [False, "SUB", ["set", x[4]]], [True, "ACT", ["set", 99]]],
                "SUB": [[False, "ACT", ["more", x[5]]], [False, "LEAF", ["more", x[6]]],
                        [False, "ACT", ["more", x[7]]], [True, "ACT", ["set", 98]]],
                "LEAF": [[False, "ACT", ["more", x[8]]], [True, "ACT", ["set", 97]]],
                "NOP": [[True, "ACT", ["set", 96]]],
            }  # fmt: skip

        def judged(scripts, arguments=(3, 0), spare=50, counted=True):
            log, steps = expanded(scripts, "MAIN", arguments)
            answer = ask(scripts=scripts, program="MAIN", arguments=list(arguments),
                         max_steps=steps + spare)  # fmt: skip
            shown = {"function": "run", "expected": log, "got": answer["log"]}
            mark.that(answer["ended"] != "recursion", kind="endless", message="It calls itself without "
                      "end (RecursionError).", function="run")  # fmt: skip
            mark.that("ACT" not in answer["strange"], kind="wrong_rule", message="ACT got a place on the "
                      "stack, and was asked what it does. It is no program: the pad does it at once.",
                      function="run")  # fmt: skip
            mark.that(not answer["strange"], kind="wrong_argument", message="The network was asked about "
                      f"{answer['strange'][:1]}, which is none of its programs.", function="run")  # fmt: skip
            mark.that(all(len(each) == 2 for each in answer["log"]), kind="shape", message="The "
                      "arguments of an act are handed to the pad one by one.", **shown)  # fmt: skip
            if arguments[0]:
                without, _ = expanded(scripts, "MAIN", (0, 0))
                mark.that(answer["log"] != without or log == without, kind="wrong_argument", message="The "
                          "first program has arguments, too.", **shown)  # fmt: skip
            for kind, how, message in (
                ("late_evaluation", "end late", "Something was called in a step that ends. The end is "
                 "asked for *before* the call."),
                ("stale", "caller afresh", "After a call its caller began again from the start: its state "
                 "was lost."),
                ("stale", "state goes along", "A program that is called has to begin with a fresh state, "
                 "None; here it went on with its caller's."),
                ("wrong_argument", "own arguments", "A call was run with its caller's arguments."),
                ("wrong_argument", "callee's arguments", "After a call its caller went on with the "
                 "arguments of what it had called."),
                ("overwritten", "arguments overwritten", "A program went on with the arguments of what it "
                 "had done or called: its own were overwritten."),
                ("wrong_argument", "acts with its own", "An act was done with the arguments of the program "
                 "that does it. `decide` says those of the act."),
                ("stale", "one look", "Every question was asked with what was seen at the start. Look at "
                 "the pad before each."),
                ("early_stop", "gone after an act", "After an act its program did not go on. What is taken "
                 "off the stack has to be put back, unless it ends."),
                ("early_stop", "gone after a call", "It was over at the first end of a program. Who called "
                 "that one waits below it on the stack, and goes on."),
                ("wrong_order", "caller first", "A caller went on before what it had called. The called "
                 "program lies on top."),
            ):  # fmt: skip
                other, _ = expanded(scripts, "MAIN", arguments, how)
                if other is not None and other != log:
                    mark.that(answer["log"] != other, kind=kind, message=message, **shown)
            mark.that(not answer["confused"], kind="stale", message="A program was handed the state of "
                      "another. Each place on the stack has its own.", **shown)  # fmt: skip
            mark.that(answer["log"][: len(log)] == log or answer["ended"] == "returned",
                      kind="no_update", message="It did not end. Is the caller's new state put back "
                      "onto the stack, and not its old one?", **shown)  # fmt: skip
            short = len(answer["log"]) < len(log) and answer["log"] == log[: len(answer["log"])]
            mark.that(not short, kind="early_stop", message="It stopped too early. A run is over when "
                      "the stack is empty.", **shown)  # fmt: skip
            mixed = sorted(str(each[0]) for each in answer["log"]) == sorted(str(a) for a, _ in log)
            mark.that(not mixed or answer["log"] == log, kind="wrong_order", message="The right acts, in another "
                      "order. What was called last runs until it ends; then its caller goes on.",
                      **shown)  # fmt: skip
            mark.that(answer["log"] == log, kind="wrong_value", message="Those are not the acts that "
                      "should have been done.", **shown)  # fmt: skip
            mark.that(answer["ended"] != "emptied", kind="out_of_range", message="All acts are done, and "
                      "then something was taken off an empty stack. Then the run is over.", **shown)  # fmt: skip
            mark.that(answer["ended"] == "returned", kind="out_of_range", message="All acts are done, "
                      "and then it did not end; or it stops before max_steps are spent.", **shown)  # fmt: skip
            if not counted:
                return
            mark.not_like(answer["steps"], len(log), steps, "missing_term", "That is how many acts there "
                     "were. Calls and ends were questions, too.", function="run")  # fmt: skip
            mark.not_like(answer["steps"], steps - 1, steps, "constant_offset", "One less than there were questions: "
                     "one that is answered by an end counts, too.", function="run")  # fmt: skip
            mark.close(answer["steps"], steps, kind="wrong_value", message="It should return how many "
                       "steps it took: how often it decided.", function="run")  # fmt: skip

        with mark.part("calls and returns", 1.5):
            judged({"MAIN": [[False, "ACT", ["more", 4]], [False, "ACT", ["more", 7]],
                             [True, "ACT", ["set", 99]]]}, counted=False)  # fmt: skip
            judged(tale())
        with mark.part("a deep stack", 0.75):
            mark.only_after("calls and returns")
            deep = 1500
            # It calls itself until so many acts are done; on the way back each of them acts once more.
            scripts = {"MAIN": [["later", "ACT", ["more", deep]], [False, "MAIN", ["more", 0]],
                                [False, "ACT", ["more", 1]], [True, "ACT", ["set", 99]]]}  # fmt: skip
            answer = ask(scripts=scripts, program="MAIN", arguments=[3, 0], max_steps=10 * deep)
            # an act's number is its caller's argument plus `deep`; MAIN hands its own on unchanged
            there = [[3 + deep, k] for k in range(deep)]
            back = [[3 + 1, deep + k] for k in range(deep)]
            mark.that(answer["ended"] != "recursion", kind="truncated", message=f"{deep} calls inside each "
                      "other: Python's own stack was full (RecursionError). Keep a list.",
                      function="run")  # fmt: skip
            mark.that(not answer["recursive"], kind="other_function", message=f"{deep} calls inside each "
                      "other lay on Python's own stack: `run` calls itself. Keep a list.",
                      function="run")  # fmt: skip
            mark.that(answer["log"] != there, kind="stale", message="On the way back nobody goes on where "
                      "it was: calls of the same program share a state. Each has its own.",
                      function="run")  # fmt: skip
            mark.that(answer["log"] == there + back and answer["ended"] == "returned",
                      kind="wrong_value", message=f"{deep} calls inside each other: not the acts that "
                      "should have been done.", function="run")  # fmt: skip
        with mark.part("a limit", 0.75):
            mark.only_after("calls and returns")
            for script in (
                [[False, "ACT", ["more", 1]]],
                [[False, "MAIN", ["more", 1]]],
            ):
                for limit in (40, 7):
                    answer = ask(scripts={"MAIN": script}, program="MAIN", arguments=[0, 0],
                                 max_steps=limit)  # fmt: skip
                    mark.that(answer["ended"] != "endless", kind="endless", message=f"It should stop after "
                              f"{limit} steps, and went on and on.", function="run")  # fmt: skip
                    mark.that(answer["ended"] == "stopped", kind="wrong_rule", message="A run that does "
                              "not end within max_steps should raise RuntimeError; it returned.",
                              function="run")  # fmt: skip
                    mark.that(answer["asked"] == limit, kind="constant_offset", message=f"max_steps was "
                              f"{limit}; it decided {answer['asked']} times.", function="run")  # fmt: skip


# ------------------------------------------------------------------------------------------------
# 11.6 and 11.7: predictions


@lab.exercise(
    "11.6",
    "Predict: longer than it ever saw",
    points=1,
    minutes=3,
    reread="week11.md#drift",
    hints=(
        "What is in the state after 3 turns of a loop? And after 400?",
        "It has not met the states of long loops. That alone need not be wrong.",
        "Any honest number counts.",
    ),
)
class Longer:
    def probe(student):
        return student.my_prediction_of_the_sums()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 100)


@lab.exercise(
    "11.7",
    "Predict: all that can happen",
    points=1,
    minutes=3,
    reread="week11.md#contexts",
    hints=(
        "In one call of the recursive ADD, which columns does it get to see?",
        "Two neighbouring columns, each with two symbols, and one carry.",
        "A product of five small numbers, and some do not occur.",
    ),
)
class Everything:
    def probe(student):
        return student.my_prediction_of_the_frames()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 10**30)


# ------------------------------------------------------------------------------------------------
# 11.8


@lab.exercise(
    "11.8",
    "Recursion, and a proof",
    points=3,
    minutes=25,
    reread="week11.md#contexts",
    hints=(
        "When should the recursive ADD do nothing at all? That is the call that ends all others.",
        "A carry is blank or the symbol 2. The result's cell is blank when ADD1 begins. One of the "
        "combinations never reaches ADD1.",
        "`verify`: for each context the right calls are as in your `add1`; a `does` that raises "
        "RuntimeError is wrong, too.",
    ),
)
class Proof:
    def probe(student, which, cells=None, pointers=None, right=(), table=(), among=()):
        from autograder.errors import StudentError

        if which == "add":
            return noted(student, "add", cells, pointers, most=12)

        def listed(found):
            """Rows of whole numbers; or a word for what came back in place of rows."""
            if found is None:
                return None
            if not hasattr(found, "__len__"):
                return type(found).__name__
            try:
                return [[whole(x) for x in each] for each in found]
            except TypeError:
                return type(found).__name__

        if which == "contexts":

            def locked(*_, **__):
                raise StudentError(
                    "borrowed",
                    "`every` comes from the library. Which symbols can be there, in each row?",
                )

            return {"got": listed(alone(student, "contexts", every=locked)())}
        does_there = {tuple(context): calls for context, calls in table}
        asked = []

        def does(context):
            context = tuple(whole(each) for each in context)
            asked.append(context)
            calls = does_there.get(context)
            if calls is None:
                raise RuntimeError("not ended after 100 steps")
            return [(name, tuple(arguments)) for name, arguments in calls]

        def lent_add1(t):
            """For whoever asks `add1` what is right."""
            for name, arguments in dict(by_symbols)[tuple(whole(each) for each in t.see())]:
                t.act(*arguments) if name == "ACT" else t.call(name)

        by_symbols = [(tuple(context), calls) for context, calls in right]
        among = [tuple(each) for each in among]
        lent = {"contexts": lambda: list(among), "add1": lent_add1}
        found = listed(alone(student, "verify", **lent)(does, list(among)))
        beyond = [each for each in asked if each not in set(among)]
        return {"got": found, "asked": len(set(asked) & set(among)), "beyond": beyond[:1]}

    def verdict(ask, rng, mark):
        every = [
            (a, b, c, 0) for a, b, c in itertools.product(range(11), range(11), (0, 2)) if a + b + c
        ]

        def recursive(symbols, right, last=False):
            cells = np.zeros((4, 8), int)
            if not last:
                cells[:3, 3:6] = rng.integers(2, 9, (3, 3))
            cells[:3, 6] = symbols
            answer = ask(which="add", cells=cells, pointers=np.array([6, 6, 6, 6]))
            said = answer["said"]
            mark.that(not answer["astray"], kind="other_function", message=answer["astray"],
                      function="add")  # fmt: skip
            shown = {"given": {"symbols": (*symbols, 0), "that is": column(symbols)}, "function": "add",
                     "got": [in_words(each) for each in said]}  # fmt: skip
            once, turn = [["ADD1"], ["LSHIFT"], ["ADD"]], [["ADD1"], ["LSHIFT"]]
            if not right:
                mark.that(not said, kind="early_stop" if said == turn else "endless",
                          message="All is blank: nothing should be called. Without this case the calls "
                          "never end.", **shown)  # fmt: skip
                return
            mark.that(bool(said), kind="early_stop", message="There is something to add in this column, "
                      "and nothing was called.", **shown)  # fmt: skip
            mark.that(said[:4] != turn * 2, kind="wrong_rule", message="That is the loop. Do one column, "
                      "and call ADD for the rest.", **shown)  # fmt: skip
            mark.that(not last or said != turn, kind="early_stop", message="The next column is blank, and "
                      "ADD was not called for it. Whether something is left is for the inner call to see.",
                      **shown)  # fmt: skip
            mark.that(said != turn, kind="missing_term", message="One column is done. Who does the "
                      "others?", **shown)  # fmt: skip
            mark.that(sorted(said) != sorted(once) or said == once, kind="wrong_order",
                      message="The right calls, in another order: first this column, then one to the "
                      "left, then the rest.", **shown)  # fmt: skip
            mark.that(
                said == once, kind="wrong_rule", message="Three calls were expected.", **shown
            )

        with mark.part("add", 1):
            recursive((3, 7, 0), True)
            recursive((4, 2, 0), True, last=True)
            recursive((0, 0, 0), False)

        def rows(got, shown):
            """Contexts as tuples, where contexts came back."""
            mark.that(got is not None, kind="missing", message="Nothing came back (None). Is there a "
                      "`return`?", **shown)  # fmt: skip
            mark.that(not isinstance(got, str), kind="wrong_type", message="A list of contexts was "
                      f"expected, each of four symbols; back came something else ({got}).", **shown)  # fmt: skip
            return [tuple(each) for each in got]

        with mark.part("contexts", 1):
            shown = {"function": "contexts"}
            got = rows(ask(which="contexts")["got"], shown)
            mark.that(all(len(each) == 4 for each in got), kind="shape", message="A context has four "
                      "symbols: first, second, carry, result.", **shown)  # fmt: skip
            mark.that(all(isinstance(x, int) for each in got for x in each), kind="wrong_type",
                      message="Symbols are whole numbers.", **shown)  # fmt: skip
            found, true = set(got), set(every)
            mark.that(len(found) > 0, kind="missing", message="The list is empty.", **shown)
            mark.that(len(found) == len(got), kind="double_counted", message="Some contexts are there "
                      "twice.", **shown)  # fmt: skip
            mark.that((0, 0, 0, 0) not in found, kind="out_of_range", message="When all is blank, ADD "
                      "does nothing, so ADD1 is never called.", **shown)  # fmt: skip
            carries = {each[2] for each in found}
            mark.that(carries <= {0, 2}, kind="magnitude", message="A carry is blank (0), or the digit 1, "
                      "whose symbol is 2. Nothing else is ever written there.", **shown)  # fmt: skip
            mark.that(all(each[3] == 0 for each in found), kind="magnitude", message="The result's cell "
                      "is always blank when ADD1 begins.", **shown)  # fmt: skip
            missing = sorted(true - found)
            mark.that(not missing, kind="truncated", message=f"{len(missing)} contexts are missing, such "
                      f"as {missing[:1]}. One number may be longer than the other; symbols go from 0 to "
                      "10.", **shown)  # fmt: skip
            mark.that(found == true, kind="out_of_range", message="Some of these never happen: "
                      f"{sorted(found - true)[:1]}.", **shown)  # fmt: skip

        def calls(context, fault=""):
            """What a machine's ADD1 does there; None where it never ends."""
            total = sum(max(0, x - 1) for x in context[:3])
            digit, carry = total % 10 + 1, [["CARRY", [0, 0, 0]]]
            write = [["ACT", [1, 4, digit]]]
            right = write + carry * (total >= 10)
            return {
                "": right,
                "another digit": [["ACT", [1, 4, digit % 10 + 1]], *right[1:]],
                "another row": [["ACT", [1, 3, digit]], *right[1:]],
                "a move, no writing": [["ACT", [2, 4, digit]], *right[1:]],
                "CARRY where none is due, or none where it is": write + carry * (total < 10),
                "another program is called": [*right[:-1], ["LSHIFT", right[-1][1]]],
                "the last call twice": right + right[-1:],
                "nothing is done": [],
                "it never ends": None,
            }[fault]

        def planted(faults, among=every):
            right = [[each, calls(each)] for each in every]
            table = [[each, calls(each, faults.get(each, ""))] for each in every]
            answer = ask(which="verify", right=right, table=table, among=among)
            given = {"faults": {f"{each}, {column(each)}": fault for each, fault in faults.items()}}
            shown = {"given": given, "function": "verify"}
            got = rows(answer["got"], shown)
            mark.that(not answer["beyond"], kind="out_of_range", message=f"`does` was asked about "
                      f"{answer['beyond']}, which is not among the contexts that were handed in.",
                      **shown)  # fmt: skip
            mark.that(answer["asked"] == len(among), kind="truncated", message=f"The machine was asked in "
                      f"{answer['asked']} contexts of {len(among)}. That is a test, not a proof.",
                      **shown)  # fmt: skip
            mark.that(set(got) <= set(among), kind="wrong_type", message="The contexts themselves should "
                      "be returned, as they were handed in.", got=got[:3], **shown)  # fmt: skip
            missed, accused = sorted(set(faults) - set(got)), sorted(set(got) - set(faults))
            for each in accused:
                mark.fail("wrong_rule", f"It found fault with {each}, {column(each)}, where the machine "
                          "is right.", **shown)  # fmt: skip
            for each in missed:
                mark.fail("missing_term", f"A wrong context was not found: {each}, {column(each)}, where "
                          f"the fault is “{faults[each]}”.", **shown)  # fmt: skip
            mark.that(len(got) == len(faults), kind="double_counted", message="Each context once, please.",
                      **shown)  # fmt: skip

        with mark.part("verify", 1):
            some = [every[k] for k in rng.permutation(len(every))]
            calm, carrying = some[:30], [each for each in some[30:] if len(calls(each)) == 2]
            planted({})
            planted({calm[0]: "another digit",
                     calm[1]: "CARRY where none is due, or none where it is"})  # fmt: skip
            planted({calm[2]: "another digit"}, among=calm)


# ------------------------------------------------------------------------------------------------
# 11.9


@lab.exercise(
    "11.9",
    "Exact again",
    points=2,
    minutes=15,
    reread="week11.md#explained",
    hints=(
        "The j-th shape of a row stands j steps to the right of the first.",
        'Repeat each command\'s numbers `count` times: `constants["size"][command]` with an array of the '
        "commands' numbers, such as [0, 1, 1, 2].",
        '`at = constants["at"][command] + turn * step` with `turn` as a column times (1, 0). Pictures '
        "are compared by `dp.mean((drawn - target) ** 2)`.",
    ),
)
class Exact:
    def probe(student, which, commands, at, size, step, target=None, softness=0.7, slopes=""):
        commands = [tuple(each) for each in commands]
        constants = {"at": at, "size": size, "step": step}
        if which == "unroll":
            run = alone(student, "unroll")
            if slopes:

                def total(x):
                    scene = run(commands, {**constants, slopes: x})
                    n = len(scene["at"])
                    ramp = np.arange(1.0, n + 1)
                    return (
                        dp.sum(scene["at"][:, 0] * ramp)
                        + dp.sum(scene["at"][:, 1] * ramp**3)
                        + dp.sum(scene["size"] * ramp**2)
                    )

                return {"got": numbers(dp.grad(total)(constants[slopes]))}
            scene = run(commands, constants)
            if not isinstance(scene, dict):
                return {"type": type(scene).__name__}
            names = ("at", "size", "turn", "colour")
            return {
                "type": "",
                "lacks": [name for name in names if name not in scene],
                "lists": [name for name in names if isinstance(scene.get(name), (list, tuple))],
                **{name: numbers(scene.get(name)) for name in names},
            }
        from dpkit import render

        canvas = render.Canvas(10, 12, (2.5, 2.0), 5.0)

        def lent_unroll(commands, constants):
            at, size, colour = [], [], []
            for k, (_, paint, count) in enumerate(commands):
                for j in range(count):
                    move = constants["step"][k] * np.array([float(j), 0.0])
                    at.append(constants["at"][k] + move)
                    size.append(constants["size"][k])
                    colour.append(paint)
            return {"at": dp.stack(at), "size": dp.stack(size), "turn": np.zeros(len(at)),
                    "colour": np.array(colour, float)}  # fmt: skip

        run = alone(student, "miss", unroll=lent_unroll, CANVAS=canvas)
        if slopes:
            got = dp.grad(lambda x: run(commands, {**constants, slopes: x}, target, softness))(
                constants[slopes]
            )
        else:
            got = run(commands, constants, target, softness)
        return {"got": numbers(got)}

    def verdict(ask, rng, mark):
        from dpkit import render

        paints = [(0.8, 0.2, 0.1), (0.1, 0.1, 0.1), (0.0, 0.4, 0.8)]

        def drawn(counts):
            n = len(counts)
            kinds = rng.permutation(["circle", "bar", "triangle", "arrow"]).tolist()
            commands = [[kinds[k], paints[k % 3], count] for k, count in enumerate(counts)]
            return {"commands": commands, "at": rng.uniform(0.5, 3.5, (n, 2)),
                    "size": rng.uniform(0.4, 0.9, n), "step": rng.uniform(0.6, 1.2, n)}  # fmt: skip

        def rolled(world):
            at, size, colour = [], [], []
            for (_, paint, count), (x, y), s, by in zip(
                world["commands"], world["at"], world["size"], world["step"], strict=True
            ):
                for j in range(count):
                    at.append((x + j * by, y))
                    size.append(s)
                    colour.append(paint)
            return np.array(at), np.array(size), np.array(colour)

        def unrolled(counts):
            world = drawn(counts)
            got = ask(which="unroll", **world)
            shown = {"given": {"counts": counts, "at": world["at"], "step": world["step"]},
                     "function": "unroll"}  # fmt: skip
            mark.that(got["type"] == "", kind="wrong_type", message="A dictionary was expected, as "
                      f"`render.render` takes it; back came a {got['type']}.", **shown)  # fmt: skip
            mark.that(not got["lacks"], kind="missing", message=f"The scene lacks {got['lacks']}.",
                      **shown)  # fmt: skip
            mark.that(not got["lists"], kind="wrong_type", message=f"{got['lists']}: arrays are wanted by "
                      "`render.render`, not lists. `np.array` or (alive) `dp.stack` make one.",
                      **shown)  # fmt: skip
            at, size, colour = rolled(world)
            turn = np.concatenate([np.arange(count) for count in counts])[:, None]
            by = np.repeat(world["step"], counts)[:, None]
            along = np.array([1.0, 0.0])
            bare = np.repeat(world["at"], counts, 0)
            for kind, wrong, message in (
                ("no_update", bare, "All shapes of a row stand at its first place."),
                ("wrong_rule", bare + turn * by, "The steps lead to the right only, not upwards."),
                ("transposed", bare + turn * by * along[::-1], "That is upwards. A row goes to the right."),
                ("constant_offset", bare + (turn + 1) * by * along, "The first shape stands where the "
                 "command says; steps come after it."),
                ("sign", bare - turn * by * along, "That is to the left."),
                ("stale", bare + np.minimum(turn, 1) * by * along, "Only one step was made: the j-th "
                 "shape stands j steps away."),
                ("truncated", world["at"], "One shape for each command: the loops are not unrolled."),
            ):  # fmt: skip
                if np.shape(wrong) != at.shape or not np.allclose(wrong, at):
                    mark.not_like(got["at"], wrong, at, kind, message, **shown)
            mark.close(got["at"], at, kind="wrong_value", message="Not the places of the shapes.",
                       **shown)  # fmt: skip
            mark.close(got["size"], size, kind="wrong_value", message="The places are right, the sizes "
                       "are not.", **shown)  # fmt: skip
            mark.close(got["turn"], np.zeros(len(at)), kind="wrong_value", message="`turn` is an angle for "
                       "each shape. All stand upright: 0.", **shown)  # fmt: skip
            mark.close(got["colour"], colour, kind="wrong_value", message="Each shape has the colour of "
                       "its command.", **shown)  # fmt: skip

        with mark.part("unroll", 0.75):
            unrolled([1, 3, 2])
        with mark.part("unroll, on a tape", 0.25):
            mark.only_after("unroll")
            world = drawn([1, 3, 2])
            ramp = np.arange(1.0, 7)
            turn = np.array([0, 0, 1, 2, 0, 1])
            owner = np.array([0, 1, 1, 1, 2, 2])
            by_step = np.bincount(owner, ramp * turn)
            by_size = np.bincount(owner, ramp**2)
            by_at = np.stack([np.bincount(owner, ramp), np.bincount(owner, ramp**3)], -1)
            for name, truth in (("step", by_step), ("size", by_size), ("at", by_at)):
                got = ask(which="unroll", **world, slopes=name)["got"]
                judge_slope(mark, got, truth, f"The scene is right, but its gradient by the {name}",
                            function="unroll")  # fmt: skip

        canvas = render.Canvas(10, 12, (2.5, 2.0), 5.0)

        def picture(world, softness):
            at, size, colour = rolled(world)
            kinds = [kind for kind, _, count in world["commands"] for _ in range(count)]
            scene = {"at": at, "turn": np.zeros(len(at)), "size": size, "colour": colour}
            return np.asarray(render.render(kinds, scene, canvas, softness))

        def missed(counts, softness):
            world, target = drawn(counts), rng.uniform(0, 1, (10, 12, 3))
            got = ask(which="miss", **world, target=target, softness=softness)["got"]
            off = picture(world, softness) - target
            right = float(np.mean(off**2))
            shown = {"given": {"counts": counts}, "function": "miss"}
            first = [[world["commands"][0][0], *rest] for _, *rest in world["commands"]]
            same = picture({**world, "commands": first}, softness) - target
            for kind, wrong, message in (
                ("wrong_argument", np.mean(same**2), "All shapes are drawn as the first kind. Each command "
                 "has its own."),
                ("not_summed", np.sum(off**2), "The mean, not the sum."),
                ("magnitude", math.sqrt(right), "The mean square, without the root."),
                ("wrong_rule", np.mean(np.abs(off)), "Squares, not absolute values."),
                ("wrong_rule", np.mean(off), "Differences of opposite signs cancel. Square them."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the mean squared difference. Is each "
                       "kind there as often as it is drawn, is CANVAS the canvas, and the softness passed "
                       "on?", **shown)  # fmt: skip

        with mark.part("miss", 0.75):
            missed([1, 2], 0.7)
            missed([2, 1], 1.3)
        with mark.part("miss, on a tape", 0.25):
            mark.only_after("miss")
            world, target = drawn([1, 3]), rng.uniform(0, 1, (10, 12, 3))
            for name in ("step", "at", "size"):
                got = ask(which="miss", **world, target=target, softness=0.7, slopes=name)["got"]

                def loss(x, name=name):
                    return float(np.mean((picture({**world, name: x}, 0.7) - target) ** 2))

                judge_slope(mark, got, nudged(loss, world[name], 1e-5), "The value is right, but its "
                            f"gradient by {name!r}", function="miss")  # fmt: skip
