"""The operators of `Scalar`: every row of the table, printed into a function of its own.

A row of `dpkit.rules` is text: ``x * y``, with the slopes ``y`` and ``x``. An engine could look it
up each time it multiplies, but looking up takes far longer than multiplying. So the text is put
through a *stencil*, once, when dpkit is imported: there is one for an operation between two
numbers, one for a constant on the left, and one for functions of a single number. What comes out
has no look-ups left, and cannot disagree with the table, of which it is a copy.

Every stencil asks first whether the common case is at hand: floats, on a tape that is still being
written. If not, or if something goes wrong, it steps aside for the engine's general way, which
knows all cases and all error messages. ``inspect.getsource(Scalar.__mul__)`` shows what was made.
"""

from __future__ import annotations

import ast
import linecache
import math
from collections.abc import Callable
from typing import Any

from dpkit import functions
from dpkit.number import Arithmetic
from dpkit.rules import RULES, Rule

__all__ = ["add_operators"]

# A leaf that has a row on some tape carries the serial number of that tape. `meet` gives it a row
# where it has none yet. If the case is not so simple, `meet` answers None, which has no cells; and a
# computed number, which is at home on one tape, has no serial number for another. Both end as an
# AttributeError, and that as the general way.

_BETWEEN_TWO = '''\
def {method}(self, other):
    """Write a row of the tape for `{value}`."""
    if other.__class__ is Scalar:
        try:
            tape = other._tape
            if tape is not self._tape:
                if tape is None:
                    tape = self._tape
                    if other._serial != tape.serial:
                        tape = meet(self, other)
                elif self._serial != tape.serial:
                    tape = meet(self, other)
            elif tape is None:
                tape = meet(self, other)
            {write_both}
    elif other.__class__ is float or other.__class__ is int:
        try:
            tape = self._tape
            if tape is None or tape.closed:
                tape = meet(self, self)
            {write_x}
    return self._binary("{name}", self, other)
'''

_CONSTANT_FIRST = '''\
def {method}(self, other):
    """Write a row of the tape for `{value}`, where x is a constant."""
    if other.__class__ is float or other.__class__ is int:
        try:
            tape = self._tape
            if tape is None or tape.closed:
                tape = meet(self, self)
            {write_y}
    return self._binary("{name}", other, self)
'''

_ALONE = '''\
def {method}(self):
    """Write a row of the tape for `{value}`."""
    try:
        tape = self._tape
        if tape is None or tape.closed:
            tape = meet(self, self)
        {write_alone}
    return general(self, "{name}", self)
'''

_WRITE = """\
{guard}{operands}
            z = {value}
            cells = tape.cells
            result = new()
            result._cell = len(cells)
            cells.extend((0.0, "{name}", z, {row}))
            result._tape = tape
            result.data = z
            return result
        except (ArithmeticError, AttributeError, ValueError):
            pass  # the general way goes further, or says what is wrong"""

_GUARD = """\
if not tape.plain:
                raise ArithmeticError
            """

_ROWS = {
    "write_both": ("x, y = self.data, other.data", "self._cell, {dx}, other._cell, {dy}"),
    "write_x": ("x, y = self.data, float(other)", "self._cell, {dx}, 0, y"),
    "write_y": ("x, y = float(other), self.data", "0, x, self._cell, {dy}"),
    "write_alone": ("x = self.data", "self._cell, {dx}, 0, 0.0"),
}

_SYMBOLS = {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "power": "pow"}
_FUNCTIONS_ALONE = {"neg": "__neg__", "abs": "__abs__"}

# What the words of the table mean for floats.
_WORDS: dict[str, Any] = {
    **functions._ON_FLOATS,
    "nan": math.nan,
    "len": len,
}


def add_operators(
    engine: type, new: Callable[..., Any], meet: Callable[..., Any]
) -> dict[str, Callable[[Any], Any]]:
    """Give the engine an operator, or a method, for every row of the table.

    new: makes an empty number. meet: see above. Returns the functions of one number, by name.
    """
    words = {**_WORDS, "Scalar": engine, "new": new, "meet": meet, "general": Arithmetic._apply}
    alone = {}
    for rule in RULES.values():
        if len(rule.partials) == 1:
            method = _FUNCTIONS_ALONE.get(rule.name, rule.name)
            alone[rule.name] = _add(engine, words, rule, _ALONE, method)
        elif rule.name in _SYMBOLS:
            _add(engine, words, rule, _BETWEEN_TWO, f"__{_SYMBOLS[rule.name]}__")
            _add(engine, words, rule, _CONSTANT_FIRST, f"__r{_SYMBOLS[rule.name]}__")
    return alone


class _Choices(ast.NodeTransformer):
    """Of a float, ``where(c, a, b)`` asks no more than ``a if c else b``."""

    def visit_Call(self, call: ast.Call) -> ast.AST:
        self.generic_visit(call)
        if isinstance(call.func, ast.Name) and call.func.id == "where":
            return ast.IfExp(*call.args)
        return call


def _for_floats(text: str) -> str:
    return ast.unparse(_Choices().visit(ast.parse(text, mode="eval")))


def _add(engine: type, words: dict[str, Any], rule: Rule, stencil: str, method: str) -> Any:
    value, dx, *dy = map(_for_floats, rule.text)
    blanks = {"name": rule.name, "method": method, "value": value, "dx": dx, "dy": "".join(dy)}
    # The words are those of floats; only bare arithmetic serves numbers within numbers too.
    blanks["guard"] = _GUARD if "(" in "".join(rule.text) else ""
    for blank, (operands, row) in _ROWS.items():
        lines = _WRITE.format(operands=operands, row=row.format(**blanks), **blanks)
        blanks[blank] = lines.replace("\n    ", "\n") if stencil is _ALONE else lines
    text = stencil.format(**blanks)
    place = f"<dpkit rule {rule.name}: {method}>"
    # Where the `inspect` module, and a traceback, look for the source of code without a file.
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    made: dict[str, Any] = {}
    exec(compile(text, place, "exec"), words, made)
    setattr(engine, method, made[method])
    return made[method]
