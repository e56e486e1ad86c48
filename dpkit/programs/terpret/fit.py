"""Finding the holes of a program by gradient descent, from many places at once.

Most descents end in a program that is wrong: the losses of programs have many local optima (Gaunt et
al. 2016). So many are started together: sixteen cost less than twice as much as one. The one to trust is
chosen by its loss on the training examples, made certain, and verified on others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpkit.programs.terpret.learn import Bank
from dpkit.programs.terpret.program import Program
from dpkit.programs.terpret.search import Examples, tensors

__all__ = ["Fit", "fit"]

SNAPSHOTS = 24  # of the Params, at most; more of them early, when most happens


@dataclass(frozen=True)
class Fit:
    """What every restart came to.

    params: {name: logits (restarts, *dims, size)}. losses: (restarts,), in nats an example.
    history: (steps, restarts). learned: {name: a bank of networks}.
    path: the Params on the way, as (after how many steps, params), the first and the last with them.
    """

    program: Program
    params: dict[str, Tensor]
    learned: dict[str, Bank]
    losses: np.ndarray
    history: np.ndarray
    path: list[tuple[int, dict[str, Tensor]]] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The restart with the least loss."""
        return int(np.argmin(np.where(np.isnan(self.losses), np.inf, self.losses)))

    def values(self, restart: int | None = None) -> dict[str, np.ndarray]:
        """The likeliest Params of a restart, the best one if none is named."""
        return self.program.discretise(self.params, self.best if restart is None else restart)

    def listing(self, restart: int | None = None) -> str:
        return self.program.listing(self.values(restart))

    def networks(self, restart: int | None = None) -> dict[str, Bank]:
        """The learned functions of a restart, to be used in this program or another."""
        k = self.best if restart is None else restart
        return {n: bank.kept([k if bank.restarts > 1 else 0]) for n, bank in self.learned.items()}

    def kept(self, count: int) -> Fit:
        """The restarts with the least losses alone, to go on with."""
        if count < 1:
            raise ValueError(f"1 restart is kept at least, not {count}.")
        best = np.argsort(self.losses)[:count]
        index = torch.as_tensor(best)

        def some(params: dict[str, Tensor]) -> dict[str, Tensor]:
            return {name: each[index.to(each.device)] for name, each in params.items()}

        learned = {
            name: bank.kept(best.tolist() if bank.restarts > 1 else [0])
            for name, bank in self.learned.items()
        }
        path = [(step, some(params)) for step, params in self.path]
        return Fit(
            self.program, some(self.params), learned, self.losses[best], self.history[:, best], path
        )

    def on(self, program: Program) -> Fit:
        """The same Params and networks in another size of the program, for instance a larger maze."""
        return replace(self, program=program)

    def share(self, is_right: Callable[[dict[str, np.ndarray]], bool]) -> float:
        """How many of the restarts came to a program that is right."""
        return float(np.mean([is_right(self.values(k)) for k in range(len(self.losses))]))


def fit(
    program: Program, examples: Examples | Callable[[np.random.Generator], Examples], *,
    restarts: int = 16, steps: int = 400, lr: float = 0.3, learned_lr: float = 3e-3,
    learned: Mapping[str, Any] | None = None, entropy: float = 0.0, noise: float = 0.0,
    dropout: float = 0.5, space: str = "linear", rng: int = 0, device: str = "cpu",
    anneal: float = 1.0, start: Fit | None = None, judged_by: int = 8,
    callback: Callable[[int, np.ndarray], Any] | None = None,
) -> Fit:  # fmt: skip
    """Params, and learned functions with them, from examples of inputs and outputs alone.

    examples: (inputs, outputs) as `Program.loss` takes them, or a function that draws such a batch.
    lr: of the Params' logits (RMSprop). learned_lr: of the networks (AdamW).
    learned: functions that are known already, {name: a `Bank` of one}: these are not changed.
    entropy: how much uncertain Params are rewarded in the beginning; falls off as exp(-step/200).
    noise: the spread of what is added to the gradients, times (1 + step)^-0.55.
    anneal: to what share of themselves both step sizes fall, evenly, until the end.
    space: "linear" or "log", see `algebra`.
    start: where to go on, instead of `restarts` new places; history and path go on, too.
    judged_by: over how many batches the last losses are taken, if examples are drawn.
    callback: called with each step's number and losses (restarts,); ends it by returning True.

    rng decides everything that is drawn: one number is one result, on one device.
    """
    _check(restarts, steps, judged_by)
    generator = torch.Generator().manual_seed(rng)
    random = np.random.default_rng(rng)
    draw = examples if callable(examples) else lambda _: examples
    if start is None:
        params = program.random_params(restarts, generator, device)
    else:
        params = {name: each.detach().clone().to(device) for name, each in start.params.items()}
        restarts = len(start.losses)
    for each in params.values():
        each.requires_grad_()
    given = dict(learned or {})
    unknown = given.keys() - program.learned.keys()
    if unknown:
        raise ValueError(f"This program has no Learn function {', '.join(sorted(unknown))}.")
    banks = {
        name: (Bank.of(each, restarts, dropout, generator) if start is None
               else _spread(start.learned[name], restarts).requires_grad_()).to(device).train()
        for name, each in program.learned.items() if name not in given
    }  # fmt: skip
    masks = torch.Generator(device).manual_seed(rng)
    for bank in banks.values():
        bank.dropout, bank.masks = dropout, masks
    optimizers: list[torch.optim.Optimizer] = []
    if params:
        optimizers.append(torch.optim.RMSprop(params.values(), lr, alpha=0.9))
    weights = [p for bank in banks.values() for p in bank.parameters()]
    if weights:
        optimizers.append(torch.optim.AdamW(weights, learned_lr))
    sizes = [
        torch.optim.lr_scheduler.LinearLR(each, 1.0, anneal, max(steps, 1)) for each in optimizers
    ]
    if not optimizers:
        raise ValueError(
            "There is nothing to learn: this program has no Param and no Learn function."
        )

    path = list(start.path) if start else [(0, _copied(params))]
    history = list(start.history) if start else []
    before = len(history)
    kept = {round(steps * (k / SNAPSHOTS) ** 2) for k in range(1, SNAPSHOTS + 1)}
    for step in range(steps):
        inputs, outputs = tensors(draw(random), device)
        loss = program.loss(params, inputs, outputs, {**given, **banks}, space)
        if not loss.requires_grad:
            raise ValueError(
                "There is nothing to learn here: no Param and no Learn function has an effect on the "
                f"outputs that are given, {', '.join(outputs)}."
            )
        loss = loss.expand(restarts)
        history.append(loss.detach().cpu().numpy())
        bonus = entropy * math.exp(-step / 200) * _uncertainty(params) if entropy else 0.0
        for optimizer in optimizers:
            optimizer.zero_grad()
        (loss - bonus).sum().backward()
        for each in params.values() if noise else ():
            scale = noise * (1 + step) ** -0.55
            if each.grad is not None:
                each.grad += scale * torch.randn(each.shape, generator=generator).to(each)
        for optimizer, size in zip(optimizers, sizes, strict=True):
            optimizer.step()
            size.step()
        ended = callback and callback(step, history[-1])
        if ended or step + 1 in kept:
            path.append((before + step + 1, _copied(params)))
        if ended:
            break

    for bank in banks.values():
        bank.eval().requires_grad_(False)
        bank.masks = None
    with torch.no_grad():
        batches = [
            tensors(draw(random), device) for _ in range(judged_by if callable(examples) else 1)
        ]
        losses = [program.loss(params, i, o, {**given, **banks}, space) for i, o in batches]
    last = torch.stack(losses).mean(0).expand(restarts).cpu().numpy()
    if not np.isfinite(last).any():
        raise ValueError(
            "No restart has come to a finite loss: let `lr` be smaller, or look for what is no number "
            "in the examples."
        )
    everything = {**given, **banks}
    told = np.array(history).reshape(-1, restarts)
    return Fit(program, _copied(params), everything, last, told, path)


def _spread(bank: Bank, restarts: int) -> Bank:
    """A network for each restart; copies of one, if there was one for all."""
    return bank.kept(range(restarts) if bank.restarts > 1 else [0] * restarts)


def _check(restarts: int, steps: int, judged_by: int) -> None:
    for name, value, least in (
        ("restarts", restarts, 1), ("steps", steps, 0), ("judged_by", judged_by, 1),
    ):  # fmt: skip
        if value < least:
            raise ValueError(f"{name} is {least} at least, and {value} was given.")


def _uncertainty(params: Mapping[str, Tensor]) -> Tensor:
    """The entropy of each restart's Params, in nats."""
    total: Any = 0
    for each in params.values():
        log = torch.log_softmax(each, -1)
        total = total - (log.exp() * log).reshape(len(log), -1).sum(-1)
    return total


def _copied(params: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: each.detach().clone() for name, each in params.items()}
