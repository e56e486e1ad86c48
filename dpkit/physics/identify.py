"""Which numbers are in the law? From tracks, or from nothing but a film.

A simulator makes a path of the law's numbers and a start; a renderer makes a film of a path. Both can
be differentiated, so the numbers of a film are found by descent: pixels → places → path → numbers.

    def simulate(numbers, starts, steps):
        law = Spring(numbers["stiffness"], numbers["length"])
        return rollout(repeated(rk4(law.field, 0.05), 2), starts, steps)

    found = physics_from_video(simulate, film, look, {"stiffness": 1.0, "length": 0.5}, dt=0.1)
    found.numbers                                   # {"stiffness": 3.99…, "length": 0.70…}

Three things make it work.

*A horizon that grows.* Long paths depend on the numbers so strongly that the loss has many valleys:
a spring with the wrong frequency fits every other swing. Over the first few frames all paths are
nearly straight and there is one valley; from its bottom one follows it as the film gets longer.

*Many clips, one law.* A clip in which the spring is hardly stretched says nothing about its
stiffness. All clips share the numbers, each has a start of its own.

*Looking before descending.* The discs' colours say about where they are in each frame, and so about
how each clip starts.

Source: Jaques, Burke & Hospedales, "Physics-as-inverse-graphics: unsupervised physical parameter
estimation from video", ICLR 2020.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.backends import shape_of
from dpkit.optim import minimize
from dpkit.physics.look import Look
from dpkit.physics.needs import need_finite, need_positive
from dpkit.render import progress_line

__all__ = ["Found", "first_starts", "fit_tracks", "physics_from_video"]

Numbers = dict[str, Any]
Simulate = Callable[[Numbers, dict[str, Any], int], dict[str, Any]]
Misfit = Callable[[dict[str, Any], int], Any]
Stage = tuple[int, float, Misfit]  # how many frames, which tolerance, what is to be small

ROUGH, FINE, NOISY = (
    1e-5,
    1e-7,
    1e-4,
)  # slopes of a loss of about 1: on the way, at its end, of films


@dataclasses.dataclass(frozen=True)
class Found:
    """What was found.

    numbers: the law's; starts: of each clip, ``{"q": (clips, …), "v": (clips, …)}``.
    loss: the mean square of what is left unexplained.
    history: pairs (horizon, numbers) after each iteration.
    """

    numbers: dict[str, float]
    starts: dict[str, np.ndarray]
    loss: float
    history: list[tuple[int, dict[str, float]]]


def fit_tracks(
    simulate: Simulate, tracks: np.ndarray, numbers: Numbers, starts: dict[str, Any],
    horizons: Sequence[int] | None = None, max_iter: int = 60,
) -> Found:  # fmt: skip
    """The law's numbers from where things were seen.

    simulate: ``simulate(numbers, starts, steps)`` gives a path ``{"q": (steps + 1, clips, …), …}``.
    tracks: (frames, clips, …), the places.
    numbers: first guesses, positive; their logarithms are what is fitted, so they stay positive and
        a small and a large one move alike.
    starts: first guesses of the state of each clip in the first frame.
    horizons: of how many frames the fit knows, one after the other; by default a quarter of them,
        half, and all. max_iter: the most iterations of L-BFGS with each.

    Raises ValueError if a number is not positive, the tracks are not finite or of another shape than
    the paths, or the horizons do not end within them.
    """

    need_finite("The tracks", tracks)

    def misfit(path: dict[str, Any], frames: int) -> Any:
        _need_same("The simulated places are", path["q"], "the tracks", tracks[:frames])
        difference = path["q"] - tracks[:frames]
        return arrays.mean(difference * difference)

    *way, last = _horizons(horizons, len(tracks))
    stages: list[Stage] = [*((each, ROUGH, misfit) for each in way), (last, FINE, misfit)]
    return _fit(simulate, stages, numbers, starts, float(np.var(tracks)), max_iter)


def physics_from_video(
    simulate: Simulate, film: np.ndarray, look: Look, numbers: Numbers, dt: float,
    starts: dict[str, Any] | None = None, horizons: Sequence[int] | None = None,
    max_iter: int = 60, progress: bool = False,
) -> Found:  # fmt: skip
    """The law's numbers from a film of something whose look is known.

    simulate, numbers, horizons, max_iter: as for `fit_tracks`.
    film: (frames, clips, …), pictures as the look draws them, from 0 to 1.
    look: `Discs` for a path's places, `Rod` for angles, or any other `Look`.
    dt: the time between two frames.
    starts: where known; by default by where the look finds them in the first three frames.
    progress: whether to show a line that says how far it is at most.

    The borders are drawn a pixel soft while the horizon grows, so that a disc is pulled to where it
    is seen from some way off, and at last sharp, with 2 × 2 places a pixel: soft borders pull a little
    to the wrong side, and so do sharp ones that are asked at the pixels' centres only.

    Raises ValueError as `fit_tracks` does, and if the film is not of the look's size.
    """
    film = np.asarray(film, float)
    need_finite("The film", film)
    if starts is None:
        if len(film) < 3:
            raise ValueError(
                f"Three frames tell how a clip starts, but the film has {len(film)}. Give starts."
            )
        starts = first_starts(look.locate(film[:3]), dt)

    def misfit(softness: float, samples: int = 1) -> Misfit:
        def of(path: dict[str, Any], frames: int) -> Any:
            drawn = look.draw(path["q"], softness, samples)
            _need_same("The film as it is drawn is", drawn, "the one given", film[:frames])
            difference = drawn - film[:frames]
            return arrays.mean(difference * difference)

        return of

    stages = [(each, NOISY, misfit(1.0)) for each in _horizons(horizons, len(film))]
    stages.append((stages[-1][0], ROUGH, misfit(0.1, 2)))
    return _fit(simulate, stages, numbers, starts, float(np.var(film)), max_iter, progress)


def first_starts(places: np.ndarray, dt: float) -> dict[str, np.ndarray]:
    """Places and speeds in the first of three frames, by the parabola through them.

    places: (3, …), dt apart; what follows them is not looked at.

    Raises ValueError if there are fewer than three, or dt is not positive.
    """
    need_positive("The time dt between two frames", dt)
    if len(places) < 3:
        raise ValueError(f"A parabola goes through three places, but there are {len(places)}.")
    first, second, third = (np.asarray(each, float) for each in places[:3])
    return {"q": first, "v": (4 * second - 3 * first - third) / (2 * dt)}


def _need_same(one: str, x: Any, other: str, y: Any) -> None:
    if shape_of(x) != shape_of(y):  # numpy would stretch the one over the other
        raise ValueError(
            f"{one} of the shape {shape_of(x)}, and {other} of the shape {shape_of(y)}. Does simulate "
            "return steps + 1 states of as many clips?"
        )


def _horizons(horizons: Sequence[int] | None, frames: int) -> list[int]:
    if horizons is None:
        horizons = sorted({max(3, frames // 4), max(3, frames // 2), frames})
    chosen = [int(each) for each in horizons]
    if not chosen or min(chosen) < 2 or max(chosen) > frames:
        raise ValueError(
            f"The horizons are numbers of frames, from 2 to the {frames} that there are, but they "
            f"are {chosen}."
        )
    return chosen


def _fit(
    simulate: Simulate, stages: list[Stage], numbers: Numbers, starts: dict[str, Any],
    scale: float, max_iter: int, progress: bool = False,
) -> Found:  # fmt: skip
    """Through the stages, each from where the last one came to. scale: makes losses about 1."""
    wrong = {name: value for name, value in numbers.items() if not value > 0}
    if wrong:
        raise ValueError(f"First guesses must be positive, since logarithms are fitted: {wrong}.")
    logs = {name: np.array(np.log(value), float) for name, value in numbers.items()}
    point = {"logs": logs, "starts": {name: np.array(x, float) for name, x in starts.items()}}
    history: list[tuple[int, dict[str, float]]] = []
    shown = progress_line(len(stages) * max_iter) if progress else None
    for k, (frames, tol, misfit) in enumerate(stages):

        def loss(point: dict[str, Any], frames: int = frames, misfit: Misfit = misfit) -> Any:
            now = {name: functions.exp(x) for name, x in point["logs"].items()}
            return misfit(simulate(now, point["starts"], frames - 1), frames) / scale

        def show(trace: Any, before: int = k * max_iter) -> None:
            if shown and len(trace.fun) < max_iter:
                shown(before + len(trace.fun), trace.fun[-1])

        result = minimize(loss, point, tol=tol, max_iter=max_iter, callback=show)
        point = result.x
        history += [(frames, _numbers(each)) for each in result.trace.x]
    if shown:
        shown(len(stages) * max_iter - 1, result.fun)
    return Found(_numbers(point), point["starts"], result.fun * scale, history)


def _numbers(point: dict[str, Any]) -> dict[str, float]:
    return {name: float(np.exp(x)) for name, x in point["logs"].items()}
