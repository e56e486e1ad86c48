"""What steps of time ask of what they are given, said in a sentence where it is missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpkit.backends import Number, is_array, is_torch
from dpkit.box import plain
from dpkit.containers import spread
from dpkit.relax.given import values_of

__all__ = ["need_finite", "need_step", "need_positive"]


def need_step(dt: Any) -> None:
    """Raise ValueError if dt is no time to step by. Negative ones lead back in time."""
    size = float(values_of(dt))
    if not math.isfinite(size) or size == 0:
        raise ValueError(
            f"dt is how much time a step takes; with dt = {size:g} nothing would move. Give a number "
            "such as 0.02, in your unit of time."
        )


def need_positive(what: str, value: Any) -> None:
    """Raise ValueError if a time, gravity or another size is not positive and finite."""
    size = values_of(value)
    if not np.all(np.isfinite(size) & (size > 0)):
        found = f"{float(size):g}" if not size.shape else f"{size}"
        raise ValueError(f"{what} must be positive, but it is {found}.")


def need_finite(what: str, tree: Any) -> None:
    """Raise ValueError if a container of numbers holds nan or infinity, and say in which part.

    torch's tensors are not looked at: they may be on a device that would have to be waited for.
    """
    for name, part in tree.items() if isinstance(tree, dict) else [("", tree)]:
        for x in spread(part)[0]:
            if is_torch(plain(x)) or not (is_array(x) or isinstance(x, (Number, float, int))):
                continue
            values = values_of(x)
            wrong = values[~np.isfinite(values)]
            if wrong.size:
                where = f'its "{name}"' if name else "it"
                raise ValueError(
                    f"{what} must be finite, but {where} holds {wrong[0]}. Where did that come "
                    "from? Usually a division by 0, or a step that was too long."
                )
