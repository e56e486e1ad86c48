"""Products of whole arrays: matrices, and sums of products over any letters.

Like all functions of dpkit they take numpy arrays, torch tensors, tensors with derivatives, arrays
of `Scalar`s, lists and numbers.
"""

from __future__ import annotations

from typing import Any

from dpkit.arrays.axes import as_array
from dpkit.backends import shape_of
from dpkit.box import apply

__all__ = ["einsum", "matmul"]


def matmul(x: Any, y: Any) -> Any:
    """The product of matrices, the same as ``x @ y``.

    x: (…, n, k) or (k,), y: (…, k, m) or (k,). Returns (…, n, m), without the axis of an argument
    that is a vector. Axes before the last two count the matrices of a stack; a stack of one matrix,
    or a single matrix, meets every matrix of the other stack.

    Raises ValueError if the shapes do not chain.
    """
    return apply("matmul", as_array(x), as_array(y))


def einsum(subscripts: str, *arrays: Any, optimize: Any = None) -> Any:
    """A product of arrays, summed over the letters that the result does not have.

        >>> einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]])
        array([[11.]])

    subscripts: a letter for each axis of each array, and after ``->`` those of the result. Without
    ``->``, the result has the letters that stand once only, in the order of the alphabet. A letter
    that stands twice with one array means its diagonal: "ii" is the trace of a matrix.
    optimize: is ignored, since numpy's einsum has it. Arrays are multiplied from left to right; put
    those whose product is small first.

    Raises TypeError or ValueError if the letters do not fit the shapes.

    (A. Einstein, "Die Grundlage der allgemeinen Relativitätstheorie", 1916, section 5, leaves out
    the sign of the sum.)
    """
    factors, letters, out = _read(subscripts, [as_array(x) for x in arrays])
    for n, x in enumerate(factors):
        x, letters[n] = _diagonal(x, letters[n])
        elsewhere = {*out, *(c for k, each in enumerate(letters) if k != n for c in each)}
        alone = tuple(k for k, c in enumerate(letters[n]) if c not in elsewhere)
        if alone:
            x = apply("sum", x, axis=alone, keepdims=False)
            letters[n] = "".join(c for c in letters[n] if c in elsewhere)
        factors[n] = x
    if len(factors) > 1:
        return apply("einsum", *factors, spec=",".join(letters) + "->" + out)
    order = tuple(letters[0].index(c) for c in out)
    if order == tuple(range(len(order))):
        return factors[0]
    return apply("permute", factors[0], axes=order)


def _read(subscripts: Any, arrays: list[Any]) -> tuple[list[Any], list[str], str]:
    """The arrays, the letters of each, and those of the result; or an error in a sentence."""
    if not isinstance(subscripts, str):
        raise TypeError(
            "dp.einsum takes its letters first, as in dp.einsum('ij,jk->ik', x, y), but the first "
            f"argument was a {type(subscripts).__name__}."
        )
    said = f"dp.einsum({subscripts!r}, …)"
    text = subscripts.replace(" ", "")
    if "." in text:
        raise ValueError(
            f"{said}: '...' is not supported. Give each of these axes a letter, or use dp.matmul, "
            "which multiplies stacks of matrices."
        )
    inputs, arrow, out = text.partition("->")
    letters = inputs.split(",")
    if len(letters) != len(arrays):
        raise ValueError(
            f"{said} names {len(letters)} array{'s' * (len(letters) > 1)}, separated by commas, "
            f"but was given {len(arrays)}."
        )
    if not arrow:
        joined = "".join(letters)
        out = "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    lengths: dict[str, int] = {}
    for each, x in zip(letters, arrays, strict=True):
        shape = shape_of(x)
        if len(each) != len(shape) or not (each.isalpha() or not each):
            raise ValueError(
                f"{said}: {each!r} does not fit an array of shape {shape}, which needs "
                f"{len(shape)} letter{'s' * (len(shape) != 1)}, one for each axis."
            )
        for c, n in zip(each, shape, strict=True):
            if lengths.setdefault(c, n) != n:
                raise ValueError(
                    f"{said}: the letter {c!r} stands for {lengths[c]} elements in one place and "
                    f"for {n} in another, in arrays of shape "
                    f"{', '.join(str(shape_of(each)) for each in arrays)}."
                )
    for c in out:
        if c not in lengths or out.count(c) > 1:
            raise ValueError(
                f"{said}: the letter {c!r} of the result must stand with an array before '->', and "
                "only once after it."
            )
    return list(arrays), letters, out


def _diagonal(x: Any, letters: str) -> tuple[Any, str]:
    """x with one axis for each letter: where a letter stands twice, the diagonal of these axes."""
    for c in letters:
        while letters.count(c) > 1:
            first = letters.index(c)
            second = letters.index(c, first + 1)
            rest = [k for k in range(len(letters)) if k not in (first, second)]
            shape = shape_of(x)
            n = shape[first]
            x = apply("permute", x, axes=(*rest, first, second))
            x = apply("reshape", x, shape=(*(shape[k] for k in rest), n * n))
            x = apply("getitem", x, key=(Ellipsis, slice(None, None, n + 1)))
            letters = "".join(letters[k] for k in rest) + c
    return x, letters
