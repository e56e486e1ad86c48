"""The figures of week 5: `python course/figures/week05.py` writes them here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap

import dpkit as dp
from dpkit import nn

HERE = Path(__file__).parent
BLUE, VERMILION = "#0072B2", "#D55E00"
BELIEF = LinearSegmentedColormap.from_list("belief", [BLUE, "white", VERMILION])


def sigmoid(z: np.ndarray) -> np.ndarray:
    return (1 + np.tanh(z / 2)) / 2


def moons(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two crescents, hooked into each other: X (count, 2), y (count, 1)."""
    y = np.arange(count) % 2
    angle, side = rng.uniform(0, np.pi, count), 2 * y - 1
    X = np.stack([side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25)], 1)
    return X + 0.12 * rng.normal(size=(count, 2)), y[:, None].astype(float)


def spiral(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two arms: X (count, 2), y (count, 1)."""
    y = np.arange(count) % 2
    turn = np.sqrt(rng.uniform(0.03, 1, count)) * 2.7 * np.pi
    X = turn[:, None] / 6 * np.stack([np.cos(turn + np.pi * y), np.sin(turn + np.pi * y)], 1)
    return X + 0.04 * rng.normal(size=X.shape), y[:, None].astype(float)


def trained(
    dims: Sequence[int], X: np.ndarray, y: np.ndarray, steps: int, decay: float
) -> nn.Module:
    """A network after `steps` steps of gradient descent, of length 1."""
    net = nn.MLP(dims, rng=3)
    weights = [value for name, value in net.named_parameters() if "weight" in name]
    for _ in range(steps):
        net.zero_grad()
        penalty = sum((w * w).sum() for w in weights)
        (nn.binary_cross_entropy_with_logits(net(X), y) + decay / 2 * penalty).backward()
        for p in net.parameters():
            p.data = p.data - p.grad
    return net


def opinion(axes: plt.Axes, net: nn.Module, X: np.ndarray, y: np.ndarray, size: float) -> None:
    """What the network says of the plane, its boundary, and the points."""
    side = np.linspace(-size, size, 60)
    grid = np.stack(np.meshgrid(side, side), -1)
    z = net(grid.reshape(-1, 2)).numpy().reshape(60, 60)
    around = (-size, size, -size, size)
    axes.imshow(sigmoid(z), extent=around, origin="lower", cmap=BELIEF, vmin=0, vmax=1, alpha=0.7)
    axes.contour(side, side, z, [0], colors="black", linewidths=1.8)
    ones = y[:, 0] > 0.5
    axes.plot(*X[ones].T, "s", color=VERMILION, markersize=2.6, markeredgewidth=0)
    axes.plot(*X[~ones].T, "o", color=BLUE, markersize=2.6, markeredgewidth=0)
    axes.set(aspect="equal", xticks=[], yticks=[])


def accuracy(net: nn.Module, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((net(X).numpy() > 0) == (y > 0.5)))


def loss() -> plt.Figure:
    """Likelihood and squared error of one example with y = 0, and their slopes."""
    z = np.linspace(-8, 8, 161)
    p = sigmoid(z)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 2.9))
    left.plot(z, np.logaddexp(0, z), color=BLUE)
    left.plot(z, p**2, "--", color=VERMILION)
    right.plot(z, p, color=BLUE, label="negative log-likelihood")
    right.plot(z, 2 * p * p * (1 - p), "--", color=VERMILION, label="squared error")
    left.set(title="loss of one example, y = 0", xlabel="logit z", ylabel="loss")
    right.set(title="its slope by the logit", xlabel="logit z", ylabel="slope")
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def bend() -> plt.Figure:
    """One, two and three layers on a spiral."""
    X, y = spiral(240, np.random.default_rng(5))
    figure, panels = plt.subplots(1, 3, figsize=(9.6, 3.3))
    for axes, dims in zip(panels, ([2, 1], [2, 16, 1], [2, 16, 16, 1]), strict=True):
        net = trained(dims, X, y, 1000, 1e-4)
        opinion(axes, net, X, y, 1.7)
        layers = len(dims) - 1
        right = f"{accuracy(net, X, y):.0%} right"
        axes.set_title(f"{layers} layer{'s' * (layers > 1)}: {right}", fontsize=10)
    return figure


def decay() -> plt.Figure:
    """Sixty points with eight wrong labels, and three strengths of weight decay."""
    rng = np.random.default_rng(2)
    X, y = moons(60, rng)
    y[:8] = 1 - y[:8]
    fresh, truth = moons(2000, rng)
    figure, panels = plt.subplots(1, 3, figsize=(9.6, 3.3))
    for axes, strength in zip(panels, (0.0, 0.006, 0.05), strict=True):
        net = trained([2, 16, 16, 1], X, y, 1500, strength)
        opinion(axes, net, X, y, 1.8)
        shares = f"{accuracy(net, X, y):.0%} of its own, {accuracy(net, fresh, truth):.0%} of fresh"
        axes.set_title(f"λ = {strength:g}: {shares}", fontsize=9)
    return figure


def zeroing() -> plt.Figure:
    """The loss of one layer on the moons, with and without zeroing the gradients."""
    X, y = moons(200, np.random.default_rng(5))
    figure, axes = plt.subplots(figsize=(6.4, 2.9))
    for zero, colour, dash in ((True, BLUE, "-"), (False, VERMILION, "--")):
        net, losses = nn.MLP((2, 1), rng=5), []
        for _ in range(200):
            if zero:
                net.zero_grad()
            nll = nn.binary_cross_entropy_with_logits(net(X), y)
            nll.backward()
            losses.append(float(nll.data))
            for p in net.parameters():
                p.data = p.data - 0.5 * p.grad
        axes.plot(losses, dash, color=colour, label="zeroed" if zero else "never zeroed")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


DEPTH, SHARE = 25, 0.2  # convolutions; what a layer adds to what goes past it


def slopes_by_depth(skips: bool) -> list[float]:
    """The size of the gradient of each of 25 convolutions, before the first step."""
    rng = np.random.default_rng(1)
    images, labels = rng.uniform(size=(64, 1, 8, 8)), rng.integers(0, 10, 64)
    inside = [1] + [8] * (DEPTH - 1)
    layers = nn.ModuleList(nn.Conv2d(n, 8, 3, padding=1, rng=rng) for n in inside)
    out = nn.Linear(128, 10, rng=rng)
    h = dp.relu(layers[0](images))
    for layer in layers[1:]:
        step = dp.relu(layer(h))
        h = h + SHARE * step if skips else step
    pooled = h.reshape(64, 8, 4, 2, 4, 2).mean(axis=(3, 5)).reshape(64, 128)
    nn.cross_entropy(out(pooled), labels).backward()
    return [float(np.linalg.norm(layer.weight.grad)) for layer in layers]


def by_depth(past: list[float], plain: list[float]) -> plt.Figure:
    """The sizes of gradients against the layer, with skips and without."""
    figure, axes = plt.subplots(figsize=(6.4, 3))
    places = np.arange(1, len(past) + 1)
    axes.semilogy(places, past, "o-", color=BLUE, markersize=4, label="with skips")
    axes.semilogy(places, plain, "s--", color=VERMILION, markersize=4, label="without")
    axes.set(xlabel="convolution, from the input", ylabel="size of its gradient")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def depth() -> plt.Figure:
    """How much of the gradient arrives at each of 25 convolutions, with and without skips."""
    figure = by_depth(slopes_by_depth(True), slopes_by_depth(False))
    figure.axes[0].legend(frameon=False, loc="lower right")
    return figure


def slopes_of_resnet(skips: bool) -> list[float]:
    """The size of the gradient of each of ResNet-50's 49 convolutions, before the first step."""
    net = nn.ResNet50(rng=0, dtype=torch.float32, skips=skips)
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    nn.cross_entropy(net(images), np.array([3, 7])).backward()
    main = [p for name, p in net.named_parameters() if p.ndim == 4 and "downsample" not in name]
    return [float(p.grad.norm()) for p in main]


def resnet() -> plt.Figure:
    """The same for ResNet-50, whose values are normalised after each convolution."""
    figure = by_depth(slopes_of_resnet(True), slopes_of_resnet(False))
    figure.axes[0].legend(frameon=False, loc="upper right")
    return figure


TITLES = {
    "loss": "Loss and slope of one example: the negative log-likelihood and the squared error",
    "bend": "Decision boundaries of one, two and three layers on a spiral of two arms",
    "decay": "Decision boundaries on sixty points with three strengths of weight decay",
    "zeroing": "The loss of one layer, with and without zeroing the gradients before each step",
    "depth": "Gradient sizes of 25 convolutions with and without skip connections",
    "resnet": "Gradient sizes of the 49 convolutions of ResNet-50, with and without its skips",
}


def main(folder: Path = HERE) -> None:
    """Write the six figures into `folder`."""
    plt.rcParams.update({"svg.hashsalt": "week05", "svg.fonttype": "none", "font.size": 10})
    for figure in (loss, bend, decay, zeroing, depth, resnet):
        plt.close(made := figure())
        path = folder / f"week05-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
