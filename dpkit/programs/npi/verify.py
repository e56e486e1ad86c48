"""Not tested but proved: every frame that can ever happen, looked at.

A program that is recursive sees little: in one call of ADD there are four steps, whatever the length of
the numbers, so only finitely many different frames exist. If the network is right in each of them, it
is right in the innermost call of any run, so in the one around that, and so on outwards: by induction,
for numbers of every length. A loop has no such proof. Its frame is as long as the numbers are, and
there is no end of frames to look at.

Source: Cai, Shin & Song, "Making Neural Programming Architectures Generalize via Recursion",
International Conference on Learning Representations, 2017, section 3.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from dpkit.programs.npi.core import NPI
from dpkit.programs.npi.trace import Frame, meaning
from dpkit.programs.npi.training import Examples

__all__ = ["Counterexample", "verify"]


@dataclasses.dataclass(frozen=True, eq=False)
class Counterexample:
    """A frame in which the network errs: at which step, what it should have called (None: end), and
    what it calls instead. `lead` is by how much the wrong answer is ahead of the right one.
    environment: says in words what arguments mean."""

    frame: Frame
    step: int
    right: tuple[str | None, tuple[int, ...]]
    wrong: tuple[str | None, tuple[int, ...]]
    lead: float
    environment: Any = dataclasses.field(default=None, repr=False)

    def __str__(self) -> str:
        def words(what: tuple[str | None, tuple[int, ...]]) -> str:
            program, given = what
            if program is None:
                return "end"
            said = meaning(given, self.environment)
            return f"{program}{given if any(given) else ''}" + (f", {said}" if said else "")

        frame = self.frame
        return (
            f"{frame.program}{frame.arguments or ''}, step {self.step + 1}, seeing "
            f"{frame.steps[self.step].observation.tolist()}: it should {words(self.right)}, "
            f"and does {words(self.wrong)}."
        )


def verify(
    npi: NPI, frames: Iterable[Frame], margin: float = 1e-3, environment: Any = None
) -> list[Counterexample]:
    """The frames in which the network does not do what the teacher did; none, if all is proved.

    frames: all that can happen, such as `every_frame()` for addition and `every_sorting_frame()`. That
        they are all is not looked into here: about frames that are missing nothing is said. Only the
        first error of each counts.
    margin: a decision that is right by less than this (in logits) counts as wrong, since the last bits
        of a sum of floats depend on how many are added at once.
    environment: such as `Pad`: its `words` say what the arguments of a counterexample mean.

    Raises ValueError without frames: then nothing would be proved.
    """
    npi.eval()
    frames = list(frames)
    if not frames:
        raise ValueError("There is nothing to verify: no frame was given, so nothing is proved.")
    found: list[Counterexample] = []
    for start in range(0, len(frames), 4096):
        some = frames[start : start + 4096]
        found += [
            _describe(npi, some[i], *rest, environment=environment)
            for i, *rest in _errors(npi, some, margin)
        ]
    return found


def _errors(npi: NPI, frames: Sequence[Frame], margin: float) -> list[tuple]:
    """(frame, step, ends, what it does, lead) for each frame's first error. The frames run side by side,
    as the teacher did them; `lead` is that of the wrong answer, in the worst of the decisions that count."""
    examples = Examples.of(npi, frames)
    state = npi.start(len(frames))
    first: dict[int, tuple] = {}
    with torch.inference_mode():
        for t in range(examples.seen.shape[1]):
            answer, state = npi(
                examples.pool[examples.seen[:, t]], examples.given, examples.program, state
            )
            ending = examples.end[:, t] > 0
            lead = torch.where(
                ending, -answer.end, answer.end
            )  # to end, or not, where it should not
            for logits, goal in zip(
                (answer.programs, *answer.arguments),
                (examples.called[:, t], *examples.called_with[:, t].unbind(-1)),
                strict=True,
            ):
                others = logits.scatter(-1, goal[:, None], -torch.inf).max(-1).values
                behind = others - logits.gather(-1, goal[:, None])[:, 0]
                lead = torch.where(ending, lead, torch.maximum(lead, behind))
            wrong = (lead > -margin) | ~torch.isfinite(lead)
            for i in torch.nonzero(wrong & (t < examples.steps))[:, 0].tolist():
                does = [int(x[i].argmax()) for x in (answer.programs, *answer.arguments)]
                first.setdefault(i, (i, t, bool(answer.end[i] > 0), does, float(lead[i])))
    return [first[i] for i in sorted(first)]


def _describe(
    npi: NPI, frame: Frame, t: int, ends: bool, does: list[int], lead: float, *, environment: Any
) -> Counterexample:
    wrong = (None, ()) if ends else (npi.programs[does[0]], tuple(does[1:]))
    step = frame.steps[t]
    full = np.zeros(npi.places, int)
    full[: len(step.arguments)] = step.arguments
    right = (None, ()) if step.call is None else (step.call, tuple(full.tolist()))
    return Counterexample(frame, t, right, wrong, lead, environment)
