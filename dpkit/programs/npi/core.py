"""The network: one small core that runs every program, and a memory in which programs are rows.

At each step the core sees what the environment shows, and knows which program it is running and with
which arguments. It answers three questions: is this program finished? If not, which program is called
next? With which arguments? That is all. What a program *does* is not written anywhere, except in what
the core has learnt to answer while it reads that program's embedding.

The names are those of Reed & de Freitas, "Neural Programmer-Interpreters", International Conference on
Learning Representations, 2016, section 3.1; numbers of equations are theirs.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["ACT", "NPI", "Answer", "State", "select"]

ACT = "ACT"  # the one program that is not learnt: it hands its arguments to the environment


class State(NamedTuple):
    """What the LSTM remembers within one call of a program: h and c, each (n, hidden)."""

    h: Tensor
    c: Tensor


class Answer(NamedTuple):
    """What the core says at one step, for n runs at once.

    end: (n,), the logit of r, the probability that the program is finished.
    programs: (n, N), how well the key k fits each row of M_key; the logits of "which is called next".
    arguments: for each place of an argument its logits, (n, how many values it can have).
    """

    end: Tensor
    programs: Tensor
    arguments: tuple[Tensor, ...]


class NPI(nn.Module):
    """A neural programmer-interpreter.

        npi = NPI(pad.programs, SymbolEncoder(pad.symbols, pad.arguments), pad.arguments)

    programs: their names; "ACT" has to be among them.
    f_enc: a module that takes observations (n, …) and arguments (n, places) to (n, f_enc.width). The
        network gets a copy with first weights of its own, so one encoder can be given to several.
    arguments: for each place of an argument, how many values it can have, "none" (0) among them.
    hidden, key, embedding: sizes of h, of the keys and of the programs' embeddings.
    seed: of the first weights.

    Its `state_dict` holds the names too; `load_state_dict` raises ValueError where they are others.

    Raises ValueError where "ACT" is missing or a name appears twice.
    """

    def __init__(
        self, programs: Sequence[str], f_enc: nn.Module, arguments: Sequence[int], *,
        hidden: int = 64, key: int = 16, embedding: int = 16, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if ACT not in programs or len(set(programs)) < len(programs):
            raise ValueError(
                f'Programs need different names, and one of them has to be "{ACT}", the act on the '
                f"environment; but they are {', '.join(programs)}."
            )
        self.programs, self.hidden, self.places = tuple(programs), hidden, len(arguments)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.f_enc = copy.deepcopy(f_enc)
            self.f_enc.apply(_afresh)
            self.f_lstm = nn.LSTMCell(int(f_enc.width) + embedding, hidden)  # type: ignore[arg-type]
            self.f_end = nn.Linear(hidden, 1)
            self.f_prog = nn.Linear(hidden, key)
            self.f_arg = nn.ModuleList(nn.Linear(hidden, values) for values in arguments)
            self.M_key = nn.Parameter(torch.randn(len(programs), key) / key**0.5)
            self.M_prog = nn.Parameter(torch.randn(len(programs), embedding))

    def get_extra_state(self) -> Tensor:
        """The programs' names, as bytes: what is kept with the weights, as rows without names may be
        anybody's."""
        return torch.tensor(list("\n".join(self.programs).encode()), dtype=torch.uint8)

    def set_extra_state(self, state: Tensor) -> None:
        """Names are compared before any weight is loaded, and not changed."""

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *others: Any
    ) -> None:
        """Raises ValueError for weights of other programs, before anything is changed."""
        if (kept := state_dict.get(f"{prefix}_extra_state")) is not None:
            names = tuple(bytes(kept.tolist()).decode().split("\n"))
            if names != self.programs:
                raise ValueError(
                    f"These weights are those of the programs {', '.join(names)}, a row for each; the "
                    f"network's are {', '.join(self.programs)}. Make it with the names, and their "
                    f"order, that the weights have: NPI({names}, f_enc, arguments)."
                )
        super()._load_from_state_dict(state_dict, prefix, *others)

    @property
    def device(self) -> torch.device:
        return self.M_key.device

    @property
    def dtype(self) -> torch.dtype:
        return self.M_key.dtype

    def number(self, program: str) -> int:
        """The row of a program in the memory.

        Raises ValueError for a program that is not there.
        """
        if program not in self.programs:
            raise ValueError(
                f"There is no program {program!r} in the memory; there are "
                f"{', '.join(self.programs)}."
            )
        return self.programs.index(program)

    def start(self, count: int = 1) -> State:
        """The state in which every call of a program begins: zero. What the caller remembers stays
        with the caller, so that a program does the same wherever it is called from."""
        zero = torch.zeros(count, self.hidden, dtype=self.dtype, device=self.device)
        return State(zero, zero)

    def forward(
        self, observations: Tensor, arguments: Tensor, programs: Tensor, state: State
    ) -> tuple[Answer, State]:
        """One step of n runs, which may be in different programs.

        observations: (n, …), as f_enc takes them. arguments: (n, places), whole numbers.
        programs: (n,), rows of the memory. state: from the step before, or `start(n)`.
        """
        s = self.f_enc(observations, arguments)  # (1)
        p = self.M_prog[programs]
        h, c = self.f_lstm(torch.cat([s, p], -1), tuple(state))  # (2)
        k = self.f_prog(h)  # (3)
        answer = Answer(self.f_end(h)[:, 0], k @ self.M_key.T, tuple(f(h) for f in self.f_arg))
        return answer, State(h, c)


def select(answer: Answer, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The hard decisions: ends (n,), True where r exceeds the threshold; programs (n,), the row whose
    key fits best (4); arguments (n, places), the likeliest value of each."""
    ends = torch.sigmoid(answer.end) > threshold
    values = [each.argmax(-1) for each in answer.arguments]
    chosen = torch.stack(values, -1) if values else ends.new_zeros((len(ends), 0), dtype=torch.long)
    return ends.cpu().numpy(), answer.programs.argmax(-1).cpu().numpy(), chosen.cpu().numpy()


def _afresh(module: nn.Module) -> None:
    """Draw an encoder's weights again, so that they come from the seed as well."""
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()  # type: ignore[operator]
