"""How each of the four was taught, as one call: the settings that were measured.

    npi, history = learn_addition(seed=0)

`python -m benchmarks npi` runs them all with several seeds, and tabulates what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dpkit.programs.npi.core import NPI
from dpkit.programs.npi.encoders import PictureEncoder, SymbolEncoder
from dpkit.programs.npi.envs.addition import Adder, LoopAdder, Pad, problems
from dpkit.programs.npi.envs.car import AZIMUTHS, CANONICAL, ELEVATIONS, Car, Parker, View
from dpkit.programs.npi.envs.drawing import Sheet
from dpkit.programs.npi.envs.scenes import lessons
from dpkit.programs.npi.envs.sorting import LoopSorter, Row, Sorter, rows
from dpkit.programs.npi.trace import Frame, unique
from dpkit.programs.npi.training import History, train

__all__ = ["learn_addition", "learn_car", "learn_drawing", "learn_sorting"]

Callback = Callable[[int, float], Any]


def learn_addition(
    *, digits: int = 3, loop: bool = False, examples: int = 5000, steps: int = 2000, seed: int = 0,
    device: str = "cpu", callback: Callback | None = None,
) -> tuple[NPI, History]:  # fmt: skip
    """Addition, from sums of at most so many digits. loop: of the teacher with a loop, instead of the
    recursive one."""
    teacher = LoopAdder if loop else Adder
    frames = unique(
        frame
        for pair in problems(examples, digits, seed)
        for frame in teacher(Pad(*pair)).record("ADD")
    )
    encoder = SymbolEncoder(Pad.symbols, Pad.arguments)
    npi = NPI(Pad.programs, encoder, Pad.arguments, seed=seed).to(device)
    shares = {"ADD": 0.2, "ADD1": 0.5, "CARRY": 0.05, "LSHIFT": 0.25}
    history = train(
        npi, frames, steps=steps, learning_rate=5e-3, shares=shares, seed=seed, callback=callback
    )
    return npi, history


def learn_sorting(
    *, longest: int = 5, loop: bool = False, examples: int = 3000, steps: int = 1000, seed: int = 0,
    device: str = "cpu", callback: Callback | None = None,
) -> tuple[NPI, History]:  # fmt: skip
    """Bubble sort, from rows of at most so many digits. loop: of the teacher with loops."""
    teacher = LoopSorter if loop else Sorter
    frames = unique(
        frame for row in rows(examples, longest, seed)
        for frame in teacher(Row(row)).record("BUBBLESORT")
    )  # fmt: skip
    encoder = SymbolEncoder(Row.symbols, Row.arguments)
    npi = NPI(Row.programs, encoder, Row.arguments, seed=seed).to(device)
    history = train(npi, frames, steps=steps, learning_rate=5e-3, seed=seed, callback=callback)
    return npi, history


def learn_car(
    *, cars: int = 1000, steps: int = 1600, seed: int = 0, device: str = "cpu",
    callback: Callback | None = None,
) -> tuple[NPI, History]:  # fmt: skip
    """GOTO, from pictures of so many cars: every tenth from all around; the others, of which fewer
    pictures have to be drawn, from near the goal alone. The hard question is where to stop, and cars
    differ there. Their numbers begin at 10,000 × seed."""
    frames: list[Frame] = []
    for number in range(cars):
        away = 3 if number % 10 else AZIMUTHS // 2
        frames += unique(_walks(Car(10_000 * seed + number), away))
    npi = NPI(View.programs, PictureEncoder(View.shape, View.arguments), View.arguments, seed=seed)
    npi = npi.to(device)
    # GOTO is learnt at once, and the few elevations soon; which way to go round, and how far, is not.
    shares = {"GOTO": 0.03, "HGOTO": 0.25, "LGOTO": 0.3, "RGOTO": 0.3}
    history = train(
        npi, frames, steps=steps, learning_rate=6e-3, shares=shares, look_every=400, seed=seed,
        callback=callback,
    )  # fmt: skip
    return npi, history


def _walks(car: Car, away: int) -> Iterable[Frame]:
    """To the goal from all poses that are at most so many steps left or right of it."""
    for azimuth in range(CANONICAL[0] - away, CANONICAL[0] + away + 1):
        for elevation in range(ELEVATIONS):
            yield from Parker(View(car, azimuth % AZIMUTHS, elevation)).record("GOTO")


def learn_drawing(
    *, scenes: int = 4000, most: int = 3, steps: int = 1600, seed: int = 0, device: str = "cpu",
    callback: Callback | None = None,
) -> tuple[NPI, History]:  # fmt: skip
    """SCENE, from so many scenes of at most `most` commands."""
    frames = unique(lessons(scenes, seed, most))
    encoder = PictureEncoder(Sheet.shape, Sheet.arguments, width=128, drop=0.2)
    npi = NPI(Sheet.programs, encoder, Sheet.arguments, seed=seed).to(device)
    shares = {"SCENE": 0.15, "LOOK": 0.55, "ROW": 0.3}
    history = train(
        npi, frames, steps=steps, shares=shares, look_every=100, seed=seed, callback=callback
    )
    return npi, history
