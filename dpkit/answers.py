"""Gradients as people hand them in: are they numbers at all, and in the right shape?

Only types whose behaviour is known are looked into: nobody's own class gets to say what it is, to
compare itself, or to do arithmetic with the truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.containers import flatten
from dpkit.functions import Number

__all__ = ["article", "component_names", "flat", "grows", "show", "trouble"]


def flat(answer: Any) -> np.ndarray | None:
    """A gradient as one flat array of floats; None if there is anything but numbers in it."""
    kind = type(answer)
    if kind in (float, int) or isinstance(answer, (np.floating, np.integer)):
        return np.array([answer], dtype=float)
    if kind is np.ndarray:
        if answer.dtype.kind in "fiu":
            return answer.astype(float).ravel()
        return flat(answer.tolist()) if answer.dtype.kind == "O" else None
    if kind is dict:
        answer = list(answer.values())
    elif not isinstance(answer, (list, tuple)):
        return None
    parts = [flat(each) for each in answer]
    if any(part is None for part in parts):
        return None
    return np.concatenate([np.empty(0), *[part for part in parts if part is not None]])


def trouble(answer: Any, arg: Any, which: str) -> tuple[str, str] | None:
    """What is wrong with the form of the gradient for one argument: (kind, sentence), or None.

    which: words such as "for argument 2 " that say whose gradient it is.
    """
    if answer is None:
        return "missing", f"nothing came back {which}(None). Is there a return?"
    if flat(answer) is None:
        kind = type(answer).__name__
        if isinstance(answer, Number):
            advice = "The gradient is a plain number; take the value out of it"
        elif isinstance(answer, (list, tuple, dict)) or kind == "ndarray":
            advice = "There is something in it that is not a real number"
        else:
            advice = "The gradient consists of plain numbers"
        return "wrong_type", f"{article(kind)} came back {which}instead of numbers. {advice}."
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
    if isinstance(arg, dict) and (not isinstance(answer, dict) or list(answer) != list(arg)):
        return (
            "shape",
            f"the gradient {which}should be a dict with the keys {list(arg)}, in this order.",
        )
    if given.size != wanted or (_is_number(arg) and np.ndim(_plain(answer)) > 0):
        return "shape", (
            f"the gradient {which}should be {numbers}; "
            f"{'an array or a list' if given.size == 1 else given.size} came back."
        )
    return None


def _is_number(arg: Any) -> bool:
    return not isinstance(arg, (list, tuple, dict, np.ndarray))


def _plain(answer: Any) -> Any:
    return list(answer) if isinstance(answer, (list, tuple)) else answer


def _shape(answer: Any) -> tuple[int, ...]:
    try:
        return np.shape(answer)
    except ValueError:  # lists of different lengths
        return (len(answer),)


def component_names(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """What each number of the arguments is called in f: ``a``, ``w[2]`` or ``p['k']``."""
    code = getattr(f, "__code__", None)
    words = list(code.co_varnames[: code.co_argcount]) if code else []
    names: list[str] = []
    for n, arg in enumerate(args):
        word = words[n] if n < len(words) else f"argument {n + 1}"
        names += _names_within(word, arg)
    return names


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
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def show(gradient: Any) -> str:
    """A gradient in six digits."""
    if isinstance(gradient, tuple):
        return "(" + ", ".join(show(each) for each in gradient) + ")"
    if isinstance(gradient, (float, np.floating)) and math.isfinite(gradient):
        return f"{gradient:.6g}"
    if isinstance(gradient, np.ndarray) and gradient.dtype.kind == "f":
        return np.array2string(gradient, precision=6, threshold=20)
    text = repr(gradient)
    return text if len(text) < 200 else text[:200] + " …"
