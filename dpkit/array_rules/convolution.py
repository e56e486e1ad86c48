"""Rules of convolution: three primitives that are each other's derivatives.

A convolution is linear in the images x and linear in the kernels w. Call

* ``conv2d(x, w)`` the convolution z,
* ``conv2d_input(g, w)`` what brings an adjoint g of z back to the images,
* ``conv2d_weight(x, g)`` what brings it back to the kernels.

All three are sums of the same products: g, x and w, wherever a kernel w moves a pixel x to a place
g. Each sums over the two that it is given. So the adjoint of any of them with respect to either
argument is one of the other two, and derivatives of all orders stay among the three.
"""

from __future__ import annotations

from typing import Any

from dpkit.array_rules._row import ArrayMisreading, Pullback, linear, misread, row
from dpkit.backends import shape_of
from dpkit.box import words as xp

__all__ = ["TABLE"]


def to_images(z: Any, x: Any, w: Any, stride: Any, padding: Any) -> Pullback:
    """The adjoint of the images x of a convolution."""
    lengths = shape_of(x)[2:]
    return lambda g: xp.conv2d_input(g, w, shape=lengths, stride=stride, padding=padding)


def to_kernels(z: Any, x: Any, w: Any, stride: Any, padding: Any) -> Pullback:
    """The adjoint of the kernels w of a convolution."""
    size = shape_of(w)[2:]
    return lambda g: xp.conv2d_weight(x, g, size=size, stride=stride, padding=padding)


def input_to_kernels(z: Any, g: Any, w: Any, shape: Any, stride: Any, padding: Any) -> Pullback:
    """z = conv2d_input(g, w): the adjoint of w; a, that of z, looks like images."""
    size = shape_of(w)[2:]
    return lambda a: xp.conv2d_weight(a, g, size=size, stride=stride, padding=padding)


def weight_to_images(z: Any, x: Any, g: Any, size: Any, stride: Any, padding: Any) -> Pullback:
    """z = conv2d_weight(x, g): the adjoint of x; a, that of z, looks like kernels."""
    lengths = shape_of(x)[2:]
    return lambda a: xp.conv2d_input(g, a, shape=lengths, stride=stride, padding=padding)


def turned_over(w: Any) -> Any:
    """Every kernel turned by half a turn: rows and columns in reverse order."""
    return xp.flip(w, axis=(2, 3))


TABLE = (
    row(
        "conv2d",
        ArrayMisreading(
            "swapped", "the kernel lies the wrong way round: the forward pass slides it as it is, "
            "and the adjoint must send each product back to where it came from",
            {0: lambda z, x, w, stride, padding: lambda g: to_images(
                z, x, turned_over(w), stride, padding)(g),
             1: lambda z, x, w, stride, padding: lambda g: turned_over(
                 to_kernels(z, x, w, stride, padding)(g))},
        ),
        misread("overwritten", "the kernels meet every image of the batch and collect one "
                "contribution from each; only the last was kept",
                lambda z, x, w, stride, padding: lambda g: xp.conv2d_weight(
                    xp.getitem(x, key=slice(-1, None)), xp.getitem(g, key=slice(-1, None)),
                    size=shape_of(w)[2:], stride=stride, padding=padding), argument=1),
        misread("missing_term", "the kernels meet every image of the batch and collect one "
                "contribution from each; only that of the first was counted",
                lambda z, x, w, stride, padding: lambda g: xp.conv2d_weight(
                    xp.getitem(x, key=slice(0, 1)), xp.getitem(g, key=slice(0, 1)),
                    size=shape_of(w)[2:], stride=stride, padding=padding), argument=1),
        vjp=(to_images, to_kernels), jvp=(linear("conv2d", 0), linear("conv2d", 1)),
    ),
    row(
        "conv2d_input",
        misread("swapped", "the kernel lies the wrong way round",
                lambda z, g, w, shape, stride, padding: lambda a: xp.conv2d(
                    a, turned_over(w), stride=stride, padding=padding)),
        vjp=(
            lambda z, g, w, shape, stride, padding: lambda a: xp.conv2d(
                a, w, stride=stride, padding=padding),
            input_to_kernels,
        ),
        jvp=(linear("conv2d_input", 0), linear("conv2d_input", 1)),
    ),
    row(
        "conv2d_weight",
        misread("swapped", "the kernel lies the wrong way round",
                lambda z, x, g, size, stride, padding: lambda a: xp.conv2d_input(
                    g, turned_over(a), shape=shape_of(x)[2:], stride=stride, padding=padding)),
        vjp=(
            weight_to_images,
            lambda z, x, g, size, stride, padding: lambda a: xp.conv2d(
                x, a, stride=stride, padding=padding),
        ),
        jvp=(linear("conv2d_weight", 0), linear("conv2d_weight", 1)),
    ),
)  # fmt: skip
