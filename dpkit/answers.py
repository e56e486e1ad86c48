"""Gradients as people hand them in: are they numbers at all, and in the right shape?

Only types whose behaviour is known are looked into: nobody's own class gets to say what it is, to
compare itself, or to do arithmetic with the truth. It may show itself (`show`), that is all.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.containers import flatten
from dpkit.functions import Number

__all__ = [
    "argument_names",
    "article",
    "as_float",
    "component_names",
    "flat",
    "grows",
    "is_number",
    "items_of",
    "same_keys",
    "show",
    "trouble",
]


def flat(answer: Any) -> np.ndarray | None:
    """A gradient as one flat array of floats; None if there is anything but numbers in it."""
    try:
        return _flat(answer)
    except RecursionError:  # a list that holds itself
        return None


def _flat(answer: Any) -> np.ndarray | None:
    if is_number(answer):
        return np.array([as_float(answer)])
    if type(answer) is np.ndarray:
        if answer.dtype.kind in "fiu":
            return answer.astype(float).ravel()
        return _flat(answer.tolist()) if answer.dtype.kind == "O" else None
    items = list(answer.values()) if type(answer) is dict else items_of(answer)
    if items is None:
        return None
    if all(map(is_number, items)):
        return np.array([as_float(each) for each in items], dtype=float)
    parts = [_flat(each) for each in items]
    if any(part is None for part in parts):
        return None
    return np.concatenate([np.empty(0), *[part for part in parts if part is not None]])


def is_number(x: Any) -> bool:
    """Is this a plain real number, of Python or numpy? True and False are none.

    ``isinstance`` would ask an object what it claims to be; its type cannot lie.
    """
    return type(x) in (float, int) or issubclass(type(x), (np.floating, np.integer))


def as_float(x: Any) -> float:
    """A plain number as a float; a whole number too large for one is infinite."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def items_of(x: Any) -> list[Any] | None:
    """What is in a list or a tuple (also in a namedtuple); None if it is neither."""
    for sequence in (list, tuple):
        if issubclass(type(x), sequence):
            return list(sequence.__iter__(x))
    return None


def same_keys(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Have two dicts the same keys, in the same order? Only plain keys are asked to compare."""
    plain = (str, int, float, bool, type(None))
    return len(one) == len(other) and all(
        a is b or (type(a) is type(b) and type(a) in plain and a == b)
        for a, b in zip(one, other, strict=True)
    )


def trouble(answer: Any, arg: Any, which: str) -> tuple[str, str] | None:
    """What is wrong with the form of the gradient for one argument: (kind, sentence), or None.

    which: words such as "for argument 2 " that say whose gradient it is.
    """
    if answer is None:
        return "missing", f"nothing came back {which}(None). Is there a return?"
    if flat(answer) is None:
        kind = type(answer).__name__
        if issubclass(type(answer), Number):
            advice = "The gradient is a plain number; take the value out of it"
        elif items_of(answer) is not None or type(answer) in (dict, np.ndarray):
            advice = "There is something in it that is not a real number"
        else:
            advice = "The gradient consists of plain numbers"
        came = "an array" if type(answer) is np.ndarray else article(kind)
        return "wrong_type", f"{came} came back {which}instead of numbers. {advice}."
    if isinstance(arg, np.ndarray):
        shape = _shape(answer)
        if shape != arg.shape:
            return "shape", (
                f"the gradient {which}should have the shape of the argument, {arg.shape}; one of "
                f"shape {shape} came back."
                + (" It may be transposed." if shape == arg.shape[::-1] else "")
            )
        return None
    given, wanted = flat(answer), len(flatten(arg)[0])
    numbers = "one number" if wanted == 1 else f"{wanted} numbers"
    assert given is not None
    if isinstance(arg, dict) and not (type(answer) is dict and same_keys(answer, arg)):
        return (
            "shape",
            f"the gradient {which}should be a dict with the keys {list(arg)}, in this order.",
        )
    if given.size != wanted or (_is_number(arg) and _shape(answer) != ()):
        return "shape", (
            f"the gradient {which}should be {numbers}; "
            f"{'an array or a list' if given.size == 1 else given.size} came back."
        )
    return None


def _is_number(arg: Any) -> bool:
    return not isinstance(arg, (list, tuple, dict, np.ndarray))


def _shape(answer: Any) -> tuple[int, ...]:
    """The shape of an array, or of lists of lists; () for what is neither."""
    if type(answer) is np.ndarray:
        return answer.shape
    items = items_of(answer)
    if items is None:
        return ()
    inner = {_shape(each) for each in items}
    return (len(items), *inner.pop()) if len(inner) == 1 else (len(items),)


def component_names(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """What each number of the arguments is called in f: ``a``, ``w[2]`` or ``p['k']``."""
    return [
        name
        for word, arg in zip(argument_names(f, args), args, strict=True)
        for name in _names_within(word, arg)
    ]


def argument_names(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[str, ...]:
    """What f calls its arguments; "argument 2" where it has no name for one."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # some built-in functions do not say
        parameters = []
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    words = [each.name for each in parameters if each.kind in by_position]
    return tuple(words[n] if n < len(words) else f"argument {n + 1}" for n in range(len(args)))


def _names_within(word: str, tree: Any) -> list[str]:
    if isinstance(tree, np.ndarray):
        return [f"{word}[{', '.join(map(str, i))}]" for i in np.ndindex(tree.shape)]
    if isinstance(tree, dict):
        pairs = list(tree.items())
    elif isinstance(tree, (list, tuple)):
        pairs = list(enumerate(tree))
    else:
        return [word]
    return [name for key, item in pairs for name in _names_within(f"{word}[{key!r}]", item)]


def grows(first: np.ndarray, second: np.ndarray, third: np.ndarray, rtol: float) -> bool:
    """Do the answers grow by the same amount, or by the same factor, from call to call?"""
    by_sum = np.allclose(second - first, third - second, rtol=rtol, atol=1e-12)
    by_factor = np.allclose(second * second, first * third, rtol=rtol, atol=1e-12)
    return bool(by_sum or by_factor)


def article(word: str) -> str:
    """The word with "a" or "an" before it."""
    vowel = word[:1].lower() in "aeiou" or word.startswith("nd")  # as in n-dimensional
    return f"{'an' if vowel else 'a'} {word}"


def show(gradient: Any) -> str:
    """A gradient in six digits; anything else as it shows itself, if it can."""
    try:
        text = _show(gradient)
    except KeyboardInterrupt:
        raise
    except BaseException:  # somebody's own __repr__, or a container that is too deep
        return f"{article(type(gradient).__name__)} that cannot be shown"
    return text if len(text) < 2000 else text[:200] + " …"


def _show(gradient: Any) -> str:
    if type(gradient) is tuple:
        return "(" + ", ".join(_show(each) for each in gradient) + ")"
    if type(gradient) is float or issubclass(type(gradient), np.floating):
        return f"{float(gradient):.6g}"
    if type(gradient) is np.ndarray and gradient.dtype.kind == "f":
        return np.array2string(gradient, precision=6, threshold=20)
    text = repr(gradient)
    return text if len(text) < 200 else text[:200] + " …"
