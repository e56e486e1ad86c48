"""torch's tensors and dpkit's numbers by value: as plain parts, and whole again on the other side.

A tensor is its numbers, its type and, where it is a leaf, whether it requires a gradient and which
it has. How it lies in memory (strides, views) does not cross, nor what it was computed from. In the
student's process tensors arrive on torch's default device, which is the one that marking was asked
to use; elsewhere on the processor.

`take_apart` looks at exact types: a subclass may carry any behaviour, and stays where it is.
Neither torch nor dpkit is imported to find out."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

__all__ = ["Unfit", "as_arrays", "put_together", "take_apart", "tensor_numbers"]

TENSORS = (
    "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128"
).split()


class Unfit(ValueError):
    """A value of a known type that cannot cross; the message goes on after its name: "is …"."""


def take_apart(value: Any) -> tuple[str, tuple] | None:
    """The kind of `value` and its plain parts; None when it is of no type known here. Raises
    `Unfit`."""
    kind = type(value)
    torch, dpkit = sys.modules.get("torch"), sys.modules.get("dpkit")
    # By identity: a class may be made so that it says it equals another.
    if torch is not None and (kind is torch.Tensor or kind is torch.nn.Parameter):
        leaf = value.is_leaf
        gradient = value.grad if leaf else None
        numbers = None if gradient is None else tensor_numbers(gradient)[1]
        return "tensor", (*tensor_numbers(value), leaf and value.requires_grad, numbers)
    if dpkit is None or not any(
        kind is known for known in (dpkit.Tensor, dpkit.Dual, dpkit.Scalar)
    ):
        return None
    if value.level >= 1:  # a constant in its place would lose the derivative without a word
        raise Unfit(
            "depends on a number with respect to which dpkit is differentiating at present; make that an "
            "argument of the function"
        )
    if kind is dpkit.Tensor:
        leaf = value._tape is None
        array = _plain_array(value.data)
        return "dpkit.Tensor", (array, leaf and value.requires_grad, value.grad if leaf else None)
    if kind is dpkit.Dual:
        if type(value.primal) is not float or type(value.tangent) is not float:
            raise Unfit("is a Dual of numbers with derivatives; one of floats can be passed on")
        return "dpkit.Dual", (value.primal, value.tangent)
    if kind is dpkit.Scalar:
        return "dpkit.Scalar", (value.data, float(value.grad))
    return None


def put_together(kind: str, parts: Any) -> Any:
    """What `take_apart` took apart. Raises `ValueError` or `TypeError` for anything else."""
    if kind == "tensor":
        return _tensor(*_checked(parts, 4))
    import dpkit

    if kind == "dpkit.Tensor":
        array, requires_grad, gradient = _checked(parts, 3)
        if type(requires_grad) is not bool or not (_is_array(array) and _is_array(gradient, array)):
            raise ValueError("a Tensor whose parts are not arrays of one shape")
        made = dpkit.tensor(array, requires_grad=requires_grad)
        if gradient is not None:
            made.grad = gradient
        return made
    first, second = _checked(parts, 2)
    if type(first) is not float or type(second) is not float:
        raise ValueError("a number of dpkit's with parts that are not numbers")
    if kind == "dpkit.Dual":
        return dpkit.Dual(first, second)
    if kind == "dpkit.Scalar":
        scalar = dpkit.Scalar(first)
        if second:
            scalar.grad = second
        return scalar
    raise ValueError(f"{kind!r} is no type that crosses")


def as_arrays(kind: str, parts: Any) -> Any:
    """As `put_together`, with arrays for torch's tensors: where nobody uses torch."""
    if kind != "tensor":
        return put_together(kind, parts)
    name, array, _, _ = _checked(parts, 4)
    if name == "bfloat16":  # the upper half of a float32
        return (_numbers(name, array).astype(np.uint32) << 16).view(np.float32)
    return _numbers(name, array)


def tensor_numbers(value: Any) -> tuple[str, np.ndarray]:
    """The type of a torch tensor and its numbers; bfloat16 as whole numbers of the same bits."""
    torch = sys.modules["torch"]
    name = str(value.dtype).removeprefix("torch.")
    if value.layout is not torch.strided:
        raise Unfit(f"is a tensor of layout {value.layout}; dense ones can be passed on")
    if name not in TENSORS:
        raise Unfit(f"is a tensor of type {name}; {', '.join(TENSORS)} can be passed on")
    try:
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        if name == "bfloat16":
            return name, plain.contiguous().view(torch.int16).numpy().view(np.uint16)
        return name, plain.numpy()
    except (TypeError, RuntimeError, NotImplementedError):
        raise Unfit(
            "is a tensor whose numbers cannot be read (of a torch.func transform?)"
        ) from None


def _tensor(name: Any, array: Any, requires_grad: Any, gradient: Any) -> Any:
    import torch

    def whole(array: Any) -> Any:
        made = torch.from_numpy(np.ascontiguousarray(_numbers(name, array)).reshape(array.shape))
        made = made.view(torch.bfloat16) if name == "bfloat16" else made
        return made.to(torch.get_default_device())

    made = whole(array)
    if requires_grad is True:
        if not (made.is_floating_point() or made.is_complex()):
            raise ValueError("a tensor of whole numbers that requires a gradient")
        made.requires_grad_()
    if gradient is not None:
        made.grad = whole(gradient)  # torch refuses one of another shape
    return made


def _numbers(name: Any, array: Any) -> np.ndarray:
    stored = "uint16" if name == "bfloat16" else name
    if name not in TENSORS or type(array) is not np.ndarray or array.dtype.name != stored:
        raise ValueError("a tensor whose type is not that of its numbers")
    return array


def _checked(parts: Any, count: int) -> tuple:
    if type(parts) is not tuple or len(parts) != count:
        raise ValueError(f"a value of {count} parts with others")
    return parts


def _is_array(value: Any, like: Any = None) -> bool:
    """An array or a tensor that came across; with `like`, also None or one of the same shape."""
    if like is not None and value is None:
        return True
    torch = sys.modules.get("torch")
    known = type(value) is np.ndarray or (torch is not None and type(value) is torch.Tensor)
    return known and (like is None or value.shape == like.shape)


def _plain_array(array: Any) -> Any:
    """The data of a dpkit tensor: numpy's or torch's, of one level."""
    if isinstance(array, (np.ndarray, np.generic)):
        return np.array(array)
    torch = sys.modules.get("torch")
    if torch is not None and type(array) is torch.Tensor:
        return array.detach()
    raise Unfit("is a Tensor of neither numpy's nor torch's arrays, which cannot be passed on")
