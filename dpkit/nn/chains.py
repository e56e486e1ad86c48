"""What holds several modules: one after the other, or in a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from dpkit.nn.layers import Linear, ReLU, Sigmoid, Tanh
from dpkit.nn.module import Module

__all__ = ["MLP", "ModuleList", "Sequential"]

ACTIVATIONS = {"tanh": Tanh, "relu": ReLU, "sigmoid": Sigmoid}


class ModuleList(Module):
    """A list of modules whose parameters are found. What happens with them, `forward` says.

    Raises TypeError for anything but modules.
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self._items: list[Module] = []
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> ModuleList:
        """Put one more module at the end."""
        if not isinstance(module, Module):
            given = f"{module!r}"[:80]
            raise TypeError(
                f"A {type(self).__name__} holds modules, but was given {given}, a "
                f"{type(module).__name__}. Functions have a module too: nn.Tanh() for dp.tanh."
            )
        self._items.append(module)
        return self

    def named_children(self) -> Iterator[tuple[str, Module]]:
        yield from ((str(k), module) for k, module in enumerate(self._items))
        yield from super().named_children()

    def __iter__(self) -> Iterator[Module]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, k: Any) -> Any:
        """One module, or, for a slice, a chain of the same kind."""
        if not isinstance(k, slice):
            return self._items[k]
        return (
            ModuleList(self._items[k]) if type(self) is ModuleList else Sequential(*self._items[k])
        )


class Sequential(ModuleList):
    """Modules one after the other: what the first gives goes into the second, and so on."""

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x


class MLP(Sequential):
    """A multi-layer perceptron: linear layers with an activation after each but the last.

    Args:
        dims: the widths, from that of the input to that of the output; two of them make one layer.
        activation: "tanh", "relu", "sigmoid", or None: then the layers collapse into one affine map.
        bias: whether the layers have one.
        rng: a seed or a numpy generator for the first weights.
        dtype, device: of the parameters; see `Linear`.

    Shapes: (…, dims[0]) → (…, dims[-1]).

    Raises ValueError if there are fewer than two widths or the activation is unknown.
    """

    def __init__(
        self,
        dims: Sequence[int],
        activation: str | None = "tanh",
        bias: bool = True,
        rng: Any = None,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        dims = tuple(dims)
        if len(dims) < 2:
            raise ValueError(
                f"An MLP needs at least two widths, of its input and its output; dims was {dims}."
            )
        if activation is not None and activation not in ACTIVATIONS:
            known = ", ".join(f'"{each}"' for each in ACTIVATIONS)
            raise ValueError(f"There is no activation {activation!r}; there are {known} and None.")
        rng = np.random.default_rng(rng)
        modules: list[Module] = []
        for k, (narrow, wide) in enumerate(zip(dims[:-1], dims[1:], strict=True)):
            if k and activation is not None:
                modules.append(ACTIVATIONS[activation]())
            modules.append(Linear(narrow, wide, bias, rng, dtype, device))
        super().__init__(*modules)
