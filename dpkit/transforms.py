"""Functions of functions: give them f, and they give back its derivative.

    >>> def f(w):
    ...     return w[0] ** 2 * w[1]
    >>> grad(f)(np.array([3.0, 5.0]))
    array([30.,  9.])

The names and the order of the arguments are JAX's. All of them nest, in each other and in
themselves: ``grad(grad(f))`` is the second derivative.

Two engines do the work. If all arguments to differentiate are single numbers, f is followed number
by number (`dpkit.scalar`, `dpkit.dual`): inside f they are `Scalar`s or `Dual`s, which may be put in
lists and numpy arrays at will. If there is an array among them, f is followed array by array
(`dpkit.tensor`): inside f they are `Tensor`s, and single numbers are tensors of shape (). Nested
derivatives follow whoever began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from dpkit import scalar, tensor
from dpkit.backends import Number, backend_of, is_array, is_torch, shape_of
from dpkit.box import Box, constant, held, plain, words
from dpkit.changes import Guard
from dpkit.containers import flatten, form, leaves, spread
from dpkit.dual import Dual, DualTensor
from dpkit.joint import LEAKED, running
from dpkit.number import Arithmetic, new_level, outer_engine
from dpkit.scalar import Scalar, explain_nan
from dpkit.tensor import Tensor, own_copy

__all__ = ["grad", "jvp", "value_and_grad", "vjp"]


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns both f and its gradient, by reverse mode.

    f: takes numbers, arrays or containers of them, and returns one number.
    argnums: the position of the argument to differentiate with respect to, or several positions.
    has_aux: f returns a pair, of which only the first half is differentiated.

    The function returned takes the same arguments as f and gives ``(value, gradient)``, or
    ``((value, aux), gradient)``. The gradient has the shape of the argument, or is a tuple of such
    if argnums is a sequence.

    Raises TypeError if an argument cannot vary (text, bool, an array of integers) or if f does not
    return one number; ArithmeticError if the derivative by a single number does not exist. (In an
    array of derivatives, one that does not exist is nan.)
    """
    need_function(f, "dp.grad(f)(x)")
    single, positions = positions_in(argnums)
    name = getattr(f, "__name__", "the function")

    @wraps(f)
    def gradient_of_f(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        with Guard() as guard:
            run = Reverse(f, args, kwargs, checked(positions, args, name), name, guard)
            value, aux = run.split(has_aux, name)
            y = one_number(value, name)
            gradients = run.pull([y], [1.0], once=True)
        shown = (run.strip(y), aux) if has_aux else run.strip(y)
        return shown, gradients[0] if single else gradients

    return gradient_of_f


def grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of f. See `value_and_grad`, of which it is a half.

    With has_aux, it returns ``(gradient, aux)``.
    """
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        shown, gradient = both(*args, **kwargs)
        return (gradient, shown[1]) if has_aux else gradient

    return gradient_of_f


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of f, and a function that pulls adjoints back through f: reverse mode.

    primals: the arguments of f, one each.
    has_aux: f returns a pair, of which only the first half is differentiated.

    Returns ``(y, pullback)``, or ``(y, pullback, aux)``. y is what f returns, any container of
    numbers and arrays; ``pullback(adjoint of y)`` gives a tuple with the adjoint of each primal: the
    vector-Jacobian product. It may be called as often as you like.

    Raises TypeError if something in the primals, or the adjoint given, does not fit.
    """
    need_function(f, "dp.vjp(f, x)")
    name = getattr(f, "__name__", "the function")
    run = Reverse(f, primals, {}, tuple(range(len(primals))), name)
    value, aux = run.split(has_aux, name)
    take_apart = leaves if run.whole else flatten
    results, rebuild = take_apart(value, f"The value of {name}")
    y = rebuild([run.strip(each) for each in results])

    def pullback(adjoint: Any) -> tuple[Any, ...]:
        given, _ = take_apart(adjoint, "The adjoint")
        if form(adjoint) != form(y):
            raise TypeError(
                f"The adjoint has the shape {form(adjoint)}, but the value of {name} has the shape "
                f"{form(y)}; they must be the same."
            )
        return run.pull(results, given)

    return (y, pullback, aux) if has_aux else (y, pullback)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """How f moves when its arguments move: the Jacobian times a vector, by forward mode.

    primals: the arguments of f, one each. tangents: how fast each moves; the same shapes.

    Returns ``(y, ẏ)``: what f returns, which may be any container of numbers, and its derivative in
    that direction, in the same container.

    Raises TypeError if primals and tangents do not match, or something in them cannot vary.
    """
    need_function(f, "dp.jvp(f, (x,), (1.0,))")
    name = getattr(f, "__name__", "the function")
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError(
            "dp.jvp takes a tuple of primals and a tuple of tangents, one of each for every "
            f"argument of {name}, as in dp.jvp(f, (x,), (1.0,)). It was given "
            f"{primals!r} and {tangents!r}."
        )
    if len(primals) != len(tangents):
        raise TypeError(
            f"dp.jvp needs one tangent for each primal, but was given {len(primals)} primals and "
            f"{len(tangents)} tangents."
        )
    for position, (primal, tangent) in enumerate(zip(primals, tangents, strict=True)):
        leaves(primal, f"Argument {position} of {name}")
        leaves(tangent, f"Tangent {position}")
        if form(primal) != form(tangent):
            raise TypeError(
                f"Tangent {position} has the shape {form(tangent)}, but argument {position} of "
                f"{name} has the shape {form(primal)}; they must be the same."
            )
    whole = follows_arrays([*leaves(tuple(primals))[0], *leaves(tuple(tangents))[0]])
    take_apart = leaves if whole else flatten
    with new_level(whole) as level:
        values, rebuild = take_apart(tuple(primals))
        speeds, _ = take_apart(tuple(tangents))
        if whole:
            values, speeds = as_arrays(values), as_arrays(speeds)
            speeds = [fitting(dx, x) for dx, x in zip(speeds, values, strict=True)]
        kind = DualTensor if whole else Dual._at
        moving = rebuild([kind(level, x, dx) for x, dx in zip(values, speeds, strict=True)])
        results, rebuild = take_apart(f(*moving), f"The value of {name}")

    def split(y: Any) -> tuple[Any, Any]:
        if isinstance(y, (Dual, DualTensor)) and y.level == level:
            still = y.tangent is None
            return _simple(y.primal), zeros(y.primal) if still else _simple(y.tangent)
        y = constant(y)
        return y, zeros(y) if whole else 0.0

    pairs = [split(y) for y in results]
    return rebuild([y for y, _ in pairs]), rebuild([dy for _, dy in pairs])


class Reverse:
    """One run of f whose tape is kept, and what can be asked of it."""

    value: Any  # what f returned, still with its derivatives
    whole: bool  # whether f was followed array by array

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        positions: tuple[int, ...],
        name: str,
        guard: Guard | None = None,
    ) -> None:
        said = [f"Argument {position} of {name}" for position in positions]
        arguments = [(args[p], what) for p, what in zip(positions, said, strict=True)]
        apart = [leaves(*each) for each in arguments]
        self.whole = follows_arrays([x for values, _ in apart for x in values])
        if not self.whole:
            apart = [flatten(*each) for each in arguments]
        traced: list[Any] = list(args)
        self.parts: list[tuple[list[Any], list[int], Any]] = []
        with new_level(self.whole) as level:
            tape: Any = tensor.Tape(level, guard) if self.whole else scalar.Tape(level)
            for position, (values, rebuild) in zip(positions, apart, strict=True):
                inside = as_arrays(values) if self.whole else values
                inputs = [tape.input(x) for x in inside]
                traced[position] = rebuild(inputs)
                self.parts.append((values, [x._index for x in inputs], rebuild))
            self.tape = tape
            running.tapes.append(tape)
            try:
                self.value = f(*traced, **kwargs)
            finally:
                running.tapes.pop()
                tape.closed = True

    def split(self, has_aux: bool, name: str) -> tuple[Any, Any]:
        """The value that is to be differentiated, and what else f returned, without derivative."""
        if not has_aux:
            return self.value, None
        if not isinstance(self.value, (tuple, list)) or len(self.value) != 2:
            raise TypeError(
                f"With has_aux=True, {name} must return a pair: what is to be differentiated, and "
                f"what is not. It returned {self.value!r}."
            )
        value, aux = self.value
        items, rebuild = spread(aux)
        return value, rebuild([self.strip(x) for x in items])

    def strip(self, y: Any) -> Any:
        """y without the derivative that this run gave it."""
        if self._mine(y):
            y = y.data if isinstance(y, Scalar) else y._inside
        return _simple(constant(y))

    def _mine(self, y: Any) -> bool:
        if not isinstance(y, (Scalar, Tensor)) or y._tape is None:
            return False
        if y._tape is not self.tape and y._tape.level == self.tape.level:
            raise RuntimeError(LEAKED)
        return y._tape is self.tape

    def pull(self, results: list[Any], given: list[Any], once: bool = False) -> tuple[Any, ...]:
        """The adjoints of the arguments, if those of the results are given.

        once: nobody will ask again, so what the sweep has used may be forgotten at once.
        """
        seeds: dict[int, Any] = {}
        for y, seed in zip(results, given, strict=True):
            if self._mine(y):
                inside = y._inside
                if type(inside) is np.float64:
                    seed = np.float64(seed) if type(seed) is float else seed
                elif self.whole:
                    seed = fitting(as_arrays([seed, inside])[0], inside)
                    if isinstance(inside, Box) and not isinstance(seed, Box):
                        seed = boxed(seed)
                before = seeds.get(y._index)
                seeds[y._index] = seed if before is None else before + seed
        keep = {"keep_rows": not once} if self.whole else {}
        adjoints = self.tape.sweep(seeds, **keep) if seeds else []
        gradients, seen = [], {id(each) for each in given}
        for values, rows, rebuild in self.parts:
            found = []
            for x, row in zip(values, rows, strict=True):
                adjoint = adjoints[row] if row < len(adjoints) else None
                if self.whole:
                    adjoint = _finish(adjoint, x)
                    if id(adjoint) in seen and not isinstance(adjoint, Number):
                        adjoint = backend_of(adjoint).asarray(adjoint, copy=True)
                    seen.add(id(adjoint))
                elif adjoint is None:
                    adjoint = 0.0
                elif adjoint != adjoint:
                    raise ArithmeticError(explain_nan(self.tape, adjoints, None))
                found.append(adjoint)
            gradients.append(rebuild(found))
        return tuple(gradients)


def positions_in(argnums: Any, what: str = "argnums") -> tuple[bool, tuple[int, ...]]:
    """Is argnums a single position, and which positions does it name?"""
    single = isinstance(argnums, (int, np.integer))
    named = (argnums,) if single else argnums
    if not isinstance(named, Sequence) or not all(isinstance(k, (int, np.integer)) for k in named):
        raise TypeError(f"{what} is a position or a tuple of positions, but was {argnums!r}.")
    return single, tuple(named)


def checked(positions: tuple[int, ...], args: tuple[Any, ...], name: str) -> tuple[int, ...]:
    for position in positions:
        if not -len(args) <= position < len(args):
            raise TypeError(
                f"The derivative of {name} was asked for argument {position}, but {name} was "
                f"called with {len(args)} positional argument{'s' * (len(args) != 1)}."
            )
    if len({position % len(args) for position in positions}) < len(positions):
        raise TypeError(f"argnums names an argument of {name} twice: {positions}.")
    return positions


def follows_arrays(values: list[Any]) -> bool:
    """Shall f be followed array by array? Yes, if there is an array among the values."""
    if any(isinstance(x, Box) for x in values):
        return True
    if any(getattr(x, "dtype", "") == "O" or isinstance(x, Arithmetic) for x in values):
        return False
    outer = outer_engine()
    return any(is_array(x) and not _is_number(x) for x in values) if outer is None else outer


def _is_number(x: Any) -> bool:
    return isinstance(x, (float, np.generic))


def as_arrays(values: list[Any], others: Sequence[Any] = ()) -> list[Any]:
    """The values, with bare numbers made arrays of the same library as the arrays among them.

    others: more arrays, to find the library if there are only numbers among the values.
    """
    if all(type(x) is np.ndarray or type(x) is np.float64 for x in values):
        return values
    arrays = [x for x in (*values, *others) if isinstance(x, Box) or is_array(x)]
    like = next((x for x in arrays if not isinstance(x, float)), None)
    return [_like(x, like) if isinstance(x, (float, int)) else held(constant(x)) for x in values]


def _like(x: float, like: Any) -> Any:
    while isinstance(like, Box):
        like = like._inside
    if like is None or isinstance(like, (np.ndarray, np.generic)):
        return np.float64(x)
    return backend_of(like).full((), x, dtype=like.dtype, device=like.device)


def fitting(x: Any, like: Any) -> Any:
    """x in the precision of `like`, which must be an array of the same library."""
    if x.dtype == like.dtype:
        return x
    backend_of(plain(x), plain(like))  # refuses mixtures
    return words.cast(x, like=like)


def boxed(x: Any) -> Any:
    """x as a constant tensor, if its library would refuse to be multiplied with a box."""
    return x if isinstance(x, (np.ndarray, np.generic)) or is_torch(x) else tensor.tensor(x)


def _simple(y: Any) -> Any:
    """A number as a float, if it is one of numpy's; anything else as it is."""
    return float(y) if isinstance(y, np.float64) else held(y)


def zeros(x: Any) -> Any:
    """Zeros in the place of x, also where x is infinite."""
    x = plain(x)
    return backend_of(x).zeros_like(x) if is_array(x) and not isinstance(x, float) else 0.0


def _finish(adjoint: Any, x: Any) -> Any:
    """The gradient with respect to x, in its precision, and in memory of its own."""
    if adjoint is None:
        return zeros(x)
    adjoint = constant(adjoint)
    if isinstance(adjoint, Box):
        return adjoint
    if isinstance(x, float):
        return float(adjoint)
    return own_copy(words.cast(adjoint, like=x)) if is_array(x) else adjoint


def one_number(y: Any, name: str) -> Any:
    """The value of a function whose gradient is wanted; an error if it is not a single number."""
    if is_array(y) or isinstance(y, Box):
        if shape_of(y):
            raise TypeError(
                f"A gradient belongs to a function with one number as its value, but {name} "
                f"returned an array of shape {shape_of(y)}. Sum it, or pick one element."
            )
        if isinstance(y, np.ndarray):
            y = y.item()
    if isinstance(y, Number):
        return y
    if y is None:
        raise TypeError(f"{name} returned None. Is its return statement missing?")
    try:
        if not isinstance(y, (str, bool, np.bool_)):
            return float(y)
    except (TypeError, ValueError):
        pass
    raise TypeError(
        f"A gradient belongs to a function with one number as its value, but {name} returned "
        f"{y!r}, a {type(y).__name__}."
    )


def need_function(f: Any, usage: str) -> None:
    """An error for whoever gives f(x) where f was meant."""
    if not callable(f):
        raise TypeError(
            f"A function is needed here, but the {type(f).__name__} {f!r} was given. Give the "
            f"function itself, without calling it: {usage}."
        )
