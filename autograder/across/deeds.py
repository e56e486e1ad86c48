"""What a test may do to an object in the student's process, besides calling it and reading its
attributes. Each deed runs there; the judge calls it by name.

Deeds whose result may be used in arithmetic give it as `Held`: it stays where it is, whatever it
is."""

from __future__ import annotations

import builtins
import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["DEEDS", "OPERATORS", "UFUNCS", "Held", "deed"]

OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "neg": operator.neg, "pos": operator.pos, "abs": abs,
}  # fmt: skip
UFUNCS = frozenset(
    "absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt cos cosh divide exp exp2 "
    "expm1 fabs float_power floor_divide hypot log log10 log1p log2 logaddexp matmul maximum minimum "
    "mod multiply negative positive power reciprocal remainder sin sinh sqrt square subtract tan tanh "
    "true_divide".split()
)
PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, type(None), np.generic)


class Held:
    """Keeps a value in this process: a reference to it goes in its place."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value


DEEDS: dict[str, Callable[..., Any]] = {}


def deed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: let the judge ask for this by the function's name."""
    DEEDS[function.__name__] = function
    return function


@deed
def operate(sign: str, *operands: Any) -> Held:
    """`x * y` and the like. Raises `TypeError` when the result is plain data."""
    return _object(OPERATORS[sign](*operands), f"`{sign}`")


@deed
def ufunc(name: str, *operands: Any) -> Held:
    """`np.sin(x)` and the like, which numpy hands to the method of that name."""
    result = getattr(np, name)(*operands)
    if type(result) is np.ndarray and result.shape == ():
        result = result.item()
    return _object(result, f"np.{name}")


def _object(result: Any, deed: str) -> Held:
    plain = isinstance(result, PLAIN) or (
        isinstance(result, np.ndarray) and result.dtype.kind != "O"
    )
    if plain:
        raise TypeError(
            f"{deed} of an object of your class gave a plain {type(result).__name__}; it should give "
            "an object of the class, so that one can go on computing with it."
        )
    return Held(result)


@deed
def item(thing: Any, key: Any) -> Any:
    return thing[_key(key)]


@deed
def held_item(thing: Any, key: Any) -> Any:
    """An item that may be used in arithmetic, where it is an object of the student's."""
    found = thing[_key(key)]
    return Held(found) if isinstance(found, np.ndarray) and found.dtype.kind == "O" else found


@deed
def set_item(thing: Any, key: Any, value: Any) -> None:
    thing[_key(key)] = value


def _key(key: Any) -> Any:
    """A key as the judge writes it: slices and the like as dictionaries."""
    if type(key) is tuple:
        return tuple(_key(part) for part in key)
    if type(key) is dict:
        return slice(*key["slice"]) if "slice" in key else ...
    return key


@deed
def set_attribute(thing: Any, name: str, value: Any) -> None:
    setattr(thing, name, value)


@deed
def length(thing: Any) -> int:
    return len(thing)


@deed
def text(thing: Any) -> str:
    return str(thing)


@deed
def representation(thing: Any) -> str:
    return repr(thing)


@deed
def copied(thing: Any, deep: bool) -> Held:
    return Held(copy.deepcopy(thing) if deep else copy.copy(thing))


@deed
def iterator(thing: Any) -> Held:
    return Held(iter(thing))


@deed
def following(thing: Any) -> list:
    """The next item, in a list; an empty list at the end."""
    try:
        return [next(thing)]
    except StopIteration:
        return []


@deed
def instance(thing: Any, kind: Any) -> bool:
    return bool(isinstance(thing, kind))


@deed
def subclass(thing: Any, kind: Any) -> bool:
    return bool(issubclass(thing, kind))


@deed
def enter(thing: Any) -> Any:
    return thing.__enter__()


@deed
def leave(thing: Any, trouble: str) -> None:
    """End a `with` block: `trouble` names the built-in exception that ends it, "" for none. What
    `__exit__` answers is not asked: it cannot swallow an exception of the test."""
    if not trouble:
        thing.__exit__(None, None, None)
        return
    error = getattr(builtins, trouble)()
    thing.__exit__(type(error), error, None)


@deed
def call_in_place(function: Any, args: list, kwargs: dict, places: list) -> list:
    """The result of a call, and what has become of the arguments at `places`."""
    result = function(*args, **kwargs)
    return [result, [kwargs[place] if type(place) is str else args[place] for place in places]]


@deed
def module_state(module: Any) -> list:
    """The parameters and the buffers of a `torch.nn.Module`, by name."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise TypeError(
            f"a {type(module).__name__} is no torch.nn.Module, so it cannot be trained by a test"
        )
    parameters = {name: value.detach().requires_grad_(value.requires_grad)
                  for name, value in module.named_parameters()}  # fmt: skip
    return [parameters, {name: value.detach() for name, value in module.named_buffers()}]


@deed
def functional_call(
    module: Any, parameters: dict, buffers: dict, training: bool, args: list, kwargs: dict
) -> list:
    """`module(*args)` with these parameters; the value, and the buffers afterwards."""
    import torch

    module.train(training)
    fresh = {name: value.clone() for name, value in buffers.items()}
    value = torch.func.functional_call(module, {**parameters, **fresh}, tuple(args), kwargs)
    return [value, {name: buffer.detach() for name, buffer in fresh.items()}]


@deed
def load_state(module: Any, state: dict, training: bool) -> None:
    """Give the module these parameters and buffers."""
    import torch

    module.train(training)
    with torch.no_grad():
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            value.copy_(state[name])
