"""Orders and matchings, softly: matrices between the permutations.

A permutation matrix has a single 1 in each row and column. Soften its rows, and each is a set of
shares; keep both the rows and the columns to a sum of 1, and it is *doubly stochastic*: a mean of
permutations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.arrays import expand_dims, logsumexp
from dpkit.arrays import sum as total
from dpkit.arrays.axes import as_array
from dpkit.backends import shape_of
from dpkit.functions import abs as size
from dpkit.functions import exp
from dpkit.relax.choice import softmax
from dpkit.relax.given import alike, need_positive

__all__ = ["sinkhorn", "soft_permutation", "soft_sort"]


def sinkhorn(scores: Any, temperature: Any = 1.0, iterations: int = 20) -> Any:
    """A doubly stochastic matrix with large entries where the scores are large.

    Stands for the permutation with the largest sum of scores (the assignment problem), which it
    becomes as the temperature goes to 0 and the iterations go on. Rows and columns are divided by
    their sums in turn, in logarithms. The columns come last and are exact; how far the rows are from
    1 tells whether the iterations were enough. The colder, the more are needed.

    scores: an array (…, n, n); the result has the same shape.

    Raises ValueError if the matrices are not square, the temperature is not positive or there are no
    iterations.

    Sources: Sinkhorn, "A relationship between arbitrary positive matrices and doubly stochastic
    matrices", Annals of Mathematical Statistics 35, 1964; Mena et al., "Learning latent permutations
    with Gumbel-Sinkhorn networks", ICLR 2018.
    """
    need_positive("temperature", temperature)
    scores = as_array(scores)
    shape = shape_of(scores)
    if len(shape) < 2 or shape[-1] != shape[-2] or not shape[-1]:
        raise ValueError(
            f"Scores of a matching are square matrices (…, n, n), but the shape is {shape}."
        )
    if iterations < 1:
        raise ValueError(f"There must be at least one iteration, but iterations={iterations}.")
    logs = scores / temperature
    for _ in range(iterations):
        logs = logs - logsumexp(logs, axis=-1, keepdims=True)
        logs = logs - logsumexp(logs, axis=-2, keepdims=True)
    return exp(logs)


def soft_permutation(x: Any, temperature: Any = 1.0, descending: bool = False) -> Any:
    """The matrix that sorts x, softly: row k holds the shares in the k-th smallest element.

    Stands for the permutation matrix P with P x sorted, which it becomes as the temperature goes to
    0, if no two elements are equal. Each row sums to 1, but the columns do not: two rows may claim
    the same element. The temperature has the unit of x; gaps well below it are not told apart.

    x: an array (…, n). Returns (…, n, n).

    Raises ValueError if x has no axis or no elements, or the temperature is not positive.

    Source: Grover, Wang, Zweig & Ermon, "Stochastic optimization of sorting networks via continuous
    relaxations", ICLR 2019 (NeuralSort). In descending order, row k = 1 … n is the softmax of
    (n + 1 - 2k) x - Σⱼ |x - xⱼ|.
    """
    need_positive("temperature", temperature)
    x = as_array(x)
    shape = shape_of(x)
    if not shape or not shape[-1]:
        raise ValueError(f"A row of numbers (…, n) is needed to sort, but the shape is {shape}.")
    n = shape[-1]
    turns = np.arange(n - 1.0, -n, -2.0)[:, None]  # n+1-2k for k = 1 … n
    spread = total(size(expand_dims(x, -1) - expand_dims(x, -2)), -1)
    scores = alike(turns if descending else -turns, x) * expand_dims(x, -2)
    return softmax(scores - expand_dims(spread, -2), temperature)


def soft_sort(x: Any, temperature: Any = 1.0, descending: bool = False) -> Any:
    """The elements of x in order, softly: each is a mean of those that might be next.

    Stands for ``sort(x)``, which it becomes as the temperature goes to 0. Until then the smallest
    come out too large and the largest too small, and the sum is not kept.

    x: an array (…, n); each row is sorted. The result has the same shape.

    Raises ValueError as `soft_permutation` does, whose matrix it multiplies with x.
    """
    x = as_array(x)
    return total(soft_permutation(x, temperature, descending) * expand_dims(x, -2), -1)
