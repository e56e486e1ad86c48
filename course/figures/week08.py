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
    soft = np.geomspace(0.05, 6, 65)
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
    left.set(xlabel="softness in pixels", ylabel="distance (root mean square)", title="the picture")
    right.semilogx(soft, cosine, color=BLUE, linewidth=2)
    right.set(xlabel="softness in pixels", ylabel="cosine", title="how it changes", ylim=(0, 1.05))
    for axes in (left, right):
        axes.axvline(0.2, color=GREY, linestyle=":")
        axes.set_xticks(
            [0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.05", "0.1", "0.2", "0.5", "1", "2", "5"]
        )
        axes.minorticks_off()
    left.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
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
    figure = plt.figure(figsize=(7.4, 4.6))
    grid = figure.add_gridspec(2, 4)
    shown = [(grid[:, :2], "photograph", picture)]
    for row, (name, guess) in enumerate((("a start by chance", chance), ("a first look", looked))):
        found = render.refine(kinds, picture, canvas, guess, (4.0, 2.0, 0.7, 0.2, 0.09), steps=30)
        shown += [(grid[row, 2], name, render.render(kinds, guess, canvas)),
                  (grid[row, 3], "descended", render.render(kinds, found.parameters, canvas))]  # fmt: skip
    for place, title, image in shown:
        figure.add_subplot(place).set_title(title)
        plt.imshow(np.clip(image, 0, 1))
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
    """A unit square, 0.6 nearer than the background: by one softmax, and by coverage."""
    canvas, width = render.Canvas(64), 0.006
    distance = render.box(canvas.points(), half=(0.5, 0.5))
    covered = np.asarray(render.coverage(distance, width))
    sharing = 0.01
    logits = np.log(np.maximum(covered, 1e-300)) + 0.6 / sharing
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


def pose() -> plt.Figure:
    """A cube that somebody turned: the photograph, what is descended, and the turn that is found."""
    canvas, cube = render.Canvas(24), render.cube(0.95)
    turn = render.rotation(np.array([0.5, -0.7, 0.3]))
    picture = render.draw_mesh_hard(cube.with_vertices(cube.vertices @ turn.T), canvas)
    found = render.find_pose(cube, picture, canvas, looks=100, tries=3)
    solid = cube.with_vertices(cube.vertices @ found.rotation.T)
    off = render.angle_between(found.rotation, turn)
    shown = (
        ("photograph", picture),
        ("soft, as descended", render.draw_mesh(solid, canvas, softness=2.0, sharing=0.05)),
        (f"found, {off:.1f}° off", render.draw_mesh_hard(solid, render.Canvas(96))),
    )
    figure, panels = plt.subplots(1, 3, figsize=(8.4, 3))
    for axes, (title, image) in zip(panels, shown, strict=True):
        axes.imshow(np.clip(np.asarray(image), 0, 1))
        axes.set_title(title)
    return figure


def peanut() -> render.Mesh:
    """A solid to be found: a sphere with a waist."""
    sphere = render.icosphere(2)
    radius = 0.55 + 0.35 * sphere.vertices[:, :1] ** 2
    return sphere.with_vertices(sphere.vertices * radius)


def carve() -> plt.Figure:
    """A shape from six silhouettes: what is seen, the start, the end, and a view never seen."""
    canvas, fine, solid = render.Canvas(24, span=2.4), render.Canvas(48, span=2.4), peanut()
    axes = ((0, 0, 0), (0, 1.05, 0), (0, 2.1, 0), (1.57, 0, 0), (0.79, 1.57, 0), (-0.79, 0.3, 0))
    turns = [render.rotation(np.array(axis, float)) for axis in axes]
    others = [render.random_rotation(np.random.default_rng(k)) for k in range(6)]
    shown = render.rotation(np.array([0.5, -0.6, 0.4]))

    def outline(mesh: render.Mesh, turn: np.ndarray, where: render.Canvas) -> np.ndarray:
        return render.silhouette_hard(mesh.with_vertices(mesh.vertices @ turn.T), where)

    seen = np.array([outline(solid, turn, canvas) for turn in turns])
    ball = render.icosphere(1, 0.7)
    found = render.carve(ball, turns, seen, canvas, steps=20)
    figure = plt.figure(figsize=(8.4, 4.6))
    top, low = figure.add_gridspec(2, 1, height_ratios=(1, 2.3))
    for k, place in enumerate(top.subgridspec(1, 6)):
        figure.add_subplot(place).set_title(f"seen {k + 1}")
        plt.imshow(1 - seen[k], cmap="gray", vmin=0, vmax=1)
    light, truth = (0.4, 0.7, 1.0), [outline(solid, turn, fine) for turn in others]
    for place, mesh, title in zip(
        low.subgridspec(1, 3), (ball, found, solid), ("start", "found", "truth"), strict=True
    ):
        overlaps = []
        for turn, wanted in zip(others, truth, strict=True):
            pair = outline(mesh, turn, fine), wanted
            overlaps.append(np.minimum(*pair).sum() / np.maximum(*pair).sum())
        turned = mesh.with_vertices(mesh.vertices @ shown.T)
        if mesh is not solid:
            title = f"{title}: overlap {np.mean(overlaps):.2f}"
        figure.add_subplot(place).set_title(title)
        large = render.Canvas(80, span=2.4)
        plt.imshow(render.draw_mesh_hard(turned, large, colours=render.shade(turned, light)))
    return figure


def sketch() -> plt.Figure:
    """The lighthouse, and drawings of it with 100 and 700 strokes of chalk."""
    photo = images.lighthouse(96)
    figure, panels = plt.subplots(1, 3, figsize=(9, 3.3))
    fine = render.Canvas(288)
    panels[0].imshow(photo, cmap="gray", vmin=0, vmax=1)
    panels[0].set(title="photograph")
    for axes, count, width in ((panels[1], 100, 1.0), (panels[2], 700, 0.45)):
        drawing = render.sketch(1 - photo, count, steps=150, width=width)
        axes.imshow(1 - drawing.picture(fine), cmap="gray", vmin=0, vmax=1)
        axes.set(title=f"{count} strokes")
    return figure


def distances() -> plt.Figure:
    """Three shapes as level lines of their distances, and what coverage makes of them."""
    canvas = render.Canvas(96, span=2.4)
    points, middle = canvas.points(), np.zeros(2)
    ends = np.array([-0.6, -0.4]), np.array([0.6, 0.4])
    shapes = (
        ("circle", render.circle(points / 0.6) * 0.6, 0.0),
        ("stroke", render.segment(points, *ends), 0.12),
        ("star", render.distance_of("star", points, middle, 0.0, 0.9), 0.0),
    )
    figure, panels = plt.subplots(2, 3, figsize=(8.4, 5.4))
    extent = (-1.2, 1.2, -1.2, 1.2)
    for (upper, lower), (name, distance, pen) in zip(panels.T, shapes, strict=True):
        distance = np.asarray(distance) - pen
        level = np.arange(-0.8, 1.4, 0.1)
        upper.contour(distance[::-1], level, colors=GREY, linewidths=0.6, extent=extent)
        upper.contour(distance[::-1], [0], colors=BLUE, linewidths=2.5, extent=extent)
        upper.set(title=name, aspect="equal", xticks=[], yticks=[])
        upper.spines[:].set_visible(False)
        lower.imshow(1 - np.asarray(render.coverage(distance, 0.06)), cmap="gray", vmin=0, vmax=1)
    return figure


def shadow() -> plt.Figure:
    """One body of small cubes, and its two shadows: a heart and a star."""
    n = 24
    x, y = np.moveaxis(render.Canvas(n).points(), -1, 0)
    heart = (1.4 * x**2 + 1.4 * (y + 0.1) ** 2 - 0.8) ** 3 < 3.3 * x**2 * (y + 0.1) ** 3
    high = y[heart.any(axis=1), 0]  # a row must have ink in both shadows, or in none
    middle, radius = (high.max() + high.min()) / 2, (high.max() - high.min()) / 2 + 1 / n
    ring = abs(np.hypot(x, y - middle) - 0.75 * radius) < 0.25 * radius
    body = render.shadow_body(heart, ring, material=0.0005)
    mesh = body.mesh()
    tilted = mesh.vertices @ render.rotation(np.array([0.0, 0.7, 0.0])).T
    tilted = mesh.with_vertices(0.8 * tilted @ render.rotation(np.array([0.45, 0.0, 0.0])).T)
    colours = render.shade(tilted, (0.3, 0.8, 1.0))
    drawn = render.draw_mesh_hard(tilted, render.Canvas(96), colours=colours, samples=2)
    front, side = body.shadows()
    figure, panels = plt.subplots(1, 3, figsize=(8.4, 3))
    for axes, image, title in zip(
        panels, (drawn, front, side), ("the body", "from the front", "from the left"), strict=True
    ):
        axes.imshow(image if image.ndim == 3 else ~image, cmap="gray")
        axes.set_title(title)
    return figure


TITLES = {
    "dial": "Nearness to the hard picture and to its change, by softness",
    "reach": "Loss over the place of a disc at three softnesses",
    "start": "A photograph, and descent from a random start and from a first look",
    "inverse": "Regression and forward consistency for y = x squared",
    "blend": "A square drawn by one softmax and by coverage",
    "pose": "A turned cube: photograph, soft picture, and the pose that is found",
    "carve": "A shape from six silhouettes",
    "sketch": "A photograph and two drawings of it by strokes",
    "distances": "Level lines of distance, and the coverage made of them",
    "shadow": "A body of small cubes, and two shadows that it throws",
}


def main(folder: Path = HERE) -> None:
    """Write the ten figures into `folder`, the same every time."""
    plt.rcParams.update({"svg.hashsalt": "week08", "svg.fonttype": "none", "font.size": 10})
    for figure in (dial, reach, start, inverse, blend, pose, carve, sketch, distances, shadow):
        plt.close(made := figure())
        for axes in made.axes:
            axes.spines[["top", "right"]].set_visible(False)
            if axes.images:
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set(visible=True, color=GREY, linewidth=0.6)
        made.tight_layout()
        path = folder / f"week08-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title, dpi=72)


if __name__ == "__main__":
    main()
