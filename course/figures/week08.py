"""The figures of week 8: `python course/figures/week08.py` writes them here."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from dpkit import images, nn, render

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"
DISC = {
    "at": np.array([[0.13, -0.07]]), "turn": np.zeros(1), "size": np.array([0.55]),
    "colour": np.zeros((1, 3)),
}  # fmt: skip


def disc(softness: float, canvas: render.Canvas, **changes: np.ndarray) -> np.ndarray:
    """How much of each pixel the disc covers; at softness 0 it is the hard picture."""
    scene = DISC | changes
    if softness:
        return 1 - render.render(["circle"], scene, canvas, softness, samples=1)[..., 0]
    return 1 - render.render_hard(["circle"], scene, canvas, samples=32)[..., 0]


def dial() -> plt.Figure:
    """What softness costs: nearness to the hard picture, and to the way it changes."""
    canvas, h = render.Canvas(32), render.Canvas(32).pixel / 4
    soft = np.geomspace(0.05, 6, 25)
    ends = {"size": DISC["size"] + h}, {"size": DISC["size"] - h}
    hard = disc(0, canvas)
    change = disc(0, canvas, **ends[0]) - disc(0, canvas, **ends[1])
    error, cosine = [], []
    for s in soft:
        error.append(np.sqrt(np.mean((disc(s, canvas) - hard) ** 2)))
        own = disc(s, canvas, size=DISC["size"] + 1e-5) - disc(s, canvas, size=DISC["size"] - 1e-5)
        cosine.append(np.sum(own * change) / np.linalg.norm(own) / np.linalg.norm(change))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.2))
    left.loglog(soft, error, color=BLUE, linewidth=2)
    left.set(xlabel="softness in pixels", ylabel="rms distance", title="the picture")
    right.semilogx(soft, cosine, color=BLUE, linewidth=2)
    right.set(xlabel="softness in pixels", ylabel="cosine", title="how it changes", ylim=(0, 1.05))
    for axes in (left, right):
        axes.axvline(0.2, color=GREY, linestyle=":")
        axes.annotate("0.2", (0.21, axes.get_ylim()[0] * 1.3 + 0.02), color=GREY)
    return figure


def reach() -> plt.Figure:
    """The loss over the place of a small disc at three softnesses: plain, slope, valley."""
    canvas = render.Canvas(32)
    small = {"size": np.array([0.25])}
    wanted, x = disc(0, canvas, **small), np.linspace(-1.6, 1.8, 240)
    figure, axes = plt.subplots(figsize=(7.4, 3.2))
    for s, style, colour in ((0.2, "-", VERMILION), (1, "--", "black"), (4, "-", BLUE)):
        placed = [disc(s, canvas, at=np.array([[a, -0.07]]), **small) for a in x]
        loss = [np.mean((picture - wanted) ** 2) for picture in placed]
        axes.plot(x, loss, style, color=colour, label=f"softness {s:g} pixels", linewidth=2)
    axes.axvline(0.13, color=GREY, linestyle=":")
    axes.annotate("truth", (0.16, 0.001), color=GREY)
    axes.axvspan(-1.6, -1.25, color=GREY, alpha=0.15)
    axes.axvspan(1.25, 1.8, color=GREY, alpha=0.15)
    axes.annotate("off the sheet", (1.28, 0.001), fontsize=9)
    axes.set(xlabel="x of the disc", ylabel="mean squared difference")
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    return figure


def start() -> plt.Figure:
    """One photograph, a random start and a first look, each with where descent from it ends."""
    canvas, kinds = render.Canvas(48), ("circle", "square", "star")
    true = render.scatter(kinds, np.random.default_rng(5))
    picture = render.render_hard(kinds, true, canvas)
    picture = picture + 0.02 * np.random.default_rng(1).normal(size=picture.shape)
    chance = render.scatter(kinds, np.random.default_rng(11))
    looked = render.first_guesses(kinds, picture, canvas)[0][1]
    figure, panels = plt.subplots(1, 5, figsize=(10, 2.3))
    shown = [("photograph", picture)]
    for name, guess in (("start by chance", chance), ("first look", looked)):
        found = render.refine(kinds, picture, canvas, guess, (4.0, 2.0, 0.7, 0.2, 0.09), steps=30)
        shown += [(name, render.render(kinds, guess, canvas)),
                  ("descended", render.render(kinds, found.parameters, canvas))]  # fmt: skip
    for axes, (title, image) in zip(panels, shown, strict=True):
        axes.imshow(np.clip(image, 0, 1))
        axes.set(title=title, xticks=[], yticks=[])
    return figure


def inverse() -> plt.Figure:
    """y = x²: what regression and forward consistency learn."""
    x = np.random.default_rng(0).uniform(-1, 1, (256, 1))
    y, grid = x * x, np.linspace(0, 1, 101)[:, None]
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    axes.plot(y, x, ".", color=GREY, markersize=3, label="pairs")
    for name, colour, style in (("regression", VERMILION, "--"), ("consistency", BLUE, "-")):
        net = nn.MLP([1, 24, 24, 1], rng=3)
        adam = dp.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(400):
            adam.zero_grad()
            made = net(y)
            loss = dp.mean((made - x) ** 2 if name == "regression" else (made * made - y) ** 2)
            loss.backward()
            adam.step()
        axes.plot(grid, net(grid).data, style, color=colour, linewidth=2, label=name)
    axes.set(xlabel="result y", ylabel="cause x")
    axes.legend(frameon=False, fontsize=9)
    return figure


def blend() -> plt.Figure:
    """A unit square, half a unit nearer than the background: by one softmax, and by coverage."""
    canvas, width = render.Canvas(64), 0.006
    distance = render.box(canvas.points(), half=(0.5, 0.5))
    covered = np.asarray(render.coverage(distance, width))
    sharing = 0.01
    logits = np.log(np.maximum(covered, 1e-300)) + 0.5 / sharing
    one = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    figure, panels = plt.subplots(1, 2, figsize=(6.4, 3))
    for axes, picture, title in zip(
        panels, (one, covered), ("one softmax", "coverage"), strict=True
    ):
        axes.imshow(1 - picture, cmap="gray", vmin=0, vmax=1, extent=(-1, 1, -1, 1))
        axes.add_patch(plt.Rectangle((-0.5, -0.5), 1, 1, fill=False, edgecolor=VERMILION, lw=1.5))
        area = picture.sum() * canvas.pixel**2
        axes.set(title=f"{title}: area {area:.2f}", xticks=[], yticks=[])
    return figure


def peanut() -> render.Mesh:
    """A solid to be found: a sphere with a waist."""
    mesh = render.icosphere(2)
    x, y, z = mesh.vertices.T
    waist = 0.45 + 0.3 * x**2
    return mesh.with_vertices(np.stack([0.8 * x, waist * y, waist * z], -1))


def carve() -> plt.Figure:
    """A shape from six silhouettes: what is seen, the start, the end, and a view never seen."""
    canvas, solid = render.Canvas(24), peanut()
    turns = [render.random_rotation(np.random.default_rng(k)) for k in range(7)]
    seen = [
        np.asarray(render.silhouette(solid.with_vertices(solid.vertices @ turn.T), canvas))
        for turn in turns
    ]
    ball = render.icosphere(1, 0.6)
    found = render.carve(ball, turns[:6], np.array(seen[:6]), canvas, steps=20)
    figure, panels = plt.subplots(1, 9, figsize=(11, 1.7))
    for k in range(6):
        panels[k].imshow(1 - seen[k], cmap="gray", vmin=0, vmax=1)
        panels[k].set(title=f"seen {k + 1}")
    light, fine = (0.4, 0.7, 1.0), render.Canvas(48)
    for axes, mesh, title in (
        (panels[6], ball, "start"), (panels[7], found, "found"), (panels[8], solid, "truth"),
    ):  # fmt: skip
        turned = mesh.with_vertices(mesh.vertices @ turns[6].T)
        axes.imshow(render.draw_mesh_hard(turned, fine, colours=render.shade(turned, light)))
        axes.set(title=title)
    for axes in panels:
        axes.set(xticks=[], yticks=[])
    return figure


def sketch() -> plt.Figure:
    """The lighthouse, and drawings of it with 60 and 400 strokes of chalk."""
    photo = images.lighthouse(96)
    figure, panels = plt.subplots(1, 3, figsize=(6.4, 2.4))
    fine = render.Canvas(128)
    panels[0].imshow(photo, cmap="gray", vmin=0, vmax=1)
    panels[0].set(title="photograph")
    for axes, count, width in ((panels[1], 60, 1.2), (panels[2], 400, 0.7)):
        drawing = render.sketch(1 - photo, count, steps=120, width=width)
        axes.imshow(1 - drawing.picture(fine), cmap="gray", vmin=0, vmax=1)
        axes.set(title=f"{count} strokes")
    for axes in panels:
        axes.set(xticks=[], yticks=[])
    return figure


TITLES = {
    "dial": "Nearness to the hard picture and to its change, by softness",
    "reach": "Loss over the place of a disc at three softnesses",
    "start": "A photograph, and descent from a random start and from a first look",
    "inverse": "Regression and forward consistency for y = x squared",
    "blend": "A square drawn by one softmax and by coverage",
    "carve": "A shape from six silhouettes",
    "sketch": "A photograph and two drawings of it by strokes",
}


def main(folder: Path = HERE) -> None:
    """Write the seven figures into `folder`, the same every time."""
    plt.rcParams.update({"svg.hashsalt": "week08", "svg.fonttype": "none", "font.size": 10})
    for figure in (dial, reach, start, inverse, blend, carve, sketch):
        plt.close(made := figure())
        for axes in made.axes:
            axes.spines[["top", "right"]].set_visible(False)
        made.tight_layout()
        path = folder / f"week08-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title, dpi=72)


if __name__ == "__main__":
    main()
