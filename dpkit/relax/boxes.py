"""How far two boxes overlap, and a soft version that is felt from afar.

A box is (left, bottom, right, top). The *intersection over union*, the area that two boxes share
divided by the area they cover together, is how object detectors are judged. Where the boxes do not
meet it is 0 and flat: its gradient does not say where the other box is.

The soft version shakes one box by random amounts and takes the mean. If two intervals [a0, a1] and
[b0, b1] are shifted against each other by noise from the logistic distribution, of scale t, then
the mean length of their overlap is

    ⟨a, b⟩ = r(a1 - b0) + r(a0 - b1) - r(a1 - b1) - r(a0 - b0),      r(u) = t · softplus(u / t),

because r'' is the density of the noise; for t → 0, r is the ramp, and ⟨a, b⟩ the length of the
overlap. The density has a positive Fourier transform (it is πtω / sinh(πtω)), so ⟨a, b⟩ is an inner
product, and so is its product over both directions. Hence

    soft IoU = ⟨A, B⟩ / (⟨A, A⟩ + ⟨B, B⟩ - ⟨A, B⟩)

lies between 0 and 1, and is 1 only if the boxes are equal: however warm, the best box is the right
one. (It is Tanimoto's similarity, of box-shaped functions that are out of focus.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.arrays.axes import as_array
from dpkit.backends import shape_of
from dpkit.functions import expm1, log, maximum, minimum, relu, softplus
from dpkit.relax.given import need_positive, values_of

__all__ = ["iou", "soft_iou"]


def iou(box_a: Any, box_b: Any) -> Any:
    """Intersection over union: the area that two boxes share, by the area they cover together.

    box_a, box_b: (left, bottom, right, top), or arrays (…, 4) of such that broadcast together.
    Returns numbers from 0 (the boxes do not meet) to 1 (they are equal), of shape (…,).

    Raises ValueError if the last axis has not 4 numbers, the shapes do not broadcast, or a box has no
    width or height.
    """
    a, b = _corners(box_a, box_b)
    shared = _overlap(a[0], a[2], b[0], b[2]) * _overlap(a[1], a[3], b[1], b[3])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (areas[0] + areas[1] - shared)


def soft_iou(box_a: Any, box_b: Any, temperature: Any) -> Any:
    """Intersection over union of boxes that are out of focus: with a slope where they do not meet.

    Stands for `iou`, which it becomes as the temperature goes to 0. Of equal boxes it is 1 at any
    temperature; of others it is less, but no bound says on which side of `iou`. With the
    gap between two boxes it falls as exp(-gap / temperature), so its logarithm has a slope that does
    not fade with distance: descend on -log.

    box_a, box_b: (left, bottom, right, top), or arrays (…, 4) of such that broadcast together.
    temperature: in the unit of the coordinates.

        >>> import dpkit as dp
        >>> box, target = np.array([0.0, 0.0, 1.0, 1.0]), np.array([2.0, 0.0, 3.0, 1.0])
        >>> slope = dp.grad(lambda box: dp.log(soft_iou(box, target, 0.25)))(box)
        >>> print(round(slope[0] + slope[2], 2), dp.grad(lambda box: iou(box, target))(box))
        3.98 [0. 0. 0. 0.]

    Raises ValueError as `iou` does, and if the temperature is not positive.

    Source: the module's docstring; for -log, Yu et al., "UnitBox: an advanced object detection
    network", ACM Multimedia 2016.
    """
    need_positive("temperature", temperature)
    a, b = _corners(box_a, box_b)

    def product(a: list[Any], b: list[Any]) -> Any:
        across = _soft_overlap(a[0], a[2], b[0], b[2], temperature)
        return across * _soft_overlap(a[1], a[3], b[1], b[3], temperature)

    shared = product(a, b)
    return shared / (product(a, a) + product(b, b) - shared)


def _overlap(a0: Any, a1: Any, b0: Any, b1: Any) -> Any:
    """The length that two intervals share."""
    return relu(minimum(a1, b1) - maximum(a0, b0))


def _soft_overlap(a0: Any, a1: Any, b0: Any, b1: Any, temperature: Any) -> Any:
    """The mean length that two intervals share, if they are shaken: ⟨a, b⟩ of the module's text.

    The logarithms in the four terms belong together: two of them, and 1 plus a product, are left. In
    this form nothing nearly equal is subtracted, and an overlap of exp(-500) still has its digits.
    It reads like `_overlap`, with a soft minimum, maximum and ramp; `fringe` says what intervals
    lose that are no longer than the noise.
    """

    def ramp(u: Any) -> Any:
        return temperature * softplus(u / temperature)

    shared = (a1 - ramp(a1 - b1)) - (b0 + ramp(a0 - b0))
    fringe = log(-expm1((a0 - a1) / temperature)) + log(-expm1((b0 - b1) / temperature))
    return ramp(shared + temperature * fringe)


def _corners(*boxes: Any) -> list[list[Any]]:
    """left, bottom, right and top of each argument, after a look at them."""
    boxes = tuple(map(as_array, boxes))
    for which, box in zip(("first", "second"), boxes, strict=True):
        shape = shape_of(box)
        if not shape or shape[-1] != 4:
            raise ValueError(
                f"A box is (left, bottom, right, top), but the {which} argument has the shape "
                f"{shape}, whose last axis is not of length 4."
            )
        values = values_of(box)
        wrong = ~np.all(values[..., 2:] > values[..., :2], axis=-1)  # nan is wrong too
        if np.any(wrong):
            sides = ", ".join(f"{x:g}" for x in values[wrong][0])
            raise ValueError(
                f"A box (left, bottom, right, top) needs left < right and bottom < top, but the "
                f"{which} argument holds ({sides}). Descent on a centre and the logarithm of a size "
                "cannot turn a box inside out."
            )
    try:
        np.broadcast_shapes(*map(shape_of, boxes))
    except ValueError:
        raise ValueError(
            f"Boxes of the shapes {shape_of(boxes[0])} and {shape_of(boxes[1])} cannot be paired. "
            "For all pairs, boxes_a[:, None] and boxes_b[None, :] will do."
        ) from None
    return [[box[..., k] for k in range(4)] for box in boxes]
