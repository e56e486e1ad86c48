"""One of several, chosen by lot, and a slope through the choice.

Add to each logit a random number from Gumbel's distribution, and take the largest: logit k wins with
the probability softmax(logits)[k], exactly. The lot is now outside the parameters, and what remains
to be softened is an argmax.
"""

from __future__ import annotations

from typing import Any

from dpkit.arrays.axes import as_array, axis_of, described
from dpkit.backends import shape_of
from dpkit.relax.choice import softmax
from dpkit.relax.given import (
    alike,
    constant,
    need_generator,
    need_positive,
    number_or_array,
    one_hot,
)

__all__ = ["gumbel_softmax", "straight_through"]


def straight_through(hard: Any, soft: Any) -> Any:
    """The value of `hard` with the derivative of `soft`.

    Stands for a hard decision whose own derivative is useless. The derivative is biased by design,
    for it is that of another function than the one whose value is used. A colder `soft` is nearer
    to `hard`, but flatter nearly everywhere.

    hard, soft: numbers or arrays of the same shape.

        >>> import dpkit as dp
        >>> dp.value_and_grad(lambda x: straight_through(float(x > 0), dp.sigmoid(x)))(0.0)
        (0.0, 0.25)

    Raises ValueError if the shapes differ.

    Source: Bengio, Léonard & Courville, "Estimating or propagating gradients through stochastic
    neurons for conditional computation", arXiv:1308.3432, 2013.
    """
    hard, soft = number_or_array(hard), number_or_array(soft)
    if shape_of(hard) != shape_of(soft):
        raise ValueError(
            "The hard value and the soft one stand for the same thing, but their shapes are "
            f"{shape_of(hard)} and {shape_of(soft)}."
        )
    return constant(hard) + (soft - constant(soft))  # the bracket is exactly 0


def gumbel_softmax(
    logits: Any, rng: Any, temperature: Any = 1.0, hard: bool = False, axis: int = -1
) -> Any:
    """A random choice among several, as shares of 1 that can be differentiated by the logits.

    Stands for a one-hot vector drawn with the probabilities softmax(logits), which it becomes as the
    temperature goes to 0; at any temperature the largest share falls on each place with exactly that
    probability. The mean of the shares is not softmax(logits) until then, so a derivative through
    them is biased; it varies the more, the colder it is.

    logits: an array of any shape with this axis; the result has the same shape.
    rng: np.random.default_rng(seed). The same seed gives the same lots, whatever the logits.
    hard: return the one-hot vector itself, with the derivative of the shares (`straight_through`).

    Raises ValueError if the temperature is not positive or there is no such axis, TypeError if rng is
    no generator.

    Sources: Jang, Gu & Poole, "Categorical reparameterization with Gumbel-softmax", and Maddison,
    Mnih & Teh, "The concrete distribution", both ICLR 2017.
    """
    need_positive("temperature", temperature)
    need_generator(rng)
    logits = as_array(logits)
    axis = axis_of(axis, len(shape_of(logits)), described(logits))
    lots = alike(rng.gumbel(size=shape_of(logits)), logits)
    soft = softmax(logits + lots, temperature, axis)
    return straight_through(one_hot(soft, axis), soft) if hard else soft
