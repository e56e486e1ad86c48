"""One step of reading and writing: what the controller says, and what becomes of the memory."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from dpkit.programs.dnc import addressing

__all__ = ["Interface", "State", "step"]


class State(NamedTuple):
    """What is carried from step to step. memory (B, N, W), usage, precedence, written (B, N),
    links (B, N, N), reads (B, R, N)."""

    memory: Tensor
    usage: Tensor
    precedence: Tensor
    links: Tensor
    written: Tensor
    reads: Tensor

    @classmethod
    def empty(cls, batch: int, places: int, width: int, heads: int, like: Tensor) -> State:
        zeros = like.new_zeros
        return cls(
            zeros(batch, places, width), zeros(batch, places), zeros(batch, places),
            zeros(batch, places, places), zeros(batch, places), zeros(batch, heads, places),
        )  # fmt: skip


class Interface(NamedTuple):
    """What the controller says in a step: W·R + 3W + 5R + 3 numbers, each brought into its range."""

    read_keys: Tensor  # (B, R, W)
    read_strengths: Tensor  # (B, R), from 1
    write_key: Tensor  # (B, W)
    write_strength: Tensor  # (B,), from 1
    erase: Tensor  # (B, W), 0 to 1
    vector: Tensor  # (B, W)
    free: Tensor  # (B, R), 0 to 1
    allocate: Tensor  # (B, 1), 0 to 1
    gate: Tensor  # (B, 1), 0 to 1
    modes: Tensor  # (B, R, 3), a softmax: backwards, by content, forwards

    @staticmethod
    def size(width: int, heads: int) -> int:
        return width * heads + 3 * width + 5 * heads + 3

    @classmethod
    def of(cls, numbers: Tensor, width: int, heads: int) -> Interface:
        """From the controller's numbers (B, size), in the order of the paper's *Interface parameters*."""
        if numbers.shape[-1] != cls.size(width, heads):
            raise ValueError(
                f"With {heads} heads of {width} numbers the controller says {cls.size(width, heads)} "
                f"numbers, not {numbers.shape[-1]}."
            )
        sizes = [heads * width, heads, width, 1, width, width, heads, 1, 1, 3 * heads]
        keys, strengths, key, strength, erase, vector, free, allocate, gate, modes = numbers.split(
            sizes, -1
        )
        return cls(
            read_keys=keys.unflatten(-1, (heads, width)),
            read_strengths=addressing.oneplus(strengths),
            write_key=key,
            write_strength=addressing.oneplus(strength[..., 0]),
            erase=erase.sigmoid(),
            vector=vector,
            free=free.sigmoid(),
            allocate=allocate.sigmoid(),
            gate=gate.sigmoid(),
            modes=modes.unflatten(-1, (heads, 3)).softmax(-1),
        )


def step(
    says: Interface, state: State, links: bool = True, allocation: bool = True
) -> tuple[Tensor, State]:
    """What is read, (B, R, W), and the state after. Writing comes first, reading sees what was written.
    Beside each line stands what it is called in the paper.

    links, allocation: False takes the mechanism away, to see what it was good for: reads then go by
    content alone, and writes to places like the key.
    """
    # What is free: by what was read and written in the step before.
    kept = addressing.retention(says.free, state.reads)  # ψ
    used = addressing.usage(state.usage, state.written, kept)  # u
    fresh = addressing.allocation_weighting(used)  # a

    # Write: there, or where it is like the key in the memory as it was.
    key, strength = says.write_key[:, None], says.write_strength[:, None]  # as of a single head
    content = addressing.content_weighting(state.memory, key, strength)[:, 0]  # cʷ
    allocate = says.allocate if allocation else torch.zeros_like(says.allocate)  # gᵃ
    written = addressing.write_weighting(content, fresh, says.gate, allocate)  # wʷ
    memory = addressing.write(state.memory, written, says.erase, says.vector)  # M

    # What came after what: the new links need the old precedence, so they come first.
    chain, last = state.links, state.precedence
    if links:
        chain = addressing.temporal_link(chain, written, last)  # L
    last = addressing.precedence(last, written)  # p

    # Read, in the memory as it is now: like the key, or on and back from where it was read last.
    found = addressing.content_weighting(memory, says.read_keys, says.read_strengths)  # cʳ
    if links:
        forward, backward = addressing.directional(chain, state.reads)  # f, b
        found = addressing.read_weighting(backward, found, forward, says.modes)  # wʳ
    return found @ memory, State(memory, used, last, chain, written, found)
