"""Reverse mode for arrays: tensors that remember how they were computed.

    >>> w = tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> loss = (w * w).sum()
    >>> loss.backward()
    >>> w.grad
    array([2., 4., 6.])

Every operation on tensors writes a row of a tape; `dpkit.tape` says what is in it, and runs
backwards through it. One engine serves every array library: the data of a tensor may be a numpy
array, a torch tensor on CPU or GPU, an array of any library that follows the Python array API
standard, or another tensor (inside nested derivatives).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from dpkit import operators, protocols
from dpkit.backends import BACKENDS, backend_of, is_array, is_torch, need_real, shape_of
from dpkit.box import Box, carry_out, held, plain
from dpkit.operators import fitted
from dpkit.table import is_elementwise, pullback
from dpkit.tape import Tape, begin_anew, pausing, tape_for

__all__ = ["Tape", "Tensor", "no_grad", "own_copy", "tensor"]


_LINEAR = ("add", "sub", "concatenate", "stack", "put")  # their pullbacks keep none of the arrays


class Tensor(Box):
    """An array that remembers how it was computed. The arguments are those of `dpkit.tensor`."""

    # (The values are not called _data, which numpy.ma would take for its own, past all refusals.)
    __slots__ = ("_array", "_grad", "_index", "_requires_grad", "_serial", "_tape")

    _array: Any
    _grad: Any
    _tape: Tape | None
    _index: int

    def __init__(
        self, data: Any, requires_grad: bool = False, dtype: Any = None, device: Any = None
    ) -> None:
        made = tensor(data, requires_grad, dtype, device)
        for slot in Tensor.__slots__:
            setattr(self, slot, getattr(made, slot))

    @classmethod
    def _by(cls, level: float, name: str, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Carry out a primitive and write a row of the tape."""
        if len(args) == 1 and level > 0 and not pausing and not args[0]._tape.closed:
            return _of_one(name, args[0], params)
        paused = level < 0 or (level == 0 and pausing and threading.get_ident() in pausing)
        tape = None if paused else tape_for(args, level)
        values, parents = [], []
        for x in args:
            parent = 0
            if type(x) is Tensor:
                parent = tape.row_of(x) if tape else 0
                if parent or tape is None or x.level < 0:
                    x = x._array
            values.append(held(x))
            parents.append(parent)
        xp = backend_of(*values)
        z = carry_out(xp, name, values, params)
        if tape is None:
            return _constant(z)
        row: list[Any] = []
        for n, (parent, x) in enumerate(zip(parents, values, strict=True)):
            if parent:
                stage = pullback(xp, name, n)
                if stage is not None:
                    pull = stage(z, *values, **params)
                    if (is_elementwise(name) and shape_of(x) != z.shape) or x.dtype != z.dtype:
                        pull = fitted(pull, x, z)
                    row += (parent, pull)
            elif name not in _LINEAR:
                tape.watch(x)
        for key in params.values():
            for each in key if isinstance(key, tuple) else (key,):
                tape.watch(each)
        return tape.write(z, tuple(row) or None)

    def backward(self, gradient: Any = None, retain_graph: bool = False) -> None:
        """Add to the ``.grad`` of each leaf the derivative of this tensor with respect to it.

        gradient: what comes from above, of the shape of this tensor; 1 if it is a single number.
        retain_graph: keep what is needed to call backward once more. (It would be in the way of
        the memory of the next step, so it is freed otherwise.)

        Raises TypeError for an array without a gradient, RuntimeError if what it needs was freed
        or changed in place.
        """
        if self.level > 0:
            raise TypeError(
                "backward() was called on a tensor that belongs to a dp.grad. Call dp.grad or "
                "dp.value_and_grad on the inner function instead; they nest."
            )
        seed = self._seed(gradient)
        if self._tape is None:
            if not self.requires_grad:
                raise RuntimeError(
                    "Nothing to differentiate: this tensor was computed from constants only. Make "
                    "the leaves with dp.tensor(…, requires_grad=True), outside dp.no_grad()."
                )
            self._add_grad(own_copy(seed))
            return
        found: list[tuple[Tensor, Any]] = []
        pending: dict[Tape, dict[int, Any]] = {self._tape: {self._index: seed}}
        while pending:
            tape = max(pending, key=lambda each: each.serial)
            adjoints = tape.sweep(pending.pop(tape), retain_graph)
            tape.closed = True
            for index, source in tape.inputs.items():
                adjoint = adjoints[index] if index < len(adjoints) else None
                if adjoint is None:
                    continue
                if source._tape is None:
                    found.append((source, adjoint))
                else:
                    seeds = pending.setdefault(source._tape, {})
                    before = seeds.get(source._index)
                    seeds[source._index] = adjoint if before is None else before + adjoint
        given: set[int] = set()  # no two leaves may get the same array, as both do from v + w
        for leaf, gradient in found:
            gradient = own_copy(gradient, again=id(gradient) in given)
            leaf._add_grad(gradient)
            given.add(id(gradient))

    def _seed(self, gradient: Any) -> Any:
        xp = backend_of(self._array)
        if gradient is None:
            if self.size != 1:
                raise TypeError(
                    f"backward() of a tensor of shape {self.shape} needs to know what comes from "
                    "above: give backward(gradient=…) an array of this shape, or sum the tensor."
                )
            return xp.ones_like(self._array)
        gradient = _fitting(gradient, self._array, "The gradient given to backward()")
        return xp.asarray(gradient, copy=True)  # in memory of its own

    def _add_grad(self, gradient: Any) -> None:
        xp = backend_of(self._array)
        gradient = xp.cast(gradient, like=self._array)
        self._grad = gradient if self._grad is None else self._grad + gradient

    @property
    def data(self) -> Any:
        """The values, an array without derivative.

        Those of a leaf may be changed by hand, between programs. Those of a computed tensor may
        not, since derivatives depend on them: they are read-only, or a copy where a library has
        nothing of the kind.
        """
        if self._tape is None or not is_array(self._array):
            return self._array
        if not isinstance(self._array, np.ndarray):
            return backend_of(self._array).asarray(self._array, copy=True)
        view = self._array.view()
        view.flags.writeable = False
        return view

    @data.setter
    def data(self, value: Any) -> None:
        if self._tape is not None:
            raise TypeError("The data of a computed tensor cannot be replaced; that of a leaf can.")
        if value is not self._array:  # as it is after w.data -= …, which has worked in place
            value = _fitting(value, self._array, "The new .data")
            self._array = backend_of(value).asarray(value, copy=True)
        self._serial = 0
        begin_anew()

    @property
    def grad(self) -> Any:
        """For a leaf, the sum of the gradients of all backward calls since `zero_grad`, an array
        of the same shape; None before the first, and for a tensor that was computed."""
        return self._grad if self._tape is None else None

    @grad.setter
    def grad(self, value: Any) -> None:
        if self._tape is not None:
            raise TypeError("Only a leaf, made by dp.tensor, has a .grad.")
        self._grad = None if value is None else _fitting(value, self._array, "The new .grad")

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    @property
    def requires_grad(self) -> bool:
        """Does `backward` reach this tensor? For a leaf, it may be set."""
        return self._tape is not None or self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self._tape is not None:
            raise TypeError("Only a leaf, made by dp.tensor, can be told whether to have a .grad.")
        if wanted and "float" not in str(self.dtype):
            raise TypeError(
                f"A tensor of dtype {self.dtype} and shape {self.shape} cannot have a gradient: "
                "only real numbers vary. Make it with dtype=float, if these are numbers that may."
            )
        self._requires_grad = bool(wanted)
        self._serial = 0  # it may have to be written on the tapes anew

    @property
    def level(self) -> float:  # type: ignore[override]
        if self._tape is None:
            return 0.0 if self._requires_grad else -1.0
        return self._tape.level

    @property
    def _inside(self) -> Any:
        return self._array

    def detach(self) -> Any:
        """The same values as a constant: nothing flows back through it."""
        inside: Any = self._array
        if isinstance(inside, Box):
            return inside.detach()
        return _constant(self.data if self._tape else backend_of(inside).asarray(inside, copy=True))

    def numpy(self) -> np.ndarray:
        """The values as a numpy array on the CPU, without derivative."""
        values = plain(self)
        return np.array(values.detach().cpu().numpy() if is_torch(values) else values)

    def item(self) -> float:
        """The value of a tensor with one element, as a float, without derivative."""
        if self.size != 1:
            raise TypeError(f"item() is for one element; this tensor has the shape {self.shape}.")
        return float(self.numpy().reshape(()))

    def _twin(self) -> Tensor:
        return self if self._tape is None else super()._twin()  # nothing moves a leaf

    def __copy__(self) -> Tensor:
        if self._tape is not None:
            return self._twin()
        twin = tensor(self._array, self.requires_grad)
        twin._grad = self._grad
        return twin

    def __reduce__(self) -> Any:
        if self._tape is not None:
            raise TypeError(
                f"A computed tensor of shape {self.shape} cannot be saved, since its derivatives "
                "live on a tape. Save its .data, or the leaves it was computed from."
            )
        return tensor, (self._array, self.requires_grad)

    def __repr__(self) -> str:
        values = repr(self._array)
        if isinstance(self._array, (np.ndarray, np.generic)):
            values = np.array2string(np.asarray(self._array), separator=", ", prefix="tensor(")
        note = ", requires_grad=True" if self._tape is None and self.requires_grad else ""
        return f"tensor({values}{note})"


def _of_one(name: str, x: Tensor, params: dict[str, Any]) -> Tensor:
    """What `Tensor._by` does, in the commonest case: a primitive of one tensor, inside dp.grad."""
    array, tape = x._array, x._tape
    assert tape is not None
    xp = BACKENDS.get(type(array)) or backend_of(array)
    z = carry_out(xp, name, (array,), params)
    stage = xp.stages.get((name, 0)) or pullback(xp, name, 0)
    for each in params.values():
        for key in each if type(each) is tuple else (each,):
            tape.watch(key)
    if stage is None:
        return tape.write(z, None)
    pull = stage(z, array, **params)
    if array.dtype != z.dtype or (is_elementwise(name) and shape_of(array) != z.shape):
        pull = fitted(pull, array, z)
    return tape.write(z, (x._index, pull))


def tensor(data: Any, requires_grad: bool = False, dtype: Any = None, device: Any = None) -> Tensor:
    """An array whose derivatives can be taken.

    data: a number, nested lists of numbers, a numpy array, a torch tensor, or an array of any
    library that follows the array API standard. It is copied.
    requires_grad: whether `backward` should collect a gradient for it.
    dtype: of the elements; by default float64 for numbers and lists, and that of an array.
    device: where a torch tensor should be; giving "cuda" turns other data into a torch tensor.

    Raises TypeError if the data are not real numbers, or are integers and a gradient is wanted;
    RuntimeError if there is no GPU where one is asked for.
    """
    data = plain(data)
    if device is not None and str(device) != "cpu":
        import torch

        if str(device).startswith("cuda") and not torch.cuda.is_available():
            raise RuntimeError(
                f"dp.tensor was asked for the device {str(device)!r}, but torch {torch.__version__} "
                "finds no GPU here. Leave the device away, and the tensor stays on the CPU."
            )
        if not is_torch(data):
            data = torch.as_tensor(np.asarray(data), device=device)
    if is_torch(data):
        data = data.detach().clone().to(dtype=dtype or data.dtype, device=device or data.device)
    elif is_array(data) and not isinstance(data, (np.ndarray, np.generic)):
        xp = backend_of(data)
        data = xp.asarray(data, dtype=dtype or data.dtype, copy=True)
    else:
        if dtype is None and not is_array(data):
            dtype = float
        try:
            if data is None:
                raise TypeError("None is no number.")
            data = np.array(data, dtype=dtype)
        except (TypeError, ValueError) as problem:
            raise TypeError(f"dp.tensor needs real numbers, but was given {data!r}.") from problem
    kind = str(data.dtype)
    if not any(each in kind for each in ("float", "int", "bool")):
        raise TypeError(
            f"dp.tensor needs real numbers, but was given data of dtype {kind} and shape "
            f"{shape_of(data)}."
        )
    result = _constant(data)
    result.requires_grad = requires_grad
    return result


@contextmanager
def no_grad() -> Iterator[None]:
    """Within this block, what is computed from tensors made by hand is constant."""
    pausing.append(threading.get_ident())
    try:
        yield
    finally:
        pausing.remove(threading.get_ident())


def _fitting(array: Any, like: Any, what: str) -> Any:
    """The array in the precision of `like`; an error if it has not the same shape and place."""
    array, like = plain(array), plain(like)
    xp = backend_of(array, like)
    need_real(array)
    if shape_of(array) != shape_of(like):
        raise ValueError(
            f"{what} has the shape {shape_of(array)}, but must have the shape {shape_of(like)}."
        )
    if isinstance(array, (float, int)):
        return xp.full_like(like, array)
    if is_torch(array) and array.device != like.device:
        raise TypeError(
            f"{what}, of shape {shape_of(array)}, is on the device {array.device}, but must be on "
            f"{like.device}: move it with x.to({str(like.device)!r})."
        )
    return xp.cast(array, like=like)


def own_copy(array: Any, again: bool = False) -> Any:
    """The array itself, or a copy if somebody else may have it or part of it. again: surely so."""
    if isinstance(array, (np.ndarray, np.generic)):
        shared = again or getattr(array, "base", None) is not None or not array.flags.writeable
        return np.array(array) if shared else array
    return backend_of(array).asarray(array, copy=True)


def _constant(data: Any) -> Tensor:
    result = Tensor.__new__(Tensor)
    result._array = data
    result._tape = result._grad = None
    result._serial = result._index = 0
    result._requires_grad = False
    return result


Tape.tensor = Tensor
operators.install(Tensor)
protocols.install(Box)
