"""Residual networks: layers that add to what they were given.

    net = nn.ResNet50(rng=0)          # 25,557,032 parameters
    logits = net(images)              # (N, 3, H, W) -> (N, 1000)

A chain of layers multiplies the gradient by one matrix after another, and after some dozens little is
left of it. A layer with a way past it, h + f(h), has a pullback that begins with the identity.

Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
arXiv:1512.03385. The stride of a block stands at its 3×3 convolution, as is usual today (the paper has
it at the first 1×1); the number of parameters is the same.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.nn.chains import Sequential
from dpkit.nn.layers import BatchNorm2d, Conv2d, Linear
from dpkit.nn.module import Module

__all__ = ["Bottleneck", "ResNet50"]

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))  # channels inside a block, and blocks


class Bottleneck(Module):
    """A block of ResNet-50: 1×1 to few channels, 3×3, 1×1 to four times as many, and a way past them.

    Args:
        in_channels: of the images that go in.
        channels: inside; 4 · channels come out.
        stride: 2 halves the images.
        rng, dtype, device: as for `Linear`.
        skips: False leaves the way past them out, to see what it was good for.

    The way past is the identity, or a 1×1 convolution where sizes change.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        rng: Any = None,
        dtype: Any = None,
        device: Any = None,
        skips: bool = True,
    ) -> None:
        made = {"rng": np.random.default_rng(rng), "dtype": dtype, "device": device}
        where = {"dtype": dtype, "device": device}
        out = 4 * channels
        self.conv1 = Conv2d(in_channels, channels, 1, bias=False, **made)
        self.bn1 = BatchNorm2d(channels, **where)
        self.conv2 = Conv2d(channels, channels, 3, stride, 1, bias=False, **made)
        self.bn2 = BatchNorm2d(channels, **where)
        self.conv3 = Conv2d(channels, out, 1, bias=False, **made)
        self.bn3 = BatchNorm2d(out, **where)
        self.skips, self.downsample = skips, None
        if skips and (in_channels != out or stride != 1):
            past = Conv2d(in_channels, out, 1, stride, bias=False, **made)
            self.downsample = Sequential(past, BatchNorm2d(out, **where))

    def forward(self, x: Any) -> Any:
        y = functions.relu(self.bn1(self.conv1(x)))
        y = functions.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        if self.skips:
            y = y + (x if self.downsample is None else self.downsample(x))
        return functions.relu(y)


class ResNet50(Module):
    """ResNet-50, its parts named as in torchvision.

    Args:
        classes: how many logits come out.
        rng, dtype, device: as for `Linear`.
        skips: False builds the plain network of equal depth, to compare.

    Shapes: (N, 3, H, W) -> (N, classes). Meant for H = W = 224; from 32 on it runs.
    """

    def __init__(
        self,
        classes: int = 1000,
        rng: Any = None,
        dtype: Any = None,
        device: Any = None,
        skips: bool = True,
    ) -> None:
        rng = np.random.default_rng(rng)
        made = {"rng": rng, "dtype": dtype, "device": device}
        self.conv1 = Conv2d(3, 64, 7, 2, 3, bias=False, **made)
        self.bn1 = BatchNorm2d(64, dtype=dtype, device=device)
        inside = 64
        for k, (channels, blocks) in enumerate(STAGES):
            stage = []
            for block in range(blocks):
                stride = 2 if k and not block else 1
                stage.append(Bottleneck(inside, channels, stride, skips=skips, **made))
                inside = 4 * channels
            setattr(self, f"layer{k + 1}", Sequential(*stage))
        self.fc = Linear(inside, classes, **made)

    def forward(self, x: Any) -> Any:
        x = functions.relu(self.bn1(self.conv1(x)))
        x = _largest_of_nine(x)
        for k in range(len(STAGES)):
            x = getattr(self, f"layer{k + 1}")(x)
        return self.fc(arrays.mean(x, axis=(2, 3)))


def _largest_of_nine(x: Any) -> Any:
    """The largest of each 3×3 window, every second row and column. x: (N, C, H, W), not negative."""
    rows, columns = ((size + 1) // 2 for size in x.shape[2:])
    x = arrays.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))  # zeros are never larger than what is there
    windows = [
        x[:, :, i : i + 2 * rows - 1 : 2, j : j + 2 * columns - 1 : 2]
        for i in range(3)
        for j in range(3)
    ]
    return reduce(functions.maximum, windows)
