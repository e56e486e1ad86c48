"""Print a recorded function and its gradient as a program without loops, calls or containers.

The statements of f come first, then, from the last to the first, those of the chain rule. For
Peyré's example, ``b = t2 * exp(t1)`` and ``f = b * sqrt(t1 + b)``, the text is::

    def gradient_of_f(t1, t2):
        v1 = math.exp(t1)
        v2 = t2 * v1
        v3 = math.sqrt(t1 + v2)
        d4 = v2 * (0.5 / v3)
        dv2 = v3 + d4
        dt2 = dv2 * v1
        dt1 = d4 + dv2 * t2 * v1
        return v2 * v3, (dt1, dt2)

where dv2 is the *adjoint* of v2, the derivative of the result with respect to it. This is Wengert's
tape, unrolled once and for all (Griewank & Walther, "Evaluating Derivatives", 2nd edition, SIAM
2008, chapter 6). The expressions are those of `dpkit.rules`, with names in the places of x, y, z
and g. Nothing is computed that is not needed; what is mentioned once is written where it is
mentioned; an adjoint is the sum of all that its value's users send back.

**Columns.** A number may stand for a whole column, one value for each row of a batch. Functions of
columns are numpy's, and an adjoint that passes from a column to a number which all rows share is
summed over the rows.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Any

from dpkit.compiled.symbol import Place, Record
from dpkit.compiled.templates import PRODUCT, SIGN, SUM, Piece, Template, constant, fill, template
from dpkit.rules import RULES

__all__ = ["Turn", "print_gradient"]

_LONG = 24  # operations in an expression, and terms in a sum, before it gets a line of its own

# Operations of two operands whose text becomes shorter where one of them is known.
_FOLDED = {name for name, rule in RULES.items() if any("where" in text for text in rule.text[2:])}


class Turn(Exception):
    """What a printed function raises when a comparison goes another way than in the record.

    number: which of the guards, from 0.
    rows: True for each row of the batch that goes the other way; None if all do.
    """

    def __init__(self, number: int, rows: Any = None) -> None:
        super().__init__(number)
        self.number = number
        self.rows = rows


def print_gradient(
    title: str,
    record: Record,
    output: Place,
    names: Sequence[str],
    wanted: Sequence[bool],
    columns: Sequence[bool],
) -> str:
    """The text of a module with one function, ``title(*names)``, that does what was recorded.

    output: the row of the result, or the result if it is a constant.
    names: of the inputs. wanted: True for each whose derivative is to be computed. columns: True
    for each that stands for a column; if any does, the function takes the number of rows first.

    The function returns the value and a tuple of the wanted derivatives; of the sum over all rows,
    if there are columns. It raises `Turn` at the first guard that comes out otherwise.
    """
    names = _usable(list(names))
    printer = _Printer(record, output, names, wanted, columns)
    printer.survey()
    value = printer.forward()
    gradient = printer.backward()
    arguments = ["rows", *names] if any(columns) else names
    lines = [
        f"def {title}({', '.join(arguments)}):",
        *printer.lines,
        f"return {value}, ({', '.join(gradient)}{',' * (len(gradient) == 1)})",
    ]
    body = "\n    ".join(lines).replace("+ -", "- ") + "\n"
    imports = {
        "math.": "import math\n",
        "np.": "import numpy as np\n",
        "dpkit.s": "import dpkit\n",
        "Turn(": "from dpkit.compiled.straightline import Turn\n",
    }
    header = "".join(line for word, line in imports.items() if word in body)
    return header + "\n\n" * bool(header) + body


_TAKEN = re.compile(r"d?v\d+|d\d+|rows|math|np|dpkit|Turn|abs|max|min")


def _usable(names: list[str]) -> list[str]:
    """Names for the inputs: these, unless one of them or of their adjoints' is taken."""
    every = names + [f"d{name}" for name in names]
    usable = (
        name.isidentifier() and not keyword.iskeyword(name) and not _TAKEN.fullmatch(name)
        for name in every
    )
    if len(set(every)) == len(every) and all(usable):
        return names
    return [f"x{k}" for k in range(len(names))]


class _Printer:
    """Writes the lines of one program. A row of the record is called k, a place in it p."""

    def __init__(
        self,
        record: Record,
        output: Place,
        names: Sequence[str],
        wanted: Sequence[bool],
        columns: Sequence[bool],
    ) -> None:
        self.rows = record.rows
        self.guards = list(record.guards.items())
        self.output = output
        self.inputs = len(names)
        self.batch = any(columns)
        self.active = list(wanted)  # does the value vary with an input whose adjoint is wanted?
        self.column = list(columns)
        for row in self.rows[self.inputs :]:
            parents = [p for p in row[1:] if type(p) is int]
            self.active.append(any(self.active[p] for p in parents))
            self.column.append(any(self.column[p] for p in parents))
        self.reached = [False] * len(self.rows)  # is the adjoint of the row needed?
        self.uses = [0] * len(self.rows)  # how often is its value mentioned?
        self.pieces: list[Piece | None] = [
            Piece(name, column=column) for name, column in zip(names, columns, strict=True)
        ]
        self.pieces += [None] * (len(self.rows) - self.inputs)
        self.lines: list[str] = []
        self.named: set[str] = set()

    def form(self, k: int, part: int, seed: bool = False) -> Template:
        name, *places = self.rows[k]
        known: list[Any] = [None, None]
        if name in _FOLDED:
            known = [p if type(p) is float else None for p in places] + [None]
        return template(name, part, self.column[k], known[0], known[1], 1.0 if seed else None)

    def places(self, k: int) -> dict[str, Piece]:
        """What stands in the places x, y, z of row k's templates."""
        places = {"z": self.pieces[k]}
        for word, p in zip("xy", self.rows[k][1:], strict=False):
            places[word] = self.pieces[p] if type(p) is int else constant(p)
        return places  # type: ignore[return-value]  # what is mentioned has been written before

    def parents(self, k: int) -> list[tuple[int, int]]:
        """The operands of row k that receive a share of its adjoint: (part of the rule, row)."""
        operands = enumerate(self.rows[k][1:], 1)
        return [(part, p) for part, p in operands if type(p) is int and self.active[p]]

    def survey(self) -> None:
        """Find out which adjoints are needed, and how often each value will be mentioned."""
        uses, reached = self.uses, self.reached
        if type(self.output) is int:
            uses[self.output] += 1
            reached[self.output] = self.active[self.output]
        for (_, *compared), _ in self.guards:
            for p in compared:
                if type(p) is int:
                    uses[p] += 2  # twice, so that it gets a name
        for k in range(len(self.rows) - 1, self.inputs - 1, -1):
            place = dict(zip("xyz", (*self.rows[k][1:], None, None), strict=False)) | {"z": k}
            if reached[k]:
                for part, p in self.parents(k):
                    reached[p] = True
                    for word in self.form(k, part).mentions:
                        if word != "g" and type(place[word]) is int:
                            uses[place[word]] += 2
            if uses[k]:
                for word, times in self.form(k, 0).mentions.items():
                    if type(place[word]) is int:
                        uses[place[word]] += times

    def forward(self) -> str:
        """Write the statements of f; the text of its value is returned."""
        guards = enumerate(self.guards)
        guard = next(guards, None)
        for k in range(self.inputs, len(self.rows) + 1):
            while guard and guard[1][1][0] <= k:
                self.guard(*guard)
                guard = next(guards, None)
            if k < len(self.rows) and self.uses[k]:
                piece = fill(self.form(k, 0), self.places(k))
                if self.uses[k] > 1 or piece.size >= _LONG:
                    piece = self.let(f"v{len(self.named) + 1}", [piece])
                self.pieces[k] = piece
        result = self.piece(self.output)
        return self.total(result).text if self.batch else result.text

    def guard(self, number: int, guard: Any) -> None:
        (word, *compared), (_, outcome) = guard
        x, y = (self.piece(p) for p in compared)
        condition = f"{x.text} {word} {y.text}"
        if x.column or y.column:
            test = f"not np.all({condition})" if outcome else f"np.any({condition})"
            turn = f"Turn({number}, {'~' * outcome}({condition}))"
        else:
            test, turn = f"{'not ' * outcome}{condition}", f"Turn({number})"
        self.lines += [f"if {test}:", f"    raise {turn}"]

    def backward(self) -> list[str]:
        """Write the statements of the chain rule; the texts of the gradient are returned."""
        gradient = ["0.0"] * self.inputs
        if type(self.output) is int:
            shares: list[list[Piece]] = [[] for _ in range(self.output + 1)]
            seed = Piece("1.0")
            shares[self.output] = [seed if self.column[self.output] else self.total(seed)]
            for k in range(self.output, -1, -1):
                if self.reached[k]:
                    g = self.adjoint(k, shares.pop())
                    if k < self.inputs:
                        gradient[k] = g.text
                    else:
                        self.share(k, g, shares)
                else:
                    shares.pop()
        return [text for text, active in zip(gradient, self.active, strict=False) if active]

    def adjoint(self, k: int, shares: list[Piece]) -> Piece:
        """The sum of the shares that the users of row k sent back, as a name if need be."""
        if len(shares) == 1:
            (piece,) = shares
            mentions = sum(self.form(k, part).mentions["g"] for part, _ in self.parents(k))
            if not piece.size or (mentions == 1 and piece.size < _LONG):
                return piece
        value = self.pieces[k]
        return self.let(f"d{value.text}" if value and not value.size else "", shares)

    def share(self, k: int, g: Piece, shares: list[list[Piece]]) -> None:
        """Send the adjoint of row k on to its operands."""
        places = self.places(k) | {"g": g}
        for part, p in self.parents(k):
            form = self.form(k, part, g.text == "1.0")
            piece = fill(form, places)
            if self.column[k] and not self.column[p]:
                factor = {"{g} * {x}": "x", "{g} * {y}": "y"}.get(form.text)
                if factor and g.column and places[factor].column:
                    piece = Piece(f"np.dot({g.text}, {places[factor].text})", size=piece.size)
                else:
                    piece = self.total(piece)
            shares[p].append(piece)

    def total(self, piece: Piece) -> Piece:
        """The sum over all rows of the batch."""
        if not self.batch:
            return piece
        if piece.column:
            return Piece(f"np.add.reduce({piece.text})", size=piece.size + 1)
        if piece.text == "1.0":
            return Piece("rows")
        text = piece.text if piece.rank >= SIGN else f"({piece.text})"
        return Piece(f"rows * {text}", PRODUCT, piece.size + 1)

    def let(self, name: str, terms: list[Piece]) -> Piece:
        """Write a line that gives a sum a name, this one if it can be; several if it is long."""
        if len(terms) == 1 and not terms[0].size:
            return terms[0]
        if name in self.named or not name.isidentifier():
            name = f"d{len(self.named) + 1}"
        self.named.add(name)
        for start in range(0, len(terms), _LONG):
            texts = [
                f"({each.text})" if each.rank <= SUM and len(terms) > 1 else each.text
                for each in terms[start : start + _LONG]
            ]
            self.lines.append(f"{name} {'+' * (start > 0)}= {' + '.join(texts)}")
        return Piece(name, column=any(each.column for each in terms))

    def piece(self, p: Place) -> Piece:
        piece = self.pieces[p] if type(p) is int else constant(p)
        assert piece is not None
        return piece
