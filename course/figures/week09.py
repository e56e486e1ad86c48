"""The figures of week 9: `python course/figures/week09.py` writes them here."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from dpkit import physics, render

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"
DT = 0.05


def energy() -> plt.Figure:
    """A pendulum's steps in the plane of angle and rate: explicit and semi-implicit."""
    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.4), sharey=True)
    for axes, new_speed in zip(panels, (False, True), strict=True):
        for start, colour in ((0.6, BLUE), (1.5, GREEN), (2.5, VERMILION)):
            q, v, path = start, 0.0, []
            for _ in range(260):
                path.append((q, v))
                rate = v - 0.08 * np.sin(q)
                q, v = q + 0.08 * (rate if new_speed else v), rate
            axes.plot(*np.array(path).T, color=colour, linewidth=1.5)
        name = "semi-implicit" if new_speed else "explicit"
        axes.set(title=f"{name} Euler", xlabel="angle (rad)", xlim=(-4, 4), ylim=(-3, 3))
    panels[0].set_ylabel("rate")
    return figure


def contact() -> plt.Figure:
    """The last height against the first: a staircase, and what it stands for."""
    heights = np.linspace(1.25, 1.45, 401)

    def naive(height, steps):
        speed, dt = 0.3, 0.75 / steps
        for _ in range(steps):
            speed = speed - 6 * dt
            height = height + dt * speed
            if height < 0:
                height, speed = 0.0, -0.8 * speed
        return height

    def exact(height):
        fast = np.sqrt(0.3**2 + 12 * height)
        left = 0.75 - (0.3 + fast) / 6
        return 0.8 * fast * left - 3 * left**2

    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.2), sharey=True)
    for axes, steps in zip(panels, (30, 120), strict=True):
        axes.plot(heights, exact(heights), color=BLUE, linewidth=2)
        made = [naive(height, steps) for height in heights]
        axes.plot(heights, made, ".", color=VERMILION, markersize=2)
        axes.set(title=f"naive: {steps} steps", xlabel="height at the start (m)")
        axes.set_xticks([1.25, 1.3, 1.35, 1.4, 1.45])
    panels[0].set_ylabel("height at the end (m)")
    return figure


def through_time() -> plt.Figure:
    """The unrolled graph: states from left to right, the same parameters under each step."""
    figure, axes = plt.subplots(figsize=(8.8, 2.9))
    line = {"color": "black", "linewidth": 1.4}
    arrow = {"arrowstyle": "->", **line}
    back = {"arrowstyle": "->", "color": VERMILION, "linewidth": 1.4, "linestyle": "--"}
    for k in range(5):
        axes.text(2 * k, 1, f"$x_{k}$", ha="center", va="center", fontsize=16)
        if k < 4:
            box = {"boxstyle": "round", "facecolor": "white", "edgecolor": GREY}
            axes.text(2 * k + 1, 1, "step", ha="center", va="center", fontsize=12, bbox=box)
            for left, right in ((0.25, 0.65), (1.35, 1.75)):
                axes.annotate("", (2 * k + right, 1.1), (2 * k + left, 1.1), arrowprops=arrow)
                axes.annotate("", (2 * k + left, 0.9), (2 * k + right, 0.9), arrowprops=back)
            axes.annotate("", (2 * k + 0.9, 0.7), (2 * k + 0.9, 0.2), arrowprops=arrow)
            axes.annotate("", (2 * k + 1.1, 0.0), (2 * k + 1.1, 0.7), arrowprops=back)
            axes.annotate("", (2 * k + 1, 1.3), (2 * k + 1, 1.65), arrowprops=arrow)
            axes.text(2 * k + 1, 1.75, f"$u_{k}$", ha="center", color=GREEN, fontsize=14)
    axes.plot((0, 6.9), (0.2, 0.2), **line)
    axes.annotate("", (0, 0), (7.1, 0), arrowprops=back)
    axes.text(-0.2, 0.2, r"$\theta$", ha="right", va="center", fontsize=16, color=BLUE)
    axes.text(-0.2, -0.12, r"$\bar\theta$", ha="right", va="center", fontsize=16, color=VERMILION)
    axes.text(3.6, -0.16, "all shares add up", va="center", ha="center", color=VERMILION)
    axes.text(8.35, 0.9, "1", color=VERMILION, fontsize=14, va="center")
    axes.set(xlim=(-0.6, 8.6), ylim=(-0.3, 2.05))
    axes.axis("off")
    return figure


CANVAS = render.Canvas(24, centre=(0.0, 0.8), span=2.0)


def heights(gravity, bounciness, frames):
    """Of a ball let go from 1.3 m, by the formula for each of its flights; any gravities."""
    g = np.asarray(gravity)[..., None]
    times = DT * np.arange(frames) + 0 * g
    begins, speed = -np.sqrt(2.6 / g), np.sqrt(2.6 * g)
    height = 0 * times
    for _ in range(8):
        t = times - begins
        height = np.where((t >= 0) & (t < 2 * speed / g), speed * t - g * t * t / 2, height)
        begins, speed = begins + 2 * speed / g, bounciness * speed
    return height


def film() -> plt.Figure:
    """Some frames of the film, and the heights by the first guess and by what two fits of lab 9 found."""
    rng, fine = np.random.default_rng(7), CANVAS.finer(8).points()
    true = heights(9.81, 0.8, 40)
    figure = plt.figure(figsize=(8.8, 4.6))
    top, low = figure.add_gridspec(2, 1, height_ratios=(1, 2.2))
    for k, place in enumerate(top.subgridspec(1, 8)):
        inside = np.hypot(fine[..., 0], fine[..., 1] - true[5 * k] - 0.2) < 0.2
        frame = inside.reshape(24, 8, 24, 8).mean((1, 3)) + 0.05 * rng.normal(size=(24, 24))
        axes = figure.add_subplot(place)
        axes.imshow(frame, cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"{5 * k * DT:.2f} s", fontsize=10)
    axes = figure.add_subplot(low)
    axes.plot(DT * np.arange(0, 40), true, "o", color=GREY, markersize=4, label="the ball")
    curves = (
        (3.0, 0.5, VERMILION, "--", "first guess: 3.00, 0.50"),
        (2.572, 0.5835, GREEN, ":", "all 40 frames at once: 2.57, 0.58"),
        (9.807, 0.8002, BLUE, "-", "growing horizon: 9.81, 0.80"),
    )
    for gravity, bounciness, colour, style, name in curves:
        path = heights(gravity, bounciness, 40)
        axes.plot(DT * np.arange(40), path, style, color=colour, linewidth=2, label=name)
    axes.set(xlabel="time (s)", ylabel="height (m)", ylim=(0, 1.4))
    axes.legend(frameon=False, loc="upper right")
    return figure


def horizon() -> plt.Figure:
    """How badly each gravity explains the first frames of a film: few, and many."""

    def frames(ys):
        points = CANVAS.points()
        return [
            render.coverage(render.circle((points - [0.0, y + 0.2]) / 0.2) * 0.2, CANVAS.pixel)
            for y in ys
        ]

    gravities = np.linspace(2, 18, 129)
    film = np.array(frames(heights(9.81, 0.8, 40)))
    off = [((np.array(frames(row)) - film) ** 2).sum((1, 2)) for row in heights(gravities, 0.8, 40)]
    figure, axes = plt.subplots(figsize=(7.2, 3.2))
    for n, colour, style in ((6, BLUE, "-"), (12, GREEN, "-."), (40, VERMILION, "--")):
        price = np.array(off)[:, :n].mean(1)
        axes.plot(gravities, price, style, color=colour, label=f"first {n} frames")
    axes.axvline(9.81, color=GREY, linestyle=":")
    axes.set(xlabel="gravity (m/s²)", ylabel="squared misses per frame")
    axes.legend(frameon=False)
    return figure


def reach() -> plt.Figure:
    """The norm of the Jacobian through time, for three recurrent networks and a pendulum."""
    rng, figure = np.random.default_rng(5), plt.figure(figsize=(7.2, 3.2))
    axes, rotation = figure.gca(), np.linalg.qr(rng.normal(size=(16, 16)))[0]
    into, words = 0.3 * rng.normal(size=(16, 1)), 0.1 * rng.normal(size=(60, 1))
    for scale, colour, style in ((0.7, GREY, ":"), (1.0, BLUE, "-"), (1.6, VERMILION, "--")):
        state, J, norms = np.zeros(16), np.eye(16), [1.0]
        for word in words:
            state = np.tanh(scale * rotation @ state + into @ word)
            J = np.diag(1 - state**2) @ (scale * rotation) @ J
            norms.append(np.linalg.norm(J, 2))
        axes.semilogy(norms, style, color=colour, label=f"tanh cell, {scale} × rotation")
    step = lambda x: dp.stack([x[0] + 0.1 * (x[1] - 0.1 * dp.sin(x[0])), x[1] - 0.1 * dp.sin(x[0])])  # noqa: E731
    state, J, norms = np.array([3.1, 0.0]), np.eye(2), [1.0]
    for _ in range(60):
        J = dp.jacfwd(step)(state) @ J
        state = step(state)
        norms.append(np.linalg.norm(J, 2))
    axes.semilogy(norms, "-.", color=GREEN, label="pendulum, started near the top")
    axes.set(xlabel="steps $t$", ylabel=r"norm of $\partial x_t / \partial x_0$")
    axes.legend(frameon=False, fontsize=8)
    return figure


def control() -> plt.Figure:
    """A planned swing-up: the angle and the motor, as it happened, and three plans."""

    def rolled(state, plan):
        path = []
        for u in plan:
            q, v = state
            v = v + DT * (-9.81 * dp.sin(q) - 0.1 * v + 4 * dp.tanh(u))
            state = q + DT * v, v
            path.append(state)
        return path

    def price(state, plan):
        costs = [1 + dp.cos(q) + 0.02 * v * v for q, v in rolled(state, plan)]
        return sum(costs) / len(costs) + costs[-1]

    state, plan = (0.1, 0.0), 0.1 * np.random.default_rng(2).normal(size=30)
    angles, pushes, plans = [], [], {}
    for k in range(130):
        plan = np.append(plan[1:], 0.0)
        for _ in range(6):
            slope = dp.grad(lambda plan, state=state: price(state, plan))(plan)
            plan = plan - slope * min(1.0, 0.5 / np.linalg.norm(slope))
        if k in (0, 30, 55):
            plans[k] = [float(q) for q, _ in rolled(state, plan)]
        ((q, v),) = rolled(state, plan[:1])
        state = float(q), float(v)
        angles.append(state[0])
        pushes.append(4 * np.tanh(plan[0]))
    figure, (top, low) = plt.subplots(2, 1, figsize=(7.2, 4.4), sharex=True, height_ratios=(2, 1))
    t = DT * np.arange(1, 131)
    top.plot(t, angles, color="black", linewidth=2)
    for k, path in plans.items():
        top.plot(DT * (k + 1 + np.arange(30)), path, "--", color=BLUE, linewidth=2)
        top.annotate(f"plan at {DT * k:.1f} s", (DT * (k + 30), path[-1]), (6, 4) if k else (-4, 5),
                     color=BLUE, ha="left" if k else "right", textcoords="offset points")  # fmt: skip
    for level in (-np.pi, np.pi):
        top.axhline(level, color=GREY, linestyle=":")
        top.annotate("upright", (6, level), (0, 4), color=GREY, textcoords="offset points")
    top.set_ylim(-3.6, 4.1)
    top.set(ylabel="angle (rad)")
    low.step(t, pushes, color=VERMILION)
    low.set(xlabel="time (s)", ylabel="motor (1/s²)")
    return figure


def hamiltonian() -> plt.Figure:
    """The energy of learnt pendulums over 100 s: eight trainings of each network, two swings of each."""

    def true_energy(state):
        return state[..., 1] ** 2 / 2 + 3 * (1 - np.cos(state[..., 0]))

    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.2), sharey=True)
    kinds = ((physics.RateNetwork, VERMILION), (physics.HamiltonianNetwork, BLUE))
    for seed in range(8):
        rng = np.random.default_rng(seed)
        states = rng.uniform([-2.2, -3.0], [2.2, 3.0], (800, 2))
        states = states[true_energy(states) < 5.0][:200]
        rates = np.stack([states[:, 1], -3 * np.sin(states[:, 0])], 1)
        rates = rates + 0.05 * rng.normal(size=rates.shape)
        for (kind, colour), axes in zip(kinds, panels, strict=True):
            net = kind(1, (32,), rng=seed)
            physics.train_rates(net, states, rates, 300)
            start = np.array([[1.6, 0.0], [1.0, 0.0]])
            path = physics.rollout(physics.rk4(net.rates, 0.1), start, 1000)
            energy = (true_energy(path) / true_energy(start))[::4]
            axes.plot(0.4 * np.arange(251), energy, color=colour, linewidth=1, alpha=0.7)
    for axes, name in zip(panels, ("plain network", "Hamiltonian network"), strict=True):
        axes.axhline(1.0, color="black", linestyle=":", linewidth=1)
        axes.set(title=name, xlabel="time (s)", ylim=(0, 2.3))
    panels[0].set_ylabel("energy / energy at the start")
    return figure


TITLES = {
    "energy": "Pendulums in the plane of angle and rate, by two kinds of step",
    "through_time": "An unrolled loop, whose steps share their parameters",
    "contact": "The naive bounce is a staircase, however fine",
    "film": "Frames of a film, and the heights by three pairs of numbers",
    "horizon": "How well each gravity explains a film, by the number of frames",
    "reach": "The norm of the Jacobian through time",
    "hamiltonian": "The energy of learnt pendulums over 100 seconds",
    "control": "A pendulum that swings itself up: angle, three plans, and the motor",
}


def main(folder: Path = HERE) -> None:
    """Write its figures into `folder`, the same every time."""
    plt.rcParams.update({"svg.hashsalt": "week09", "svg.fonttype": "none", "font.size": 10})
    for figure in (energy, through_time, contact, film, horizon, reach, control, hamiltonian):
        plt.close(made := figure())
        for axes in made.axes:
            axes.spines[["top", "right"]].set_visible(bool(axes.images))
        made.tight_layout()
        path = folder / f"week09-{figure.__name__.replace('_', '-')}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
