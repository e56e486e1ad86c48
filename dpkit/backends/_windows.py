"""Convolution as a product of matrices, for numpy; and slice by slice, for any other library.

x: images (N, C, H, W); w: kernels (O, C, h, w); z: results (N, O, Ho, Wo). Every place of a kernel
on an image is a *window*. With all windows as the columns of a matrix (C·h·w, Ho·Wo), a convolution
is one product of matrices, and so are its two adjoints. (K. Chellapilla, S. Puri, P. Simard, "High
performance convolutional neural networks for document processing", 2006.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["WINDOWS", "conv2d_words", "length"]

Pair = tuple[int, int]


def length(n: int, kernel: int, stride: int, padding: int) -> int:
    """How many places a kernel of this length has on an axis of length n."""
    return (n + 2 * padding - kernel) // stride + 1


def _padded(x: Any, padding: Pair) -> Any:
    p, q = padding
    if not (p or q):
        return x
    n, c, h, w = x.shape
    out = np.zeros((n, c, h + 2 * p, w + 2 * q), x.dtype)
    out[:, :, p : p + h, q : q + w] = x
    return out


def _columns(x: Any, size: Pair, places: Pair, stride: Pair) -> Any:
    """All windows of padded images, as matrices (N, C·h·w, Ho·Wo)."""
    n, c, down, right = x.strides
    windows = np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *size, *places),
        (n, c, down, right, down * stride[0], right * stride[1]),
        writeable=False,
    )
    return windows.reshape(x.shape[0], -1, places[0] * places[1])


def _conv2d(x: Any, w: Any, stride: Pair, padding: Pair) -> Any:
    size = w.shape[2:]
    places: Any = tuple(map(length, x.shape[2:], size, stride, padding))
    columns = _columns(_padded(x, padding), size, places, stride)
    return (w.reshape(len(w), -1) @ columns).reshape(len(x), len(w), *places)


def _conv2d_input(g: Any, w: Any, shape: Pair, stride: Pair, padding: Pair) -> Any:
    n, o, *places = g.shape
    columns = w.reshape(o, -1).T @ g.reshape(n, o, -1)
    columns = columns.reshape(n, *w.shape[1:], *places)
    (p, q), (height, width) = padding, shape
    out = np.zeros((n, w.shape[1], height + 2 * p, width + 2 * q), columns.dtype)
    for i, j, here in _places(w.shape[2:], places, stride):
        out[here] += columns[:, :, i, j]
    return out[:, :, p : p + height, q : q + width]


def _conv2d_weight(x: Any, g: Any, size: Pair, stride: Pair, padding: Pair) -> Any:
    n, o, *places = g.shape
    columns = _columns(_padded(x, padding), size, tuple(places), stride)
    each = g.reshape(n, o, -1) @ columns.transpose(0, 2, 1)
    return np.add.reduce(each, axis=0).reshape(o, x.shape[1], *size)


def _places(size: Any, places: Any, stride: Any) -> Iterator[tuple[int, int, Any]]:
    """For each element (i, j) of a kernel, the pixels that it meets."""
    for i in range(size[0]):
        for j in range(size[1]):
            rows = slice(i, i + stride[0] * (places[0] - 1) + 1, stride[0])
            columns = slice(j, j + stride[1] * (places[1] - 1) + 1, stride[1])
            yield i, j, (slice(None), slice(None), rows, columns)


WINDOWS: dict[str, Any] = {
    "conv2d": _conv2d,
    "conv2d_input": _conv2d_input,
    "conv2d_weight": _conv2d_weight,
}


def conv2d_words(xp: Any) -> dict[str, Any]:
    """The same three words, said with what the array API standard has."""

    def padded(x: Any, padding: Pair) -> Any:
        (n, c, h, w), (p, q) = x.shape, padding
        out = xp.zeros((n, c, h + 2 * p, w + 2 * q), dtype=x.dtype, device=x.device)
        out[:, :, p : p + h, q : q + w] = x
        return out

    def conv2d(x: Any, w: Any, stride: Pair, padding: Pair) -> Any:
        places = tuple(map(length, x.shape[2:], w.shape[2:], stride, padding))
        x, z = padded(x, padding), 0.0
        for i, j, here in _places(w.shape[2:], places, stride):
            z = z + w[:, :, i, j] @ xp.reshape(x[here], (*x.shape[:2], places[0] * places[1]))
        return xp.reshape(z, (x.shape[0], w.shape[0], *places))

    def conv2d_input(g: Any, w: Any, shape: Pair, stride: Pair, padding: Pair) -> Any:
        (n, o, *places), (p, q), (height, width) = g.shape, padding, shape
        flat = xp.reshape(g, (n, o, places[0] * places[1]))
        lengths = (n, w.shape[1], height + 2 * p, width + 2 * q)
        out = xp.zeros(lengths, dtype=g.dtype, device=g.device)
        for i, j, here in _places(w.shape[2:], places, stride):
            share = xp.matrix_transpose(w[:, :, i, j]) @ flat
            out[here] = out[here] + xp.reshape(share, (n, w.shape[1], *places))
        return out[:, :, p : p + height, q : q + width]

    def conv2d_weight(x: Any, g: Any, size: Pair, stride: Pair, padding: Pair) -> Any:
        n, o, *places = g.shape
        x, flat = padded(x, padding), xp.reshape(g, (n, o, places[0] * places[1]))
        pieces = []
        for _, _, here in _places(size, places, stride):
            met = xp.reshape(x[here], (n, x.shape[1], places[0] * places[1]))
            pieces.append(xp.sum(flat @ xp.matrix_transpose(met), axis=0))
        return xp.reshape(xp.stack(pieces, axis=-1), (o, x.shape[1], *size))

    return {"conv2d": conv2d, "conv2d_input": conv2d_input, "conv2d_weight": conv2d_weight}
