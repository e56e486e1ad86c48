"""Layers: modules with weights, and the activations between them.

The first weights are drawn as torch draws them, uniformly from ±1/√(inputs of one output), so that
the outputs of a layer are about as large as its inputs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.arrays.axes import as_array
from dpkit.backends import shape_of
from dpkit.box import plain
from dpkit.nn.module import Module
from dpkit.tensor import Tensor, tensor

__all__ = ["BatchNorm2d", "Conv2d", "Flatten", "Linear", "ReLU", "Sigmoid", "Tanh"]

Two = int | tuple[int, int]


class Linear(Module):
    """An affine map: x ↦ x Wᵀ + b.

    Args:
        in_features, out_features: the widths.
        bias: whether there is a b.
        rng: a seed or a numpy generator for the first weights, uniform in ±1/√in_features.
        dtype: of the parameters, float64 if not given. A torch dtype makes torch tensors of them.
        device: of the parameters; "cuda" makes torch tensors of them too.

    Shapes: weight (out_features, in_features), bias (out_features,);
    (…, in_features) → (…, out_features).

    Raises ValueError if the input has another width.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        rng: Any = None,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        self.in_features = _count("in_features", in_features)
        self.out_features = _count("out_features", out_features)
        rng, bound = np.random.default_rng(rng), 1 / math.sqrt(in_features)
        shape = (out_features, in_features)
        self.weight = _parameter(rng.uniform(-bound, bound, shape), dtype, device)
        self.bias = None
        if bias:
            self.bias = _parameter(rng.uniform(-bound, bound, out_features), dtype, device)

    def forward(self, x: Any) -> Any:
        x = as_array(x)
        shape = shape_of(x)
        if not shape or shape[-1] != self.in_features:
            raise ValueError(
                f"{self!r} was given an array of shape {shape}. Its last axis should have "
                f"{self.in_features} elements, one for each feature."
            )
        y = x @ arrays.transpose(self.weight)
        return y if self.bias is None else y + self.bias

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Conv2d(Module):
    """Kernels that slide over images; see `dpkit.conv2d`.

    Args:
        in_channels, out_channels: of the images that go in and come out.
        kernel_size, stride, padding: numbers, or pairs for rows and columns.
        bias: whether each channel of the result has a number added.
        rng, dtype, device: as for `Linear`; ±1/√(in_channels · h · w).

    Shapes: weight (out_channels, in_channels, h, w), bias (out_channels,);
    (N, in_channels, H, W) → (N, out_channels, (H + 2 padding − h) // stride + 1, …).

    Raises ValueError if the images do not fit.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Two,
        stride: Two = 1,
        padding: Two = 0,
        bias: bool = True,
        rng: Any = None,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        self.in_channels = _count("in_channels", in_channels)
        self.out_channels = _count("out_channels", out_channels)
        self.kernel_size = _pair("kernel_size", kernel_size, 1)
        self.stride = _pair("stride", stride, 1)
        self.padding = _pair("padding", padding, 0)
        shape = (out_channels, in_channels, *self.kernel_size)
        rng, bound = np.random.default_rng(rng), 1 / math.sqrt(math.prod(shape[1:]))
        self.weight = _parameter(rng.uniform(-bound, bound, shape), dtype, device)
        self.bias = None
        if bias:
            self.bias = _parameter(rng.uniform(-bound, bound, out_channels), dtype, device)

    def forward(self, x: Any) -> Any:
        y = arrays.conv2d(x, self.weight, stride=self.stride, padding=self.padding)
        return y if self.bias is None else y + arrays.reshape(self.bias, (-1, 1, 1))

    def extra_repr(self) -> str:
        padding = f", padding={self.padding}" if any(self.padding) else ""
        bias = "" if self.bias is not None else ", bias=False"
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}{padding}{bias}"
        )


class BatchNorm2d(Module):
    """Give each channel the mean 0 and the variance 1, then a scale and a shift that are learnt.

    In training the statistics are those of the batch, and running ones are kept; after `eval()`
    the running ones are used. (Ioffe & Szegedy 2015, algorithms 1 and 2.)

    Args:
        num_features: channels.
        eps: is added to the variance.
        momentum: what part of the running statistics each batch replaces.
        dtype, device: as for `Linear`.

    Shapes: weight, bias, running_mean, running_var (channels,); (N, channels, H, W) stays.

    Raises ValueError for other shapes, and in training for a single number a channel.
    """

    running_mean: Any
    running_var: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        ones, zeros = np.ones(_count("num_features", num_features)), np.zeros(num_features)
        self.weight, self.bias = _parameter(ones, dtype, device), _parameter(zeros, dtype, device)
        self.register_buffer("running_mean", _parameter(zeros, dtype, device).detach())
        self.register_buffer("running_var", _parameter(ones, dtype, device).detach())

    def forward(self, x: Any) -> Any:
        x = as_array(x)
        shape = shape_of(x)
        if len(shape) != 4 or shape[1] != self.num_features:
            raise ValueError(
                f"{self!r} was given an array of shape {shape}. It takes images, of shape "
                f"(number, {self.num_features}, rows, columns)."
            )
        column = (1, self.num_features, 1, 1)
        if self.training:
            mean = arrays.mean(x, (0, 2, 3), keepdims=True)
            variance = arrays.mean((x - mean) ** 2, (0, 2, 3), keepdims=True)
            self._remember(mean, variance, shape[0] * shape[2] * shape[3])
        else:
            mean = arrays.reshape(self.running_mean, column)
            variance = arrays.reshape(self.running_var, column)
        y = (x - mean) / functions.sqrt(variance + self.eps)
        return y * arrays.reshape(self.weight, column) + arrays.reshape(self.bias, column)

    def _remember(self, mean: Any, variance: Any, count: int) -> None:
        """The running variance is unbiased (divided by count − 1), that of the batch is not."""
        if count < 2:
            raise ValueError(
                f"{self!r} is being trained with one number a channel, which has no variance. Give "
                "it more images, or call .eval() first."
            )
        keep = 1 - self.momentum
        for name, new in (
            ("running_mean", plain(mean)),
            ("running_var", plain(variance) * (count / (count - 1))),
        ):
            old = plain(getattr(self, name))
            setattr(self, name, tensor(keep * old + self.momentum * new.reshape(-1)))

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class Flatten(Module):
    """(N, …) → (N, all the rest): a row of numbers for each image."""

    def forward(self, x: Any) -> Any:
        x = as_array(x)
        shape = shape_of(x)
        if not shape:
            raise ValueError("Flatten() was given a single number; it takes (N, …) arrays.")
        return arrays.reshape(x, (shape[0], math.prod(shape[1:])))


class Tanh(Module):
    """tanh of each element: from −1 to 1."""

    def forward(self, x: Any) -> Any:
        return functions.tanh(x)


class ReLU(Module):
    """max(x, 0) of each element; its derivative at 0 is 0."""

    def forward(self, x: Any) -> Any:
        return functions.relu(x)


class Sigmoid(Module):
    """1 / (1 + exp(−x)) of each element: from 0 to 1."""

    def forward(self, x: Any) -> Any:
        return functions.sigmoid(x)


def _parameter(values: np.ndarray, dtype: Any, device: Any) -> Tensor:
    """A parameter of the dtype and in the place that are wanted."""
    if str(dtype).startswith("torch.") or type(device).__module__ == "torch":
        import torch

        made = torch.as_tensor(values, dtype=dtype or torch.float64, device=device)
        return tensor(made, requires_grad=True)
    return tensor(values, requires_grad=True, dtype=dtype, device=device)


def _count(what: str, n: Any) -> int:
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 1:
        raise ValueError(f"`{what}` is a whole number, at least 1; it was {n!r}.")
    return int(n)


def _pair(what: str, value: Any, least: int) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(type(n) is int and n >= least for n in pair):
        raise ValueError(
            f"`{what}` is a whole number, at least {least}, or a pair of them; it was {value!r}."
        )
    return pair
