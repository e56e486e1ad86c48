"""`compile_grad`: watch a function once, write its gradient as a program, and run that instead.

    >>> def loss(w, x, y):
    ...     return (w[0] * x + w[1] - y) ** 2
    >>> g = compile_grad(loss, argnums=0)
    >>> g([2.0, 1.0], 3.0, 5.0)
    [12.0, 4.0]
    >>> print(g.source)
    def gradient_of_loss(w_0, w_1, x, y):
        v1 = w_0 * x + w_1 - y
        d2 = 2.0 * v1
        dw_0 = d2 * x
        return v1 * v1, (dw_0, d2)
    <BLANKLINE>

The first call runs loss on `Symbol`s, prints what they noted (`dpkit.compiled.straightline`), and compiles
the text; every later call with arguments of the same form runs the text, and loss itself is not
called any more. What that means for loss:

* The numbers in its arguments may change from call to call. All else is fixed in the text: numbers
  read from outside, random numbers, default values. Integers, text and the like may be arguments
  that are not differentiated; each value of theirs has a program of its own.
* ``if``, ``while``, ``max`` and every other comparison work. Each path through the function has its
  own program, written when it is first taken; the programs hang together as a tree, by the
  comparison at which they part. `dp.relu`, `dp.abs`, `dp.maximum` and `dp.minimum` need no paths.
* Where a program meets an infinity, a NaN or a number outside a domain, the tape of `dp.grad`
  computes that call again, and says what is wrong. It also takes over for numbers that have
  derivatives themselves (so compiled gradients nest in `dp.grad`), and after `MOST` programs.

**Batches.** ``in_axes`` is JAX's word. ``compile_grad(loss, 0, in_axes=(None, 0, 0))`` takes one w
and arrays of many x and y, one for each row, and gives the value and gradient of the sum of the
losses. The same program runs once, with numpy columns in the places of numbers. Rows that take
different paths are parted, and each part runs the program of its path.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import update_wrapper
from math import isfinite
from typing import Any

import numpy as np

from dpkit.compiled.forms import Form, leaves, put, take, take_columns
from dpkit.compiled.straightline import Turn, print_gradient
from dpkit.compiled.symbol import Record
from dpkit.number import new_level
from dpkit.refusals import explain_nan
from dpkit.scalar import Scalar, Tape
from dpkit.transforms import need_function, one_number

__all__ = ["MOST", "CompiledGradient", "compile_grad"]

MOST = 128
"""Programs that one compiled gradient writes at most, for all forms of arguments and paths."""


def compile_grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] | None = None,
    in_axes: int | None | Sequence[int | None] = None,
) -> CompiledGradient:
    """The gradient of f as a straight-line program, written at the first call.

    f: takes numbers, arrays, or lists, tuples and dicts of them, and returns one number; written
    with operators and `dp` functions. It should depend on its arguments only.
    argnums: which arguments to differentiate with respect to: a position, several positions, or
    None for all (of a single argument, its gradient; of several, a tuple).
    in_axes: 0 for each argument that has a leading batch axis, None for each that has not; see the
    module's text. One value stands for all arguments.

    Raises TypeError, ValueError or ArithmeticError when it is called, as `dp.grad` does, and
    RuntimeError if f does more than `dpkit.compiled.symbol.LONGEST` operations.
    """
    return CompiledGradient(f, argnums, in_axes)


@dataclass
class _Program:
    """One path through f, for one form of arguments."""

    run: Callable[..., Any]
    source: str
    turns: dict[Hashable, _Program] = field(default_factory=dict)  # guard -> the other path there


@dataclass
class _Layout:
    """The numbers in arguments of one form, one by one."""

    names: list[str] = field(default_factory=list)
    columns: list[bool] = field(default_factory=list)
    wanted: list[bool] = field(default_factory=list)  # will it be differentiated?


class CompiledGradient:
    """What `compile_grad` returns. ``g(*args)`` is the gradient of f.

    source: the text of the program written last.
    """

    __name__: str

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: int | Sequence[int] | None = None,
        in_axes: int | None | Sequence[int | None] = None,
    ) -> None:
        need_function(f, "dp.compile_grad(f)(x)")
        update_wrapper(self, f, updated=())
        self._f = f
        self._name = getattr(f, "__name__", "the function")
        self._argnums = argnums
        self._in_axes = in_axes
        self._plans: dict[int, tuple[tuple[int, ...], bool, tuple[Any, ...]]] = {}
        self._programs: dict[Hashable, _Program] = {}  # form of the arguments -> first path taken
        self._layouts: dict[Hashable, _Layout] = {}
        self._written: list[_Program] = []
        self._full = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.value_and_grad(*args, **kwargs)[1]

    def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Value and gradient; with in_axes, of the sum over the batch.

        The gradient of an argument has its form: floats for floats, arrays of its shape and dtype
        for arrays. Keyword arguments may vary, but are not differentiated.
        """
        plan = self._plans.get(len(args))
        if plan is None:
            plan = self._plans[len(args)] = self._plan(len(args))
        positions, single, axes = plan
        numbers: list[Any] = []
        forms: list[Form] = []
        for n, arg in enumerate(args):
            taken = take if axes[n] is None else take_columns
            forms.append(taken(arg, f"Argument {n} of {self._name}", numbers, n in positions))
        for word, arg in kwargs.items():
            forms.append(take(arg, f"Argument {word} of {self._name}", numbers, False))
        form = (tuple(forms), tuple(kwargs), positions)
        kinds = set(map(type, numbers))
        compute: Callable[..., tuple[Any, Sequence[Any]]] = self._on_tape
        if kinds <= {float}:
            compute = self._on_numbers
        elif kinds <= {float, np.ndarray}:
            compute = self._on_columns
        elif np.ndarray in kinds:
            raise TypeError(
                "With in_axes, a compiled gradient takes floats and arrays of floats only, but "
                f"{self._name} was given numbers that have a derivative. Use dp.grad on a loop "
                "over the rows instead."
            )
        value, slopes = compute(form, numbers)
        rest = iter(slopes)
        parts = {n: put(forms[n], rest) for n in sorted(positions)}
        return value, parts[positions[0]] if single else tuple(parts[n] for n in positions)

    @property
    def source(self) -> str:
        if not self._written:
            raise RuntimeError(
                f"The gradient of {self._name} is written when it is first called, because its "
                "text depends on the form of the arguments. Call it once, then look at .source."
            )
        return self._written[-1].source

    def __repr__(self) -> str:
        count = len(self._written)
        lines = sum(program.source.count("\n") for program in self._written)
        size = (
            f"{count} program{'s' * (count != 1)}, {lines:,} lines" if count else "not yet written"
        )
        return f"<compiled gradient of {self._name}: {size}>"

    # Three ways to compute -----------------------------------------------------------------------

    def _on_numbers(self, form: Any, numbers: list[float]) -> tuple[float, Sequence[float]]:
        """Run programs, from the first path towards the one on which all guards hold."""
        table, key = self._programs, form
        while True:
            program, fresh = self._find(table, key, form, numbers)
            if program is None:
                break
            try:
                value, slopes = program.run(*numbers)
            except Turn as turn:
                if fresh:  # f is not the same twice, or rounding decides
                    break
                table, key = program.turns, turn.number
            except (ArithmeticError, ValueError):
                break
            else:
                if isfinite(value) and isfinite(sum(slopes)):
                    return value, slopes
                break
        return self._on_tape(form, numbers)

    def _on_columns(self, form: Any, numbers: list[Any]) -> tuple[float, list[Any]]:
        """Run programs on columns; where rows take different paths, part them."""
        lengths = {len(x) for x in numbers if type(x) is not float}
        count = lengths.pop()
        if lengths or not count:
            raise ValueError(
                f"The batch of {self._name} has no rows."
                if not count
                else f"The arrays in the batch of {self._name} have {count} and "
                f"{lengths.pop()} rows; in_axes says that their rows belong together."
            )
        value = 0.0
        layout = self._layout(form)
        varies = [c for c, wanted in zip(layout.columns, layout.wanted, strict=True) if wanted]
        gradient: list[Any] = [np.zeros(count) if column else 0.0 for column in varies]

        def add(rows: Any, found: tuple[float, Sequence[Any]]) -> None:
            nonlocal value
            value += float(found[0])
            for k, slope in enumerate(found[1]):
                if varies[k]:
                    gradient[k][rows] = slope
                else:
                    gradient[k] += float(slope)

        pending: list[tuple[Any, Any, Any]] = [(self._programs, form, np.arange(count))]
        while pending:
            table, key, rows = pending.pop()
            part = numbers if len(rows) == count else _rows(numbers, rows)
            try:
                program, fresh = self._find(table, key, form, _rows(part, 0))
                if program is not None:
                    with np.errstate(all="raise", under="ignore"):
                        found = program.run(float(len(rows)), *part)
                    if np.isfinite(found[0] + sum(found[1])).all():
                        add(rows, found)
                        continue
            except Turn as turn:
                leave = np.ones(len(rows), bool) if turn.rows is None else turn.rows
                if not (fresh and leave[0]):  # on its first row, a fresh program must hold
                    pending.append((program.turns, turn.number, rows[leave]))
                    if not leave.all():
                        pending.append((table, key, rows[~leave]))
                    continue
            except (ArithmeticError, ValueError):
                pass
            for row in rows:  # the tape says what is wrong, if anything is
                try:
                    add(row, self._on_tape(form, _rows(numbers, row)))
                except (ArithmeticError, ValueError) as error:
                    error.add_note(f"This is row {row} of the batch.")
                    raise
        return value, gradient

    def _on_tape(self, form: Any, numbers: list[Any]) -> tuple[Any, list[Any]]:
        """Compute as `dp.grad` does."""
        with new_level() as level:
            tape = Tape(level)
            wanted = self._layout(form).wanted
            traced = [tape.input(x) if w else x for x, w in zip(numbers, wanted, strict=True)]
            inputs = [x for x, w in zip(traced, wanted, strict=True) if w]
            y = one_number(self._apply(form, traced), self._name)
            adjoints: list[Any] = []
            if isinstance(y, Scalar) and y._tape is tape:
                adjoints = tape.sweep({y._index: 1.0})
                y = y.data
            tape.closed = True
        slopes = [adjoints[x._index] if x._index < len(adjoints) else 0.0 for x in inputs]
        if any(slope != slope for slope in slopes):
            raise ArithmeticError(explain_nan(tape, adjoints, None))
        return y, slopes

    # What they need ------------------------------------------------------------------------------

    def _find(self, table: Any, key: Any, form: Any, numbers: list[float]) -> tuple[Any, bool]:
        """The program that the table has under this key, and whether it had to be written.

        The program is None if too many have been written already.
        """
        program = table.get(key)
        if program is not None:
            return program, False
        if len(self._written) < MOST:
            program = table[key] = self._write(form, numbers)
            self._written.append(program)
        elif not self._full:
            self._full = True
            warnings.warn(
                f"The compiled gradient of {self._name} has {MOST} programs and writes no more; "
                "what they do not cover is computed as dp.grad does. Either an argument that is "
                "no float changes from call to call, or the function branches in very many ways.",
                stacklevel=5,
            )
        return program, True

    def _write(self, form: Any, numbers: list[float]) -> _Program:
        """Run f on these numbers, and write the program of the path it takes."""
        with new_level() as level:
            record = Record(level)
            try:
                symbols = [record.input(x) for x in numbers]
                y = one_number(self._apply(form, symbols), self._name)
                output = y if type(y) is float else record.place(y)
            finally:
                record.closed = True
        title = f"gradient_of_{self._name}" if self._name.isidentifier() else "gradient"
        layout = self._layout(form)
        source = print_gradient(title, record, output, layout.names, layout.wanted, layout.columns)
        space: dict[str, Any] = {}
        exec(compile(source, f"<gradient of {self._name}>", "exec"), space)
        return _Program(space[title], source)

    def _apply(self, form: Any, numbers: Sequence[Any]) -> Any:
        """f of the arguments that have this form and these numbers."""
        forms, words, _ = form
        values = iter(numbers)
        args = [put(each, values) for each in forms]
        count = len(args) - len(words)
        return self._f(*args[:count], **dict(zip(words, args[count:], strict=True)))

    def _layout(self, form: Any) -> _Layout:
        """What the program must know about the numbers of these arguments."""
        layout = self._layouts.get(form)
        if layout is None:
            forms, words, positions = form
            count = len(forms) - len(words)
            try:
                parameters = list(inspect.signature(self._f).parameters)
            except (TypeError, ValueError):
                parameters = []
            parameters += [f"x{k}" for k in range(len(parameters), count)]
            layout = _Layout()
            for n, (each, name) in enumerate(
                zip(forms, [*parameters[:count], *words], strict=True)
            ):
                for leaf, column in leaves(each, name):
                    layout.names.append(leaf)
                    layout.columns.append(column)
                    layout.wanted.append(n in positions)
            if len(self._layouts) < MOST:
                self._layouts[form] = layout
        return layout

    def _plan(self, count: int) -> tuple[tuple[int, ...], bool, tuple[int | None, ...]]:
        """Of a call with this many arguments: which to differentiate, and which have rows."""
        arguments = f"{count} positional argument{'s' * (count != 1)}"
        argnums = self._argnums
        if argnums is None:
            positions, single = tuple(range(count)), count == 1
        else:
            single = isinstance(argnums, (int, np.integer))
            asked: list[Any] = [argnums] if single or not np.iterable(argnums) else list(argnums)
            for position in asked:
                if not isinstance(position, (int, np.integer)):
                    raise TypeError(
                        f"argnums counts the arguments of {self._name} from 0, as in argnums=0 or "
                        f"argnums=(0, 1); it is {argnums!r}."
                    )
                if not -count <= position < count:
                    raise TypeError(
                        f"The derivative of {self._name} was asked for argument {position}, but "
                        f"{self._name} was called with {arguments}."
                    )
            positions = tuple(int(position) % count for position in asked)
            if len(set(positions)) < len(positions):
                raise TypeError(f"argnums names an argument of {self._name} twice: {argnums}.")
        axes = self._in_axes
        axes = (axes,) * count if axes is None or isinstance(axes, int) else tuple(axes)
        if len(axes) != count:
            raise TypeError(
                f"in_axes is {self._in_axes} and speaks of {len(axes)} arguments, but "
                f"{self._name} was called with {arguments}."
            )
        if not all(axis is None or (axis == 0 and type(axis) is int) for axis in axes):
            raise ValueError(
                f"in_axes is {self._in_axes}. It says 0 for an argument whose first axis counts "
                "the rows of the batch, and None for one that all rows share. Other axes must be "
                "moved to the front first, with np.moveaxis."
            )
        return positions, single, axes


def _rows(numbers: list[Any], index: Any) -> list[Any]:
    """The numbers of one row, or the columns of several."""
    if isinstance(index, np.ndarray):
        return [x if type(x) is float else x[index] for x in numbers]
    return [x if type(x) is float else float(x[index]) for x in numbers]
