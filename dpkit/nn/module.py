"""What a module is: a function that knows its parameters by name.

    class Line(nn.Module):
        def __init__(self):
            self.slope = dp.tensor(1.0, requires_grad=True)

        def forward(self, x):
            return self.slope * x

A tensor with `requires_grad` that is assigned to an attribute becomes a parameter under the name of
the attribute; a module that is assigned becomes a part, and its parameters come along under
"attribute.name". Everything else that modules do is a walk through these names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from dpkit.backends import is_torch, shape_of
from dpkit.box import plain
from dpkit.tensor import Tensor

__all__ = ["Module", "functional_call"]

Slot = tuple[str, "Module", str]  # full name, the module that has it, its name there


class Module:
    """A part of a network. Subclasses make their parameters in `__init__`, and define `forward`."""

    training = True

    def __setattr__(self, name: str, value: Any) -> None:
        if _is_leaf(value) and value.requires_grad:
            self._keep(name)
        object.__setattr__(self, name, value)

    def register_buffer(self, name: str, value: Tensor) -> None:
        """Set an attribute that is not learnt but belongs to the state, such as a running mean."""
        self._keep(name)
        object.__setattr__(self, name, value)

    def _keep(self, name: str) -> None:
        """Remember that an attribute belongs to the state. (No `super().__init__()` is needed.)"""
        kept = vars(self).setdefault("_kept", [])
        if name not in kept:
            kept.append(name)

    def forward(self, *args: Any) -> Any:
        """What the module computes. It is called as ``module(x)``."""
        raise NotImplementedError(
            f"{type(self).__name__} has no `forward`, so it cannot be called. Define "
            "`def forward(self, x):` in the class, indented like its `__init__`."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # Its parts ------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of each part, not of the parts' parts."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """(full name, module): this module, under the name "", and all that are in it, once each."""
        return _walk(prefix, self, set())

    def modules(self) -> Iterator[Module]:
        """This module and all that are in it."""
        return (module for _, module in self.named_modules())

    def apply(self, change: Callable[[Module], Any]) -> Module:
        """Call `change` with each module in this one, innermost first, and with this one."""
        for _, child in self.named_children():
            child.apply(change)
        change(self)
        return self

    # Its numbers ----------------------------------------------------------------------------------

    def _slots(self) -> Iterator[Slot]:
        """Where the tensors of the state are. One that two modules share comes once."""
        self._find_out_lists()
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name in vars(module).get("_kept", ()):
                value = getattr(module, name)
                if isinstance(value, Tensor) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{prefix}.{name}" if prefix else name, module, name

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """(full name, tensor) of each parameter. One whose `requires_grad` is set to False rests:
        it is not among them until it is set back.

        Raises TypeError if modules or parameters are in a plain list, where nobody finds them, and
        if a parameter was replaced by something computed.
        """
        for full, module, name in self._slots():
            value = getattr(module, name)
            if value.level == 0 and not _is_leaf(value):
                raise TypeError(
                    f"{full} was a parameter and is now a computed tensor of shape {value.shape}, "
                    "which has no .grad. To move a parameter, change its data, as in "
                    "w.data -= lr * w.grad, and not the attribute."
                )
            if value.requires_grad:
                yield full, value

    def parameters(self) -> Iterator[Tensor]:
        """The parameters, for an optimiser; see `named_parameters`."""
        return (value for _, value in self.named_parameters())

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for value in self.parameters():
            value.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """All parameters and buffers as arrays under their full names: copies without derivative,
        which ``np.savez(file, **net.state_dict())`` can save."""
        return {full: _copy(getattr(module, name).data) for full, module, name in self._slots()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all parameters and buffers. state: arrays, tensors, or torch tensors by full name.

        Raises KeyError if names are missing or unknown, ValueError if a shape differs; then nothing
        is changed.
        """
        slots = {full: getattr(module, name) for full, module, name in self._slots()}
        missing, unknown = slots.keys() - state.keys(), state.keys() - slots.keys()
        if missing or unknown:
            raise KeyError(
                f"The state does not fit this {type(self).__name__}. Missing: "
                f"{_listed(missing)}; unknown: {_listed(unknown)}."
            )
        for full, value in slots.items():
            if shape_of(plain(state[full])) != value.shape:
                raise ValueError(
                    f"In the state, {full} has the shape {shape_of(plain(state[full]))}, but this "
                    f"{type(self).__name__} has {value.shape} there. Nothing was loaded."
                )
        for full, value in slots.items():
            value.data = _in_the_library_of(value.data, plain(state[full]))

    def train(self, mode: bool = True) -> Module:
        """Say that it is being trained: `BatchNorm2d` then takes the statistics of the batch."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Say that it is being used, not trained."""
        return self.train(False)

    def _find_out_lists(self) -> None:
        """Raise TypeError if modules or parameters are in a list, tuple, set or dict only."""
        found = {id(module) for module in self.modules()}
        found |= {id(value) for each in self.modules() for value in vars(each).values()}
        for prefix, module in self.named_modules():
            for name, value in vars(module).items():
                lost = [each for each in _inside(value) if id(each) not in found]
                if lost and not name.startswith("_"):
                    what = "modules" if isinstance(lost[0], Module) else "parameters"
                    where = f"{type(module).__name__}.{name}" + (f" (in {prefix})" * bool(prefix))
                    cure = "nn.ModuleList(…) or nn.Sequential(…)"
                    if what == "parameters":
                        cure = "an attribute for each of them, or modules in nn.ModuleList(…)"
                    raise TypeError(
                        f"{where} is a plain {type(value).__name__} with {len(lost)} {what} in it. "
                        f"`parameters()` does not look there, so nothing would train them. "
                        f"Use {cure}."
                    )

    # Its picture in letters -----------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets, such as the sizes."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}" for name, child in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({self.extra_repr()})"
        inside = "\n".join([self.extra_repr(), *lines] if self.extra_repr() else lines)
        return f"{type(self).__name__}(\n  " + inside.replace("\n", "\n  ") + "\n)"


def functional_call(module: Module, parameters: Mapping[str, Any], args: Any = ()) -> Any:
    """What the module would give with other parameters: the module as a function of them.

    parameters: arrays or tensors by full name; the others stay as they are. args: a tuple of the
    arguments of the module, or its only argument.

    With this, ``dp.grad``, ``dp.hvp`` and `optim.minimize` take derivatives by all parameters:

        >>> net = Module()
        >>> net.w = Tensor([1.0, 2.0], requires_grad=True)
        >>> net.forward = lambda x: (net.w * x).sum()
        >>> float(functional_call(net, {"w": np.array([5.0, 7.0])}, np.array([1.0, 1.0])))
        12.0

    Raises KeyError for a name that the module does not have.
    """
    with _in_place_of(module, parameters):
        return module(*args) if isinstance(args, tuple) else module(args)


@contextmanager
def _in_place_of(module: Module, parameters: Mapping[str, Any]) -> Iterator[None]:
    slots = {full: (owner, name) for full, owner, name in module._slots()}
    unknown = parameters.keys() - slots.keys()
    if unknown:
        raise KeyError(
            f"This {type(module).__name__} has no {_listed(unknown)}; it has {_listed(slots)}."
        )
    before = {full: getattr(*slots[full]) for full in parameters}
    # The attributes are set past __setattr__, since nothing is to be registered.
    for full, value in parameters.items():
        owner, name = slots[full]
        object.__setattr__(owner, name, value)
    try:
        yield
    finally:
        for full, value in before.items():
            owner, name = slots[full]
            object.__setattr__(owner, name, value)


def _walk(prefix: str, module: Module, seen: set[int]) -> Iterator[tuple[str, Module]]:
    if id(module) not in seen:
        seen.add(id(module))
        yield prefix, module
        for name, child in module.named_children():
            yield from _walk(f"{prefix}.{name}" if prefix else name, child, seen)


def _inside(value: Any) -> Iterator[Any]:
    """The modules and parameters in a plain container, however deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple, set)):
        for item in value:
            if isinstance(item, Module) or (_is_leaf(item) and item.requires_grad):
                yield item
            else:
                yield from _inside(item)


def _is_leaf(value: Any) -> bool:
    """A tensor made by hand, not computed from others."""
    return isinstance(value, Tensor) and value._tape is None


def _copy(array: Any) -> Any:
    return array.clone() if is_torch(array) else np.array(array)


def _in_the_library_of(like: Any, value: Any) -> Any:
    """The value as a numpy array or a torch tensor, whichever `like` is."""
    if is_torch(like):
        import torch

        return torch.as_tensor(value, dtype=like.dtype, device=like.device)
    return value.detach().cpu().numpy() if is_torch(value) else value


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
