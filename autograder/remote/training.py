"""Training a student's `torch.nn.Module` from a test.

    net = trainable(Net(3))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(50):
        optimiser.zero_grad()
        loss = ((net(X) - y) ** 2).mean()
        loss.backward()
        optimiser.step()

The parameters are the judge's own, taken from the student's module by value once. Each forward pass
sends them and runs the student's `forward` with them; its derivative comes back the same way. So
the optimiser, the loss and the data that nobody trained on are out of the student's reach."""

from __future__ import annotations

from typing import Any

import torch

from autograder.errors import StudentError
from autograder.remote.proxy import Remote, handle_of
from autograder.wire import Ref

__all__ = ["Trainable", "trainable"]

MAX_TENSORS = 10_000


def trainable(module: Any) -> torch.nn.Module:
    """See `autograder.helpers.trainable`. A module of the judge's own is given back as it is.

    Raises `TypeError` for what is neither that nor an object of the student's; `StudentError` where
    that object is no module."""
    if isinstance(module, torch.nn.Module):
        return module
    if type(module) is not Remote:
        raise TypeError(f"trainable({module!r:.80}): this is no torch.nn.Module.")
    return Trainable(module)


class Trainable(torch.nn.Module):
    """A student's module with parameters and buffers of the judge's."""

    _remote: Remote

    def __init__(self, remote: Remote):
        super().__init__()
        handle = handle_of(remote)
        parameters, buffers = _state(handle.boundary.deed("module_state", remote, name=handle.name))
        for name, value in parameters.items():
            *path, last = name.split(".")
            made = torch.nn.Parameter(value.detach(), requires_grad=value.requires_grad)
            _part(self, path).register_parameter(last, made)
        for name, value in buffers.items():
            *path, last = name.split(".")
            _part(self, path).register_buffer(last, value)
        object.__setattr__(self, "_remote", remote)  # from now on it is asked for attributes

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The student's `forward` with these parameters; buffers take what it makes of them."""
        handle = handle_of(self._remote)
        buffers = dict(self.named_buffers())
        given = [
            self._remote, dict(self.named_parameters()), buffers, self.training, list(args), kwargs
        ]  # fmt: skip
        target = Ref(0, "functional_call", "deed")
        answer = handle.boundary.differentiable(target, given, {}, f"{handle.name}.forward")
        if type(answer) is not list or len(answer) != 2 or type(answer[1]) is not dict:
            raise StudentError("process", "The student's process gave no proper answer.")
        value, after = answer
        with torch.no_grad():
            for name, buffer in buffers.items():
                buffer.copy_(_like(buffer, after.get(name), name))
        return handle.boundary.here(value, f"{handle.name}(…)")

    def __getattr__(self, name: str) -> Any:
        """Its parameters and parts; otherwise the student's module's attributes and methods, which
        find these parameters there."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("_") or "_remote" not in self.__dict__:
                raise
            self.__far__()
            return getattr(self._remote, name)

    def __far__(self) -> Ref:
        """As an argument of the student's code: the student's module, with these parameters."""
        handle = handle_of(self._remote)
        state = {name: value.detach() for name, value in self.state_dict().items()}
        handle.boundary.deed("load_state", self._remote, state, self.training, name=handle.name)
        return handle.ref


class Part(torch.nn.Module):
    """A part of such a module: a place for parameters."""

    def forward(self, *args: Any) -> Any:
        raise TypeError("only the whole module can be called across the boundary")

    def __getitem__(self, place: int) -> Any:
        if (part := self._modules.get(str(place))) is None:
            raise IndexError(f"part {place} of the student's module has no parameters")
        return part


def _part(module: torch.nn.Module, path: list[str]) -> torch.nn.Module:
    """The part of `module` at this path, made where it is missing."""
    for name in path:
        if name not in module._modules:
            module.add_module(name, Part())
        module = module._modules[name]  # type: ignore[assignment]
    return module


def _state(answer: Any) -> list[dict[str, torch.Tensor]]:
    """The parameters and the buffers that came, if that is what came."""
    parts = answer if type(answer) is list and len(answer) == 2 else []
    for part in parts:
        if type(part) is not dict or len(part) > MAX_TENSORS:
            break
        names = all(all(map(_is_name, name.split("."))) for name in part)
        if not names or not all(type(value) is torch.Tensor for value in part.values()):
            break
    else:
        if parts:
            return parts
    raise StudentError("bad_data", "The module's parameters are not tensors with names.")


def _is_name(word: str) -> bool:
    """A part of a parameter's name, such as "weight" or "0"; none that has a meaning here."""
    return word.isidentifier() or word.isdigit()


def _like(buffer: torch.Tensor, after: Any, name: str) -> torch.Tensor:
    if type(after) is not torch.Tensor or after.shape != buffer.shape:
        raise StudentError("bad_data", f"The buffer {name!r} has lost its shape.")
    return after
