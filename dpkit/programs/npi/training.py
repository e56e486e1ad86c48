"""Learning from frames: at every step, the right answer should be likely.

    θ* = arg max  Σ  log P(ξ_out | ξ_inp; θ)                                          (6), (7)

A frame is learnt alone: its state begins at zero, what it sees is what was seen when it was recorded,
and the answers asked for are those of the teacher ("teacher forcing"). Runs are never unrolled, however
long they were; that is why a thousand digits need no more memory than three.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dpkit.programs.npi.core import NPI
from dpkit.programs.npi.curriculum import AdaptiveCurriculum
from dpkit.programs.npi.trace import Frame

__all__ = ["Examples", "History", "frame_losses", "train"]


@dataclasses.dataclass(frozen=True)
class Examples:
    """n frames as arrays, each filled up to the T steps of the longest.

    pool: (m, …), everything that was ever seen, each once; seen: (n, T), numbers of rows of it.
    program: (n,); given: (n, places), the arguments of the frame's own call.
    end, called: (n, T); called_with: (n, T, places). steps: (n,), how many steps are the frame's.
    """

    pool: Tensor
    seen: Tensor
    program: Tensor
    given: Tensor
    end: Tensor
    called: Tensor
    called_with: Tensor
    steps: Tensor

    @classmethod
    def of(cls, npi: NPI, frames: Sequence[Frame]) -> Examples:
        """Raises ValueError without frames, or where the network does not have a frame's program or
        arguments."""
        if not frames:
            raise ValueError("There is nothing to learn from: no frame was given.")
        _check_arguments(npi, frames)
        shape = (len(frames), max(len(frame.steps) for frame in frames))
        rows: dict[bytes, int] = {}
        pool: list[np.ndarray] = []
        seen, called, end = np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape)
        called_with = np.zeros((*shape, npi.places), int)
        given = np.zeros((len(frames), npi.places), int)
        numbers = {name: k for k, name in enumerate(npi.programs)}
        program = np.array([npi.number(frame.program) for frame in frames])
        for i, frame in enumerate(frames):
            given[i, : len(frame.arguments)] = frame.arguments
            for t, step in enumerate(frame.steps):
                name = step.observation.tobytes()
                if name not in rows:
                    rows[name] = len(pool)
                    pool.append(step.observation)
                seen[i, t] = rows[name]
                if step.call is None:
                    end[i, t] = 1.0
                else:
                    called[i, t] = (
                        numbers[step.call] if step.call in numbers else npi.number(step.call)
                    )
                    called_with[i, t, : len(step.arguments)] = step.arguments
        steps = np.array([len(frame.steps) for frame in frames])
        arrays = (np.stack(pool), seen, program, given, end, called, called_with, steps)
        tensors = cls(*(torch.from_numpy(array).to(npi.device) for array in arrays))
        return dataclasses.replace(tensors, end=tensors.end.to(npi.dtype))

    def __len__(self) -> int:
        return len(self.program)

    def take(self, which: Tensor) -> Examples:
        """Some of the frames, without the steps that none of them has."""
        rest = (getattr(self, field.name)[which] for field in dataclasses.fields(self)[1:])
        seen, program, given, end, called, called_with, steps = rest
        most = int(steps.max())
        return Examples(
            self.pool, seen[:, :most], program, given, end[:, :most], called[:, :most],
            called_with[:, :most], steps,
        )  # fmt: skip


def _check_arguments(npi: NPI, frames: Sequence[Frame]) -> None:
    most = [int(f.out_features) - 1 for f in npi.f_arg]  # type: ignore[arg-type]
    checked: set[tuple[int, ...]] = set()
    for frame in frames:
        if not frame.steps:
            raise ValueError(f"A frame of {frame.program} has no steps, not even its end.")
        for given in (frame.arguments, *(step.arguments for step in frame.steps)):
            if given in checked:
                continue
            if len(given) > len(most) or any(
                not 0 <= value <= top for value, top in zip(given, most, strict=False)
            ):
                raise ValueError(
                    f"Arguments {given} appear in a frame of {frame.program}; but there are "
                    f"{len(most)} places, and the largest numbers in them are {most}."
                )
            checked.add(given)


def frame_losses(npi: NPI, examples: Examples) -> Tensor:
    """-log P of all that the teacher did in each frame: (n,). At its end a frame is asked only
    whether it ends; at other steps also what it calls, and with which arguments."""
    state = npi.start(len(examples))
    total = torch.zeros(len(examples), dtype=npi.dtype, device=npi.device)
    for t in range(examples.seen.shape[1]):
        seen = examples.pool[examples.seen[:, t]]
        answer, state = npi(seen, examples.given, examples.program, state)
        end = examples.end[:, t]
        loss = functional.cross_entropy(answer.programs, examples.called[:, t], reduction="none")
        for k, logits in enumerate(answer.arguments):
            goal = examples.called_with[:, t, k]
            loss = loss + functional.cross_entropy(logits, goal, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(answer.end, end, reduction="none")
        total = total + (t < examples.steps) * (stop + (1.0 - end) * loss)
    return total


@dataclasses.dataclass
class History:
    """How a training went: the mean loss of each batch; and the worst frame's loss, with the step's
    number, each time all were looked at. learnt: whether the worst came below the bar."""

    losses: list[float] = dataclasses.field(default_factory=list)
    worst: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    learnt: bool = False


def train(
    npi: NPI, frames: Sequence[Frame], *, steps: int = 2500, batch: int = 256,
    learning_rate: float = 3e-3, shares: Mapping[str, float] | None = None, until: float = 0.03,
    look_every: int = 50, seed: int = 0, callback: Callable[[int, float], Any] | None = None,
) -> History:  # fmt: skip
    """Learn frames by Adam, with a step size that rises, falls and ends near zero (Smith 2018).

    npi: trained where it is: on the device of its parameters.
    shares: of a batch, for programs by name; see `AdaptiveCurriculum`.
    until: it is learnt when the *worst* of all frames has a smaller loss. The mean says little: one
        wrong frame in ten thousand is met in every long run.
    look_every: after so many steps, the losses of all frames are computed again.
    callback: called with each step's number and loss; ends the training by returning True.

    Raises ValueError where `Examples.of` does, or there is nothing to do; FloatingPointError when a
    loss is no number any more.
    """
    if min(steps, batch, look_every) < 1:
        raise ValueError(
            f"steps, batch and look_every are 1 at least, not {steps}, {batch} and {look_every}."
        )
    examples = Examples.of(npi, frames)
    numbered = {npi.number(name): share for name, share in (shares or {}).items()}
    curriculum = AdaptiveCurriculum(examples.program.cpu().numpy(), numbered, rng=seed)
    adam = torch.optim.Adam(npi.parameters(), learning_rate)
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, learning_rate, total_steps=steps)
    history = History()
    with torch.random.fork_rng(devices=[npi.device] if npi.device.type == "cuda" else []):
        torch.manual_seed(seed)
        for step in range(steps):
            npi.train()
            which = torch.from_numpy(curriculum.draw(batch)).to(npi.device)
            loss = frame_losses(npi, examples.take(which)).mean()
            adam.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(npi.parameters(), 1.0)
            adam.step()
            rate.step()
            history.losses.append(loss.item())
            if not np.isfinite(history.losses[-1]):
                raise FloatingPointError(
                    f"The loss of step {step} is {history.losses[-1]}. The steps were too long "
                    f"(learning_rate is {learning_rate:g}), or a weight was no number to begin with."
                )
            if (step + 1) % look_every == 0 or step + 1 == steps:
                losses = _all_losses(npi, examples)
                curriculum.update(losses)
                history.worst.append((step + 1, float(losses.max())))
                history.learnt = bool(losses.max() < until)
            if history.learnt or (callback and callback(step, history.losses[-1])):
                break
    npi.eval()
    return history


def _all_losses(npi: NPI, examples: Examples, at_once: int = 4096) -> np.ndarray:
    """The loss of every frame, (n,), as numpy's. Nothing is learnt from it."""
    npi.eval()
    order = torch.argsort(examples.steps)  # short ones together: then little is computed in vain
    losses = torch.empty(len(examples), dtype=npi.dtype, device=npi.device)
    with torch.inference_mode():
        for part in order.split(at_once):
            losses[part] = frame_losses(npi, examples.take(part))
    return losses.cpu().numpy()
