"""Why a loop forgets what recursion does not.

The state of the LSTM begins at zero when a program is called, and moves on with every step of it. In a
loop it moves on for as long as the loop lasts. Trained on three turns of it, the network has met the
states of three turns; the state after thirty is one it never met, and nothing it learnt says what to do
there. In the recursive program every turn is a call of its own and begins at zero: the states after
thirty turns *are* those after three.

That can be measured: how far are the states of a long run from the nearest one of the training?
Taught bubble sort of five digits, and run on 5, 10, 20, 40 (seed 1; 1 is the mean length of a state):

    BUBBLE as a loop     0.04   0.30   0.52   0.56
    BUBBLE recursive     0.00   0.00   0.00   0.00

Drift is not yet a failure. Of the loops, addition's is right for a thousand digits all the same, as its
pad shows all that matters; bubble sort's fails soon with one seed and later with another. What a loop
never has is a proof.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from dpkit.programs.npi.core import NPI
from dpkit.programs.npi.trace import Frame
from dpkit.programs.npi.training import Examples

__all__ = ["drift", "hidden_states"]


def hidden_states(npi: NPI, frames: Sequence[Frame]) -> list[np.ndarray]:
    """The h of the LSTM after each step of each frame, if all goes as the teacher did it: arrays
    (steps of the frame, hidden)."""
    npi.eval()
    examples = Examples.of(npi, frames)
    state, kept = npi.start(len(frames)), []
    with torch.inference_mode():
        for t in range(examples.seen.shape[1]):
            seen = examples.pool[examples.seen[:, t]]
            _, state = npi(seen, examples.given, examples.program, state)
            kept.append(state.h.cpu().numpy())
    together = np.stack(kept, 1)
    return [together[k, : len(frame.steps)] for k, frame in enumerate(frames)]


def drift(npi: NPI, frame: Frame, known: Sequence[Frame]) -> np.ndarray:
    """How far the state is from anything known, at each step of a frame: (steps,).

    known: frames of the training. Only those of the same program count.
    Distances are divided by the mean length of a known state, so 1 is as far as they are from zero.

    Raises ValueError where no known frame is of that program.
    """
    same = [each for each in known if each.program == frame.program]
    if not same:
        raise ValueError(f"None of the {len(known)} known frames is one of {frame.program}.")
    near = np.concatenate(hidden_states(npi, same))
    (far,) = hidden_states(npi, [frame])
    distance = np.array([np.linalg.norm(near - h, axis=1).min() for h in far])
    return distance / np.linalg.norm(near, axis=1).mean()
