"""Functions that bring their own derivative, and values that have none.

The derivative that follows from how something is computed is not always the one that is wanted: it
may overflow where the true one does not, cost more than a formula known by heart, or be zero where a
useful substitute is at hand. `custom_vjp` takes the rule for reverse mode from its author,
`custom_jvp` that for forward mode.

Either rule serves both modes. A rule is linear in what is pushed or pulled through it, and the one
is the transpose of the other; and to transpose a linear function is to differentiate it in reverse.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import numpy as np

from dpkit import number
from dpkit.backends import Number, is_array, is_torch, shape_of
from dpkit.box import Box, held, words
from dpkit.box import plain as plain_array
from dpkit.containers import Rebuild, flatten, form, leaves, spread
from dpkit.dual import Dual, DualTensor
from dpkit.joint import engine, join, part, tape_for
from dpkit.scalar import Scalar
from dpkit.tensor import Tensor, tensor
from dpkit.transforms import as_arrays, boxed, positions_in, vjp, zeros

__all__ = ["custom_jvp", "custom_vjp", "stop_gradient"]


def stop_gradient(tree: Any) -> Any:
    """The same values, as constants: nothing is differentiated through them, at any level.

    tree: a number, an array, or a container of such.
    """
    items, rebuild = spread(tree)
    return rebuild([_stopped(x) for x in items])


def _stopped(x: Any) -> Any:
    if isinstance(x, Box):
        return tensor(plain_array(x))
    if is_torch(x):
        return x.detach()  # torch's own gradient stops, too
    return number.plain(x) if isinstance(x, Number) else x


class _Custom:
    """What `custom_vjp` and `custom_jvp` share: calling f, and finding out who differentiates."""

    def __init__(self, f: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        if not callable(f):
            raise TypeError(f"A function is needed here, but {f!r} was given.")
        self.f = f
        self.name = getattr(f, "__name__", "the function")
        _, self.fixed = positions_in(nondiff_argnums, "nondiff_argnums")
        update_wrapper(self, f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            bound = inspect.signature(self.f).bind(*args, **kwargs)
            if bound.kwargs:
                raise TypeError(
                    f"{self.name} has a derivative rule of its own, which knows arguments by their "
                    f"position; it cannot take {', '.join(bound.kwargs)} by name only."
                )
            args = bound.args
        call = _Call(self, args)
        return self.f(*args) if call.top is None else self._differentiate(call)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        raise TypeError(
            f"{self.name} is a method, and derivative rules belong to functions: define it outside "
            "the class, with self as an argument that is named in nondiff_argnums."
        )

    def _differentiate(self, call: _Call) -> Any:
        raise NotImplementedError


class _Call:
    """One call of such a function: its arguments taken apart, by who differentiates them.

    top: the number of the highest level among them, None if there is none; it decides on the level,
    and whether arrays are followed whole. mine: which items of the arguments are of that level.
    """

    def __init__(self, custom: _Custom, args: tuple[Any, ...]) -> None:
        self.name, self.args = custom.name, args
        self.items, self.rebuild = spread(args)
        count = len(args)
        for k in custom.fixed:
            if not -count <= k < count:
                raise TypeError(
                    f"nondiff_argnums names argument {k} of {self.name}, which was called with "
                    f"{count} positional argument{'s' * (count != 1)}."
                )
        fixed = {k % count for k in custom.fixed}
        self.varying = [k for k in range(count) if k not in fixed]
        self.fixed_args = [args[k] for k in sorted(fixed)]
        numbers = [x for x in self.items if isinstance(x, Number) and x.level >= 0]  # type: ignore
        self.top = max(numbers, key=lambda x: x.level, default=None)  # type: ignore[attr-defined]
        if self.top is None:
            return
        if not isinstance(self.top, (Tensor, Scalar, Dual, DualTensor)):
            raise TypeError(
                f"{self.name} brings its own derivative rule, and cannot be followed by "
                "dp.compile_grad. Use dp.grad."
            )
        self.level, self.whole = self.top.level, self.top.whole
        self.mine = [
            k
            for k, x in enumerate(self.items)
            if isinstance(x, Number) and x.level == self.level  # type: ignore
        ]
        self.forward = isinstance(self.top, (Dual, DualTensor))
        for k in fixed:
            if any(isinstance(x, Number) and x.level >= 0 for x in spread(args[k])[0]):  # type: ignore
                raise TypeError(
                    f"Argument {k} of {self.name} is named in nondiff_argnums, but a derivative "
                    "with respect to it is wanted."
                )
        self.inside = [x._inside if k in self.mine else held(x) for k, x in enumerate(self.items)]
        self.inside = [boxed(x) if is_array(x) else x for x in self.inside]

    def with_items(self, items: list[Any]) -> list[Any]:
        """The arguments, with these items in them."""
        return list(self.rebuild(items))

    def outputs(self, out: Any, what: str) -> tuple[list[Any], Rebuild]:
        """What a rule returned, taken apart; it must be free of the level that is at work."""
        items, rebuild = (leaves if self.whole else flatten)(out, what)
        self.check(items, what)
        return (as_arrays(items, self.inside) if self.whole else items), rebuild

    def check(self, tree: Any, what: str) -> None:
        for x in spread(tree)[0]:
            if isinstance(x, Number) and x.level == self.level:  # type: ignore[attr-defined]
                raise TypeError(
                    f"{what} depends on a number with a derivative that is not an argument of "
                    f"{self.name}, but comes from around it. The rule knows nothing of it: make it "
                    "an argument."
                )

    def write(self, results: list[Any], pull: Callable[[list[Any]], Sequence[Any]]) -> list[Any]:
        """The results as numbers on the tape of the arguments."""
        operands = [self.items[k] for k in self.mine]
        onto = tape_for(operands)
        if onto is None:
            return results
        if self.whole:
            for x in self.inside:
                onto.watch(x)
        joint = join(onto, [onto.row_of(x) for x in operands], pull, len(results))
        return [part(onto, joint, n, y) for n, y in enumerate(results)]

    def filled(self, given: list[Any], results: list[Any]) -> list[Any]:
        """Adjoints, with zeros where none arrived."""
        filled = [zeros(y) if g is None else g for g, y in zip(given, results, strict=True)]
        return [boxed(g) if is_array(g) else g for g in filled]


class custom_vjp(_Custom):
    """A function with a rule of its own for reverse mode. JAX's ``jax.custom_vjp``.

        @dp.custom_vjp
        def f(x, y):
            return dp.sin(x) * y

        def f_fwd(x, y):                  # arguments → value, and whatever the rule will need
            return f(x, y), (dp.cos(x), dp.sin(x), y)

        def f_bwd(residuals, g):          # adjoint of the value → adjoints of the arguments
            cos_x, sin_x, y = residuals
            return cos_x * g * y, sin_x * g

        f.defvjp(f_fwd, f_bwd)

    Arguments and value may be containers. ``bwd`` returns a tuple with one adjoint for each argument,
    of the same shape; None stands for zero. nondiff_argnums: positions of arguments without
    derivative, such as functions; ``bwd`` gets them first, before the residuals.

    In forward mode the rule is transposed, so it must be linear in g (it is, if it is a derivative),
    and must compute with operators and dp functions. The rule may be differentiated again.

    Raises TypeError if the rule is missing, returns something that does not fit, or if f uses numbers
    with a derivative that are not among its arguments.
    """

    _rule: tuple[Callable[..., Any], Callable[..., Any]] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Give the rule."""
        self._rule = fwd, bwd

    def _differentiate(self, call: _Call) -> Any:
        if self._rule is None:
            raise TypeError(f"{self.name} has no rule yet: call {self.name}.defvjp(fwd, bwd).")
        fwd, bwd = self._rule
        pair = fwd(*call.with_items(call.inside))
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"The fwd of {self.name} must return a pair (value, residuals), but returned {pair!r}."
            )
        out, residuals = pair
        results, rebuild = call.outputs(out, f"The value of {self.name}")
        call.check(residuals, f"What the fwd of {self.name} keeps for its bwd")

        def pull(given: list[Any]) -> list[Any]:
            g = rebuild(call.filled(given, results))
            with engine(call.whole):
                answer = bwd(*call.fixed_args, residuals, g)
            call.check(answer, f"What the bwd of {self.name} returns")
            return self._shares(call, answer)

        if not call.forward:
            return rebuild(call.write(results, pull))

        def transposed(*given: Any) -> tuple[Any, ...]:
            shares = pull(list(given))
            return tuple(
                zeros(call.inside[k]) if share is None else share
                for k, share in zip(call.mine, shares, strict=True)
            )

        tangents = tuple(_tangent(call.items[k]) for k in call.mine)
        with engine(call.whole):
            moves = list(vjp(transposed, *[zeros(y) for y in results])[1](tangents))
        return rebuild(_moving(call, results, as_arrays(moves, results) if call.whole else moves))

    def _shares(self, call: _Call, answer: Any) -> list[Any]:
        """The adjoints that bwd returned, item by item; only those that are wanted."""
        count = len(call.varying)
        if not isinstance(answer, (tuple, list)) or len(answer) != count:
            raise TypeError(
                f"The bwd of {self.name} must return a tuple with one adjoint for each of its {count} "
                f"argument{'s' * (count != 1)} (None for zero), but returned {answer!r}."
            )
        by_argument = dict(zip(call.varying, answer, strict=True))
        adjoints: list[Any] = []
        for k, argument in enumerate(call.args):
            items = _matched(by_argument.get(k), argument)
            if items is None:
                raise TypeError(
                    f"The bwd of {self.name} returned an adjoint of shape {form(by_argument[k])} for "
                    f"argument {k}, which has the shape {form(argument)}; they must be the same."
                )
            adjoints += items
        return [_like(adjoints[k], call.inside[k], call.whole) for k in call.mine]


class custom_jvp(_Custom):
    """A function with a rule of its own for forward mode. JAX's ``jax.custom_jvp``.

        @dp.custom_jvp
        def f(x, y):
            return dp.sin(x) * y

        @f.defjvp
        def f_jvp(primals, tangents):     # arguments, and how they move → value, and how it moves
            (x, y), (dx, dy) = primals, tangents
            return f(x, y), dp.cos(x) * dx * y + dp.sin(x) * dy

    Arguments and value may be containers. Of an argument that cannot move, such as an integer, the
    tangent is None. nondiff_argnums: positions of arguments without derivative, such as functions;
    the rule gets them first, before primals and tangents.

    In reverse mode the rule is transposed, so it must be linear in the tangents, and must compute
    with operators and dp functions. The rule may be differentiated again.

    Raises TypeError as `custom_vjp` does.
    """

    _rule: Callable[..., Any] | None = None

    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """Give the rule. May be used as a decorator."""
        self._rule = jvp
        return jvp

    def _differentiate(self, call: _Call) -> Any:
        if self._rule is None:
            raise TypeError(f"{self.name} has no rule yet: call {self.name}.defjvp(jvp).")

        def moved(*moves: Any) -> tuple[Any, Any]:
            """How the value moves, and the value, if the items that are differentiated move so."""
            tangents = [_still(x) for x in call.inside]
            for k, move in zip(call.mine, moves, strict=True):
                tangents[k] = boxed(move) if is_array(move) else move
            args, speeds = call.with_items(call.inside), call.with_items(tangents)
            pair = self._rule(  # type: ignore[misc]
                *call.fixed_args,
                tuple(args[k] for k in call.varying),
                tuple(speeds[k] for k in call.varying),
            )
            if (
                not isinstance(pair, (tuple, list))
                or len(pair) != 2
                or form(pair[0]) != form(pair[1])
            ):
                raise TypeError(
                    f"The rule of {self.name} must return a pair (value, tangent of the value), of "
                    f"the same shape, but returned {pair!r}."
                )
            return pair[1], pair[0]

        moved.__name__ = f"the rule of {self.name}"
        if call.forward:
            speed, out = moved(*[_tangent(call.items[k]) for k in call.mine])
            results, rebuild = call.outputs(out, f"The value of {self.name}")
            speeds, _ = call.outputs(speed, f"The tangent of the value of {self.name}")
            return rebuild(_moving(call, results, speeds))
        with engine(call.whole):
            still = [zeros(call.inside[k]) for k in call.mine]
            speed, transposed, out = vjp(moved, *still, has_aux=True)
        results, rebuild = call.outputs(out, f"The value of {self.name}")
        call.check(speed, f"The tangent of the value of {self.name}")

        def pull(given: list[Any]) -> Sequence[Any]:
            return transposed(rebuild(call.filled(given, results)))

        return rebuild(call.write(results, pull))


def _matched(adjoint: Any, argument: Any) -> list[Any] | None:
    """The items of an adjoint in the order of those of the argument; None if they do not fit."""
    if adjoint is None:
        return [None] * len(spread(argument)[0])
    if isinstance(argument, dict):
        if not isinstance(adjoint, dict) or adjoint.keys() != argument.keys():
            return None
        pairs = [(adjoint[key], argument[key]) for key in argument]
    elif isinstance(argument, (list, tuple)):
        if not isinstance(adjoint, (list, tuple)) or len(adjoint) != len(argument):
            return None
        pairs = list(zip(adjoint, argument, strict=True))
    elif isinstance(argument, np.ndarray) and argument.dtype.kind == "O":
        numbers = np.asarray(adjoint, dtype=object)
        return numbers.ravel().tolist() if numbers.shape == argument.shape else None
    else:
        fits = not isinstance(argument, Number) or shape_of(adjoint) == shape_of(argument)
        return [adjoint] if fits else None
    parts = [_matched(*pair) for pair in pairs]
    return None if None in parts else [x for part in parts if part is not None for x in part]


def _tangent(x: Any) -> Any:
    return zeros(x.primal) if x.tangent is None else x.tangent


def _still(x: Any) -> Any:
    """The tangent of something that does not move; None if it cannot."""
    if is_array(x) or isinstance(x, Box):
        return boxed(zeros(x)) if "float" in str(x.dtype) else None
    return 0.0 if isinstance(x, (Number, float)) else None


def _moving(call: _Call, results: list[Any], moves: Sequence[Any]) -> list[Any]:
    kind = DualTensor if call.whole else Dual._at
    return [kind(call.level, y, dy) for y, dy in zip(results, moves, strict=True)]


def _like(adjoint: Any, x: Any, whole: bool) -> Any:
    """An adjoint in the precision of x; a bare number as an array, if arrays are followed."""
    if adjoint is None or not whole:
        return adjoint
    return words.cast(as_arrays([adjoint], [x])[0], like=x)
