"""A program with holes: checked, run on numbers, run on distributions, printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpkit.programs.terpret import discrete, given, listing, soft
from dpkit.programs.terpret.algebra import ALGEBRAS
from dpkit.programs.terpret.declared import Images, Learned, Variable
from dpkit.programs.terpret.learn import Bank
from dpkit.programs.terpret.problems import Problem, Report
from dpkit.programs.terpret.unroll import unroll

__all__ = ["LIBRARY", "Program", "check", "source_of"]

LIBRARY = Path(__file__).parent / "library"
Values = dict[str, np.ndarray]


def source_of(source: str | Path) -> str:
    """The text of a program: itself, a file, or the name of one of the library ("maze")."""
    if isinstance(source, Path):
        return source.read_text("utf-8")
    if source.endswith(".tpt") and "\n" not in source:
        return Path(source).read_text("utf-8")
    if source.isidentifier():
        found = LIBRARY / f"{source}.tpt"
        if not found.exists():
            names = ", ".join(sorted(each.stem for each in LIBRARY.glob("*.tpt")))
            raise ValueError(f"The library has no program {source!r}; it has {names}.")
        return found.read_text("utf-8")
    return source


def check(source: str | Path, **constants: int) -> list[Problem]:
    """All that is wrong with a program, in the order of its lines; an empty list if nothing is."""
    text = source_of(source)
    report = Report(text)
    unroll(text, constants, report)
    return list(report)


class Program:
    """A program whose `Param`s and `@Learn` functions are to be found.

    source: the text, a path to it, or the name of one of the library.
    constants: other values for its constants, for instance W=10: the same program in another size.

    Raises ProgramError, with every problem, its line and its remedy, if it is not sound.

    Values are dicts {name: whole numbers}; `params` for the soft run {name: logits
    (restarts, *dims, size)}; inputs {name: (examples, *dims)}, pictures (examples, *dims, *shape).
    """

    def __init__(self, source: str | Path, **constants: int) -> None:
        self.source = source_of(source)
        report = Report(self.source)
        self.unrolled = unroll(self.source, constants, report)
        report.raise_any()

    # --------------------------------------------------------------------------------------------
    # What it declares

    @property
    def constants(self) -> dict[str, int]:
        return self.unrolled.constants

    def _variables(self, kind: str) -> dict[str, Variable]:
        declared = self.unrolled.declared.items()
        return {n: d for n, d in declared if isinstance(d, Variable) and d.kind == kind}

    @property
    def inputs(self) -> dict[str, Variable | Images]:
        declared = self.unrolled.declared.items()
        images = {name: each for name, each in declared if isinstance(each, Images)}
        return {**self._variables("Input"), **images}

    @property
    def outputs(self) -> dict[str, Variable]:
        return self._variables("Output")

    @property
    def params(self) -> dict[str, Variable]:
        return self._variables("Param")

    @property
    def learned(self) -> dict[str, Learned]:
        declared = self.unrolled.declared.items()
        return {name: each for name, each in declared if isinstance(each, Learned)}

    @property
    def count(self) -> int:
        """In how many ways its Params can be chosen."""
        total = 1
        for each in self.params.values():
            total *= each.size ** len(each.places)
        return total

    # --------------------------------------------------------------------------------------------
    # Running it

    def run(
        self, params: Mapping[str, Any], inputs: Mapping[str, Any],
        learned: Mapping[str, Callable[[Any], int]] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The outputs of one example, as an ordinary interpreter computes them.

        inputs: {name: whole number, or an array of them, or of pictures}.
        learned: {name: a function of a picture that gives a whole number, or a `Bank` of one}.
        """
        outputs = self.unrolled.graph.outputs
        return self._gathered(
            self._executed(params, inputs, learned, outputs), lambda values: np.array(values)
        )

    def trace(
        self, params: Mapping[str, Any], inputs: Mapping[str, Any],
        learned: Mapping[str, Callable[[Any], int]] | None = None,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """As `run`, and every Var on the way: {name: dims}, -1 where an element is never set."""
        found = self._executed(params, inputs, learned, self.unrolled.variables)
        out = {}
        for name, each in {**self._variables("Var"), **self.outputs}.items():
            values = [found.get((name, index), -1) for index in each.places]
            out[name] = np.array(values).reshape(each.dims)
        return out

    def _executed(
        self, params: Mapping[str, Any], inputs: Mapping[str, Any],
        learned: Mapping[str, Callable[[Any], int]] | None, wanted: Mapping[Any, int],
    ) -> dict[Any, int]:  # fmt: skip
        params = self.whole_params(params)
        inputs = given.one_example(inputs, self.inputs)
        given.complete(learned or {}, self.learned, "Learn function")
        known = {name: _one(each) for name, each in (learned or {}).items()}
        return discrete.execute(self.unrolled, params, inputs, known, wanted)

    def marginals(
        self, params: Mapping[str, Tensor], inputs: Mapping[str, Tensor],
        learned: Mapping[str, Callable[[Tensor], Tensor]] | None = None, space: str = "linear",
    ) -> dict[str, Tensor]:  # fmt: skip
        """The logarithms of the outputs' probabilities: {name: (restarts, examples, *dims, size)}.

        learned: {name: from pictures (n, *shape) to logits (restarts, n, out)}.
        space: "linear" computes with probabilities, "log" with their logarithms.

        They are exact if nothing uncertain is used twice; otherwise approximate, see `algebra`.
        """
        params, inputs = _tensors(params), _tensors(inputs)
        restarts = given.distributions(params, self.params)
        examples = given.examples(inputs, self.inputs)
        given.complete(learned or {}, self.learned, "Learn function")
        if space not in ALGEBRAS:
            raise ValueError(f"space is one of {', '.join(ALGEBRAS)}, and {space!r} was given.")
        found = soft.evaluate(self.unrolled, params, inputs, learned or {}, space)
        shape = torch.broadcast_shapes(  # the networks may be several, and the Params one
            (restarts, examples), *(each.shape[:2] for each in found.values())
        )
        full = {key: each.expand(*shape, each.shape[-1]) for key, each in found.items()}
        return self._gathered(full, lambda values: torch.stack(values, 2))

    def loss(
        self, params: Mapping[str, Tensor], inputs: Mapping[str, Tensor],
        outputs: Mapping[str, Tensor],
        learned: Mapping[str, Callable[[Tensor], Tensor]] | None = None, space: str = "linear",
    ) -> Tensor:  # fmt: skip
        """How surprising the outputs are to each restart, in nats an example: (restarts,).

        outputs: {name: whole numbers (examples, *dims)}; one that is left out is not compared.
        """
        outputs = _tensors(outputs)
        found = self.marginals(params, inputs, learned, space)
        count = next(iter(found.values())).shape[1]
        given.truths(outputs, self.outputs, count if self.inputs else None)
        total: Any = 0
        for name, truth in outputs.items():
            log = found[name]
            log = log.expand(-1, len(truth), *log.shape[2:])
            picked = log.gather(-1, truth.long()[None, ..., None].expand(len(log), *truth.shape, 1))
            total = total - picked.reshape(len(log), len(truth), -1).sum(-1).mean(-1)
        return total

    def _gathered(
        self, found: Mapping[Any, Any], join: Callable[[list[Any]], Any]
    ) -> dict[str, Any]:
        """From {(name, index): value} to {name: values}."""
        out = {}
        for name, each in self.outputs.items():
            if not each.dims:
                out[name] = found[name, ()]
                continue
            joined = join([found[name, index] for index in each.places])
            before = joined.shape[:2] if isinstance(joined, Tensor) else ()
            after = joined.shape[3:] if isinstance(joined, Tensor) else ()
            out[name] = joined.reshape(*before, *each.dims, *after)
        return out

    # --------------------------------------------------------------------------------------------
    # Params

    def random_params(
        self, restarts: int, generator: torch.Generator | None = None, device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> dict[str, Tensor]:  # fmt: skip
        """Logits to start from: each distribution is drawn evenly from all there are (Dirichlet(1))."""
        out = {}
        for name, each in self.params.items():
            shape = (restarts, *each.dims, each.size)
            uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
            shares = -torch.log1p(-uniform)  # exponential: their shares are Dirichlet(1)
            out[name] = torch.log(shares / shares.sum(-1, keepdim=True) + 1e-9).to(device, dtype)
        return out

    def certain_params(
        self, values: Mapping[str, Any], sharpness: float = 1e4
    ) -> dict[str, Tensor]:
        """Logits of one restart, or of several if the values have one more axis in front, that are
        certain of these values."""
        arrays = self.whole_params(values, several=True)
        counts = {len(a) for name, a in arrays.items() if a.ndim > len(self.params[name].dims)}
        if len(counts) > 1:
            raise ValueError(f"There are different numbers of restarts: {sorted(counts)}.")
        out = {}
        for name, each in self.params.items():
            array = arrays[name].reshape(-1, *each.dims)
            one = torch.nn.functional.one_hot(torch.as_tensor(array), each.size)
            out[name] = sharpness * (one - 1.0)
            if counts:
                out[name] = out[name].expand(*counts, *out[name].shape[1:])
        return out

    def whole_params(self, values: Mapping[str, Any], several: bool = False) -> Values:
        """The same values as arrays of whole numbers (*dims); or, if there may be several restarts,
        with an axis of these in front. Raises ValueError where one is missing or cannot be."""
        given.complete(values, self.params, "Param")
        return {
            name: given.whole(values[name], each, several) for name, each in self.params.items()
        }

    def discretise(self, params: Mapping[str, Tensor], restart: int = 0) -> Values:
        """The likeliest value of each Param."""
        return {name: each[restart].argmax(-1).cpu().numpy() for name, each in params.items()}

    def listing(self, params: Mapping[str, Any]) -> str:
        """The program with its Params filled in, as a reader would write it down."""
        return listing.listing(self.unrolled, self.whole_params(params))


def _one(function: Callable[[Any], Any]) -> Callable[[Any], int]:
    """A network sees many pictures at once; here it sees one."""
    if not isinstance(function, Bank):
        return function
    return lambda picture: int(function.classify(torch.as_tensor(picture)[None])[0])


def _tensors(values: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: torch.as_tensor(value) for name, value in values.items()}
