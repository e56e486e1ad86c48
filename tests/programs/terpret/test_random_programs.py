"""Programs that chance wrote: on numbers, on certain distributions and in plain Python, all agree."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dpkit.programs import terpret

HEAD = """
x = Input({n})[2]; p = Param({n})[{n}]; y = Output({n})
v = Var({n})[{count}]
@Runtime([{n}, {n}], {n})
def F(a, b): return (a + 2 * b + 1) % {n}
@Runtime([{n}, {n}], 2)
def LESS(a, b): return int(a < b)
v[0].set_to(x[0])
v[1].set_to(x[1])
"""
WAYS = {
    "apply": "v[{k}].set_to(F(v[{a}], v[{b}]))",
    "literal": "v[{k}].set_to({c})",
    "if": "if v[{a}] == {c}: v[{k}].set_to(v[{b}])\nelse: v[{k}].set_to(F(v[{b}], v[{a}]))",
    "elif": "if v[{a}] == {c}: v[{k}].set_to(v[{b}])\n"
    "elif v[{a}] == {d}: v[{k}].set_to(p[0])\nelse: v[{k}].set_to(v[{a}])",
    "question": "if LESS(v[{a}], v[{b}]) == 1: v[{k}].set_to(v[{a}])\nelse: v[{k}].set_to(v[{b}])",
    "with": "with v[{a}] as i{k}: v[{k}].set_to(p[i{k}])",
    "two": "with v[{a}] as i{k}, v[{b}] as j{k}: v[{k}].set_to(({c} * i{k} + j{k}) % {n})",
}


def plainly(way, v, p, n, a, b, c, d):
    """What a statement gives, by hand."""
    match way:
        case "apply":
            return (v[a] + 2 * v[b] + 1) % n
        case "literal":
            return c
        case "if":
            return v[b] if v[a] == c else (v[b] + 2 * v[a] + 1) % n
        case "elif":
            return v[b] if v[a] == c else p[0] if v[a] == d else v[a]
        case "question":
            return min(v[a], v[b])
        case "with":
            return p[v[a]]
    return (c * v[a] + v[b]) % n


@st.composite
def programs(draw):
    n = draw(st.integers(2, 4))
    value = st.integers(0, n - 1)
    steps = []
    for k in range(2, 2 + draw(st.integers(1, 6))):
        earlier = st.integers(0, k - 1)
        c = draw(value)
        d = draw(value.filter(lambda other, c=c: other != c))
        steps.append((draw(st.sampled_from([*WAYS])), draw(earlier), draw(earlier), c, d))
    return n, steps, draw(st.lists(value, min_size=n, max_size=n))


@given(programs())
@settings(max_examples=40, deadline=None)
def test_all_three_agree(written):
    n, steps, p = written
    count = 2 + len(steps)
    source = HEAD.format(n=n, count=count) + "".join(
        WAYS[way].format(k=k, a=a, b=b, c=c, d=d, n=n) + "\n"
        for k, (way, a, b, c, d) in enumerate(steps, 2)
    ) + f"y.set_to(v[{count - 1}])\n"  # fmt: skip
    program = terpret.Program(source)
    x = np.array(list(np.ndindex(n, n)))
    soft = {
        space: program.marginals(
            program.certain_params({"p": p}), {"x": torch.as_tensor(x)}, space=space
        )["y"]
        for space in ("linear", "log")
    }
    for k, start in enumerate(x.tolist()):
        v = list(start)
        for way, a, b, c, d in steps:
            v.append(plainly(way, v, p, n, a, b, c, d))
        assert program.run({"p": p}, {"x": start}) == {"y": v[-1]}
        assert program.trace({"p": p}, {"x": start})["v"].tolist() == v
        for found in soft.values():
            found = found.expand(-1, len(x), -1)
            assert found[0, k].argmax() == v[-1] and found[0, k, v[-1]] > np.log(0.999)
