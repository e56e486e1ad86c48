"""A test's function as the student's code sees it: one that runs in the judge.

It takes what the student's code has: numbers and arrays by value, objects of the student's own
classes as they are (the judge holds references to them). Derivatives go through it in the way of
the other direction: where the student's code differentiates it with torch or dpkit, the judge
differentiates its own function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.across import dpkit_calls, torch_calls
from autograder.across.deeds import Held

__all__ = ["callback"]

Ask = Callable[..., Any]


def callback(ask: Ask) -> Callable[..., Any]:
    """`ask(how, order, args, kwargs)` calls the function over there; see
    `autograder.remote.callbacks`."""

    def function(*args: Any, **kwargs: Any) -> Any:
        if torch_calls.is_tracked((args, kwargs)):
            return torch_calls.call(partial(ask, "torch"), args, kwargs)
        if dpkit_calls.is_tracked((args, kwargs)):
            return dpkit_calls.call(partial(ask, "dpkit"), args, kwargs)
        return ask("plain", 0, _held(list(args)), _held(kwargs))

    return function


def _held(tree: Any) -> Any:
    """Arrays of objects stay here, as the objects in them would."""
    if type(tree) is list or type(tree) is tuple:
        return type(tree)([_held(item) for item in tree])
    if type(tree) is dict:
        return {key: _held(item) for key, item in tree.items()}
    return Held(tree) if isinstance(tree, np.ndarray) and tree.dtype.kind == "O" else tree
