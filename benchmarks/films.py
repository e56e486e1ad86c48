"""True films for the tests and the benchmark of `dpkit.physics`: paths by SciPy or by formula, drawn
hard, with noise. Nothing in them is computed as dpkit.physics computes it."""

import numpy as np
from scipy.integrate import solve_ivp

from dpkit.physics import Discs
from dpkit.render import Canvas

VERMILION, BLUE = [0.84, 0.37, 0.0], [0.0, 0.45, 0.70]
BALLS = Discs(0.16, [VERMILION, BLUE], Canvas(32))
BALL = Discs(0.14, [VERMILION], Canvas(32))
FLOOR = -1 + BALL.radius


def spring_tracks(k, length, rng, clips=4, frames=20, dt=0.1):
    """(frames, clips, 2, 2): balls of mass 1, stretched or squeezed, turning and drifting."""

    def law(_, y):
        apart = y[2:4] - y[:2]
        far = np.linalg.norm(apart)
        pull = k * (far - length) * apart / far
        return np.concatenate([y[4:], pull, -pull])

    tracks = []
    for _ in range(clips):
        angle, middle = rng.uniform(0, 2 * np.pi), rng.uniform(-0.15, 0.15, 2)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = rng.choice([-1, 1]) * rng.uniform(0.15, 0.4) * np.array([-along[1], along[0]])
        half = (
            length / 2 * (rng.uniform(1.2, 1.5) if rng.random() < 0.5 else rng.uniform(0.55, 0.8))
        )
        drift = rng.uniform(-0.1, 0.1, 2)
        start = [
            *(middle - half * along),
            *(middle + half * along),
            *(drift - across),
            *(drift + across),
        ]
        times = dt * np.arange(frames)
        path = solve_ivp(law, (0, times[-1]), start, "DOP853", t_eval=times, rtol=1e-11, atol=1e-12)
        tracks.append(path.y[:4].T.reshape(frames, 2, 2))
    return np.stack(tracks, 1)


def ball_tracks(gravity, restitution, rng, clips=4, frames=20, dt=0.05):
    """(frames, clips, 1, 2): thrown, and bouncing on FLOOR, from impact to impact by formula."""

    def where(q, v, t):
        height, speed, left = q[1] - FLOOR, v[1], t
        while (hit := (speed + np.sqrt(speed**2 + 2 * gravity * height)) / gravity) < left:
            height, speed, left = 0.0, -restitution * (speed - gravity * hit), left - hit
        return q[0] + v[0] * t, FLOOR + height + speed * left - gravity * left**2 / 2

    starts = [
        ((rng.uniform(-0.6, -0.3), rng.uniform(0, 0.6)), (rng.uniform(0.1, 0.5), rng.uniform(-0.5, 0.8)))
        for _ in range(clips)
    ]  # fmt: skip
    return np.array([[[where(q, v, dt * k)] for q, v in starts] for k in range(frames)])


def filmed(look, tracks, rng, noise=0.03):
    """Hard pictures, each pixel the mean of 8 × 8 points, with noise."""
    film = look.draw_hard(tracks)
    return film + noise * rng.normal(size=film.shape)


class TruePendulum:
    """The world that is steered: SciPy moves it, a hard picture with noise is all that is seen."""

    def __init__(self, look, rng, gravity, drag, gain, dt=0.05, noise=0.03):
        self.law = lambda torque: (
            lambda _, y: [y[1], -gravity * np.sin(y[0]) - drag * y[1] + gain * torque]
        )
        self.eye, self.rng, self.dt, self.noise = look, rng, dt, noise
        self.state, self.angles = np.zeros(2), [0.0]

    def look(self):
        return filmed(self.eye, self.state[0], self.rng, self.noise)

    def push(self, torque):
        found = solve_ivp(
            self.law(torque), (0, self.dt), self.state, "DOP853", rtol=1e-9, atol=1e-9
        )
        self.state = found.y[:, -1]
        self.angles.append(self.state[0])


def pendulum_film(look, rng, clips=4, frames=40, **numbers):
    """A film (frames, clips, …) and the torques (frames - 1, clips), by chance and slowly changing."""
    films, torques = (
        [],
        rng.uniform(-1, 1, (frames // 8 + 1, clips)).repeat(8, axis=0)[: frames - 1],
    )
    for k in range(clips):
        world = TruePendulum(look, rng, **numbers)
        world.state = np.array([rng.uniform(-2.5, 2.5), rng.uniform(-2, 2)])
        film = [world.look()]
        for torque in torques[:, k]:
            world.push(torque)
            film.append(world.look())
        films.append(film)
    return np.stack(films, 1), torques
