"""A printed program says what the program does: read as it stands, it computes the same."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpkit.programs import terpret

NAMES = "abc"
HEAD = """
x = Input(3)[3]; y = Output(3)[3]; p = Param(3)[4]; q = Param(3)[3]
a = Var(3)[5]; b = Var(3)[5]; c = Var(3)[5]
@Runtime([3, 3], 3)
def F(u, v): return (u + 2 * v + 1) % 3
a[0].set_to(x[0]); b[0].set_to(x[1]); c[0].set_to(x[2])
"""


def _loop(match):
    name, first, last, step = match.groups()
    step = int(step or 1)
    return f"for {name} in range({first}, {int(last) + np.sign(step)}, {step}):"


def read(text, **values):
    """Runs a listing, line by line as a reader would: each name is one place that is written over.
    `goto` writes into b."""
    env = {**values, "F": lambda u, v: (u + 2 * v + 1) % 3, "y": [None] * 3}
    lines, built, blocks = text.splitlines(), [], {}
    held = {name for name in NAMES if re.search(rf"^ *{name}\[", text, re.MULTILINE)}
    env |= {name: [None] * 5 for name in held}
    for line in lines:
        indent, said = re.match(r"( *)(.*)", line).groups()
        for deep in [each for each in blocks if len(each) > len(indent)]:
            del blocks[deep]
        said = re.sub(r"^repeat (\d+) times:", r"for _ in range(\1):", said)
        said = re.sub(r"^for (\w+) from (\S+) to (\S+?)(?: by (\S+))?:", _loop, said)
        said = said.replace(": nothing changes", ": pass")
        said = re.sub(r"^goto L(\d)", r"b = \1", said)
        said = re.sub(r"^L(\d):", r"when b is \1:", said)
        when = re.match(r"when (.*) is (\d):", said)
        if when:  # one of the blocks is done
            if blocks.get(indent) != when[1] or when[2] == "0":
                built.append(f"{indent}opened_{len(indent)} = {when[1]}")
            blocks[indent] = when[1]
            said = f"if opened_{len(indent)} == {when[2]}:"
            built += [indent + said, f"{indent}    pass"]
            continue
        if said:
            blocks.pop(indent, None)
        built.append(indent + said)
    exec("\n".join(built), env)
    return env["y"]


@st.composite
def programs(draw):
    lines, done = [], []
    for name in draw(st.permutations(NAMES)):
        lines += draw(statements(name, tuple(done)))
        done.append(name)
    loop = "for t in range(4):\n" + "".join(f"    {line}\n" for line in lines)
    names, times = st.sampled_from(NAMES), st.sampled_from([4, 4, 4, 2])
    return HEAD + loop + "".join(
        f"y[{k}].set_to({draw(names)}[{draw(times)}])\n" for k in range(3)
    )  # fmt: skip


@st.composite
def statements(draw, name, done):
    """What a variable is next. done: those of which the next values are known already."""

    def pick(values):
        return draw(st.sampled_from(values))

    def some(names=NAMES):
        other = pick(names)
        return f"{other}[t + 1]" if other in done and pick([True, False]) else f"{other}[t]"

    def value():
        return pick([f"{name}[t]", some(), f"F({some()}, {some()})", pick("012"), "p[3]"])

    def line(expression=None):
        return f"{name}[t + 1].set_to({expression or value()})"

    others = "b" + NAMES.replace(name, "")  # only into b is jumped
    match pick(["set", "param", "if", "table", "opened", "both"]):
        case "set":
            return [line()]
        case "param":
            return [f"if p[{pick('012')}] == {pick('012')}: {line()}", f"else: {line()}"]
        case "if":
            return [f"if {some()} == {pick('012')}: {line()}", f"else: {line()}"]
        case "table":
            return [f"with {some(others)} as i_{name}: " + line(f"q[i_{name}]")]
        case "opened":
            return [f"with {some()} as i_{name}: " + line(f"F(i_{name}, {some()})")]
    asked = f"    if q[i_{name}] == {pick('012')}: {line()}"
    return [f"with b[t] as i_{name}:", asked, f"    else: {line()}"]


@given(programs(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_the_printed_program_computes_the_same(source, seed):
    program, rng = terpret.Program(source), np.random.default_rng(seed)
    for _ in range(4):
        params = {"p": rng.integers(0, 3, 4), "q": rng.integers(0, 3, 3)}
        text = program.listing(params)
        for _ in range(3):
            x = rng.integers(0, 3, 3).tolist()
            truth = program.run(params, {"x": x})["y"].tolist()
            assert read(text, x=x, **params) == truth, text


def test_an_old_value_is_not_read_where_the_new_one_stands():
    """Two variables change places: neither `a = b; b = a` nor the other way round does it."""
    swap = HEAD + (
        "for t in range(3):\n    a[t + 1].set_to(b[t])\n    b[t + 1].set_to(a[t])\n"
        "    c[t + 1].set_to(p[0])\n"
        "y[0].set_to(a[3]); y[1].set_to(b[3]); y[2].set_to(c[3])\n"
    )
    text = terpret.Program(swap).listing({"p": [2, 0, 0, 0], "q": [0, 0, 0]})
    assert "    a[t + 1] = b\n    b = a[t]\n    c = 2\n" in text
    assert read(text, x=[0, 1, 2]) == [1, 0, 2]


@pytest.mark.parametrize(("index", "size"), [("i + 1", 4), ("(2 * i) % 3", 3), ("2 - i", 3)])
def test_an_index_may_be_computed(index, size):
    source = (
        f"x = Input(3); y = Output(3); q = Param(3)[{size}]\nwith x as i: y.set_to(q[{index}])\n"
    )
    q = np.arange(size)[::-1] % 3
    text = terpret.Program(source).listing({"q": q})
    for i in range(3):
        assert f"when x is {i}:\n    y = {q[eval(index)]}\n" in text


def test_a_loop_says_its_steps_and_constants_are_numbers():
    source = """
N = 3
x = Input(3)[6]; y = Output(3)[6]; p = Param(3)
for k in range(4, -1, -2): y[k].set_to(x[N - 2 + k])
for k in range(1, 6, 2): y[k].set_to(p)
"""
    text = terpret.Program(source + "for k in range(3, 3): y[k].set_to(p)\n").listing({"p": 2})
    assert text.count("for k") == 2  # the third has no turns
    assert "for k from 4 to 0 by -2:\n    y[k] = x[1 + k]" in text
    assert "for k from 1 to 5 by 2:\n    y[k] = 2" in text
