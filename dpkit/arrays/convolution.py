"""Images: kernels that slide over them, and what remains of a neighbourhood.

Convention: images are (N, C, H, W): N images with C channels, H rows and W columns of pixels.
A kernel is slid over the image as it is, not turned over: what is called convolution in machine
learning, and correlation in mathematics.
"""

from __future__ import annotations

from typing import Any

from dpkit.arrays.axes import as_array
from dpkit.backends import shape_of
from dpkit.box import apply

__all__ = ["avg_pool2d", "conv2d", "max_pool2d"]

Two = int | tuple[int, int]


def conv2d(x: Any, w: Any, stride: Two = 1, padding: Two = 0) -> Any:
    """Slide kernels over images; each place gives one number, the sum of products of pixels with
    the elements of the kernel:

        z[n, o, a, b] = Σ x[n, c, a·stride + i - padding, b·stride + j - padding] · w[o, c, i, j]

    x: images (N, C, H, W). w: kernels (O, C, h, w), one for each channel of the result.
    stride: how many pixels from one place to the next; padding: how many rows and columns of zeros
    are put around the image first. Both may be a pair, for rows and columns.
    Returns (N, O, (H + 2 padding - h) // stride + 1, …).

    Raises ValueError if the shapes do not fit.
    """
    x, w = as_array(x), as_array(w)
    images, kernels = shape_of(x), shape_of(w)
    said = f"dp.conv2d was given images of shape {images} and kernels of shape {kernels}"
    if len(images) != 4 or len(kernels) != 4:
        raise ValueError(
            f"{said}. Images are (number, channels, rows, columns) and kernels (channels of the "
            "result, channels of the images, rows, columns); reshape puts in an axis of length 1."
        )
    if images[1] != kernels[1]:
        raise ValueError(
            f"{said}. The images have {images[1]} channels and the kernels are for {kernels[1]}; "
            "the second lengths must be equal."
        )
    steps, margin = _pair("stride", stride, 1), _pair("padding", padding, 0)
    for k in (0, 1):
        if not 0 < kernels[2 + k] <= images[2 + k] + 2 * margin[k]:
            raise ValueError(
                f"{said}. With a padding of {padding} there is no place for the kernels on the "
                "images; make them smaller or the padding larger."
            )
    return apply("conv2d", x, w, stride=steps, padding=margin)


def avg_pool2d(x: Any, size: Two) -> Any:
    """The mean of each tile of this size. x: (N, C, H, W); returns (N, C, H // size, W // size).

    Rows and columns that do not fill a tile are left out.
    """
    tiles = _tiles("avg_pool2d", x, size)
    return apply("sum", tiles, axis=0, keepdims=False) / float(shape_of(tiles)[0])


def max_pool2d(x: Any, size: Two) -> Any:
    """The largest element of each tile of this size; where several are, they share the derivative.

    x: (N, C, H, W); returns (N, C, H // size, W // size). Rows and columns that do not fill a tile
    are left out.
    """
    return apply("max", _tiles("max_pool2d", x, size), axis=0, keepdims=False)


def _tiles(name: str, x: Any, size: Two) -> Any:
    """The elements of each tile, along the first of the axes (h·w, N, C, H // h, W // w).

    They come first because numpy reduces a first axis much faster than two short ones further back.
    """
    x = as_array(x)
    shape = shape_of(x)
    h, w = _pair("size", size, 1)
    if len(shape) != 4 or shape[2] < h or shape[3] < w:
        raise ValueError(
            f"dp.{name} was given an array of shape {shape} and tiles of {h} by {w}. It takes "
            "images, of shape (number, channels, rows, columns), at least as large as a tile."
        )
    rows, columns = shape[2] // h, shape[3] // w
    if (rows * h, columns * w) != tuple(shape[2:]):
        inside = (slice(None), slice(None), slice(0, rows * h), slice(0, columns * w))
        x = apply("getitem", x, key=inside)
    x = apply("reshape", x, shape=(*shape[:2], rows, h, columns, w))
    x = apply("permute", x, axes=(3, 5, 0, 1, 2, 4))
    return apply("reshape", x, shape=(h * w, *shape[:2], rows, columns))


def _pair(what: str, value: Any, least: int) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(type(n) is int and n >= least for n in pair):
        raise ValueError(
            f"{what} is a whole number, at least {least}, or a pair of them; it was {value!r}."
        )
    return pair
