"""What to say when an array library cannot carry out an operation.

Libraries know what is wrong, but not what the reader was doing. The sentences here name the
operation, the shapes, and what could be done; the library's own words follow, where it has any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dpkit.backends import Number, is_torch, shape_of

__all__ = ["complaint"]

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "power": "**", "matmul": "@"}
_KINDS = (
    np.linalg.LinAlgError,
    IndexError,
    ValueError,
    TypeError,
    NotImplementedError,
    MemoryError,
)


def complaint(
    name: str, values: Sequence[Any], params: dict[str, Any], problem: Exception
) -> Exception:
    """The exception to raise instead of `problem`, which a library raised; or `problem` itself.

    name, values, params: the operation and what it was given.
    """
    from dpkit.table import is_elementwise, primitives

    if any(isinstance(x, Number) for x in values) or isinstance(problem, NotImplementedError):
        return problem  # it was raised, and explained, further inside
    arrays = [x for x in values if hasattr(x, "shape")]
    shapes = [shape_of(x) for x in arrays]
    given = _listed([f"the shape {shape}" for shape in shapes])
    what = f"x {_SIGNS[name]} y" if name in _SIGNS else f"dp.{name}"
    places = {str(x.device) for x in arrays if is_torch(x)}
    if len(places) > 1:
        return TypeError(
            f"{what}: the arrays have {given}, but are on different devices: "
            f"{_listed([str(x.device) for x in arrays])}. Bring them together first, for example "
            f"with x.to({sorted(places)[-1]!r}), or dp.tensor(…, device=…)."
        )
    if name in primitives() and is_elementwise(name) and not _broadcast(shapes):
        return ValueError(
            f"{what}: the arrays have {given}, which do not fit. Compared from the last axis "
            "backwards, two lengths must be equal, or one of them 1. Perhaps one array has to be "
            "transposed (x.T), or needs another axis (x[:, None])."
        )
    if name == "matmul":
        return _products(shape_of(values[0]), shape_of(values[1]), problem)
    told = "".join(f", {key}={_short(value)}" for key, value in params.items())
    kind = next((each for each in _KINDS if isinstance(problem, each)), RuntimeError)
    said = str(problem).strip().rstrip(".")
    return kind(f"{what} does not work on {given or 'these values'}{told}: {said}.")


def _products(x: tuple[int, ...], y: tuple[int, ...], problem: Exception) -> Exception:
    if not x or not y:
        return ValueError(
            f"x @ y is for vectors and matrices, but the shapes are {x} and {y}; multiply by a "
            "single number with x * y."
        )
    inner = x[-1], y[-2] if len(y) > 1 else y[-1]
    if inner[0] == inner[1]:
        if len(x) > 2 or len(y) > 2:
            return ValueError(
                f"x @ y: the shapes {x} and {y} are stacks of matrices that do not fit: the axes "
                "before the last two must be equal, or 1."
            )
        return type(problem)(f"x @ y, with the shapes {x} and {y}, does not work: {problem}")
    advice = ""
    if len(y) > 1 and x[-1] == y[-1]:
        advice = " Did you mean x @ y.T?"
    elif len(x) > 1 and x[-2] == inner[1]:
        advice = " Did you mean x.T @ y?"
    return ValueError(
        f"x @ y: the shapes {x} and {y} do not chain: the last axis of x has the length "
        f"{inner[0]}, and the {'last axis but one' if len(y) > 1 else 'axis'} of y {inner[1]}; "
        f"they must be equal.{advice}"
    )


def _broadcast(shapes: list[tuple[int, ...]]) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def _listed(items: list[str]) -> str:
    return " and ".join(items)


def _short(value: Any) -> str:
    """A parameter in few words."""
    text = f"an array of shape {shape_of(value)}" if hasattr(value, "shape") else repr(value)
    return text if len(text) < 60 else text[:59] + "…"
