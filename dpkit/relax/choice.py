"""Which is the largest? Choosing, with shares instead of a winner.

`softmax` gives each candidate a share, and everything else here is built of the shares:

====================================  ========================================================
hard                                  soft
====================================  ========================================================
1 for the winner, 0 for the others    ``softmax(x, t)``
``values[argmax(x)]``                 ``soft_choice(x, values, t)``, the mean of the values
``argmax(x)``                         ``soft_argmax(x, t)``, the mean of the places
``max(x)``                            ``soft_max(x, t)``, above it; ``soft_choice(x, x, t)``, below
====================================  ========================================================

The temperature has the unit of x. What lies within it of the winner keeps a notable share.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.arrays import logsumexp
from dpkit.arrays import softmax as shares_at_one
from dpkit.arrays import sum as total
from dpkit.arrays.axes import Axis, as_array, axis_of, described
from dpkit.backends import shape_of
from dpkit.relax.given import alike, need_positive

__all__ = ["soft_argmax", "soft_choice", "soft_max", "softmax"]


def softmax(x: Any, temperature: Any = 1.0, axis: Axis = -1) -> Any:
    """Shares of 1 for the elements of x along an axis, in proportion to ``exp(x / temperature)``.

    Stands for a 1 at the largest element and 0 elsewhere, which it becomes as the temperature goes
    to 0 (equal largest elements share); as it grows, all shares become equal. The winner's share is
    too small by less than (n-1)·exp(-gap / temperature), for a gap to the second of n.

    x: an array of any shape; the shares have the same. axis: one, several, or None for all.

    Raises ValueError if the temperature is not positive or x has no such axis.

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs",
    Neurocomputing, 1990; the temperature is that of Boltzmann's distribution.
    """
    need_positive("temperature", temperature)
    return shares_at_one(as_array(x) / temperature, axis)


def soft_choice(scores: Any, values: Any, temperature: Any = 1.0, axis: int = -1) -> Any:
    """The value that stands where the score is largest, softly: the mean of the values by shares.

    Stands for ``values[argmax(scores)]``, which it becomes as the temperature goes to 0. Until then
    it is drawn towards the mean of the values. With ``values = scores`` it is a soft maximum that
    never exceeds the hard one, but need not rise with each score; see `soft_max`.

    scores, values: arrays that broadcast together. axis: of the scores; it disappears.

        >>> x = np.array([1.1, 4.0, -0.1, 2.3])
        >>> print(round(float(soft_choice(x, x, temperature=0.2)), 4))
        3.9997

    Raises ValueError if the temperature is not positive, the shapes do not fit or there is no such
    axis.

    Source: as a soft way to look something up, Bahdanau, Cho & Bengio, "Neural machine translation
    by jointly learning to align and translate", ICLR 2015 (attention).
    """
    scores, values = as_array(scores), as_array(values)
    shape = shape_of(scores)
    # Counted from the end, where shapes are aligned when they broadcast.
    axis = axis_of(axis, len(shape), described(scores)) - len(shape)
    try:
        fits = np.broadcast_shapes(shape, shape_of(values))[axis] == shape[axis]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"Each score needs a value, but the scores have the shape {shape} and the values "
            f"{shape_of(values)}, which do not broadcast."
        )
    return total(softmax(scores, temperature, axis) * values, axis)


def soft_argmax(x: Any, temperature: Any = 1.0, axis: int = -1) -> Any:
    """Where the largest element is, as a number between the places: the mean of 0, 1, 2 … by shares.

    Stands for ``argmax(x)``, which it becomes as the temperature goes to 0. Until then it is drawn
    towards the middle (n-1)/2, and between two equal peaks it names a place where there is none.

        >>> print(round(float(soft_argmax(np.array([1.1, 4.0, -0.1, 2.3]))), 4))
        1.2606

    x: an array of any shape with this axis, which disappears.

    Raises ValueError if the temperature is not positive or x has no such axis.

    Source: Chapelle & Wu, "Gradient descent optimization of smoothed information retrieval
    metrics", Information Retrieval 13, 2010; for places in pictures Levine et al., "End-to-end
    training of deep visuomotor policies", Journal of Machine Learning Research 17, 2016.
    """
    x = as_array(x)
    shape = shape_of(x)
    along = axis_of(axis, len(shape), described(x))
    places = np.arange(shape[along], dtype=float)
    places = places.reshape([-1 if k == along else 1 for k in range(len(shape))])
    return soft_choice(x, alike(places, x), temperature, along)


def soft_max(x: Any, temperature: Any = 1.0, axis: Axis = -1) -> Any:
    """A smooth maximum: ``temperature · log Σ exp(x / temperature)``. Its gradient is `softmax`.

    Stands for ``max(x)``, which it becomes as the temperature goes to 0. It is never below the
    maximum, above it by at most temperature · log n (if all n elements are equal), and it rises with
    every element.

    x: an array of any shape. axis: one, several, or None for all; they disappear.

    Raises ValueError if the temperature is not positive or x has no such axis.

    Source: Nesterov, "Smooth minimization of non-smooth functions", Mathematical Programming 103,
    2005.
    """
    need_positive("temperature", temperature)
    return temperature * logsumexp(as_array(x) / temperature, axis)
