"""Stands for an object in the student's process.

A proxy can be called, asked for its attributes and items, gone through, entered with `with`, and
given new attributes. It cannot be compared or tested for truth: that would take the student's word
for the verdict. Nor can a function's result be used in arithmetic: `f(x) - 12.0` would hand the
expected value to the student's code.

Arithmetic is for the objects that a test makes on purpose: those that come from calling a class or
function that the test lists (`# judge: operators Dual`), from operators and methods of such an
object, and those that the student's code hands to a function of the test. Where an object came from
decides, which the judge knows; never what it says it is. The result is a proxy again, whatever the
student's code gives, so that a number can be had of it only by reading an attribute."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from autograder.across.deeds import UFUNCS
from autograder.errors import StudentError
from autograder.wire import Ref

if TYPE_CHECKING:
    from autograder.remote.boundary import Boundary

__all__ = ["Handle", "Remote", "handle_of"]


class Handle:
    """What a proxy stands for.

    Attributes:
        boundary: where it is asked for.
        ref: its reference.
        name: what messages call it: how the test came by it.
        operand: it may be used in arithmetic.
        makes: what a call of it gives may be.
    """

    __slots__ = ("boundary", "makes", "name", "operand", "ref")

    def __init__(self, boundary: Boundary, ref: Ref, name: str, operand: bool, makes: bool):
        self.boundary, self.ref, self.name = boundary, ref, name
        self.operand, self.makes = operand, makes
        boundary.hold(ref)

    def __del__(self) -> None:
        self.boundary.release(self.ref)


def handle_of(remote: Remote) -> Handle:
    """The proxy's own, past all forwarding."""
    return object.__getattribute__(remote, "_autograder_handle")


def _words(remote: Remote) -> str:
    """How messages call it, without asking it."""
    handle = handle_of(remote)
    return f"<{handle.name}, {handle.ref.type_name}>"


def _reject(deed: str) -> Callable[..., NoReturn]:
    def method(self: Remote, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            f"{_words(self)} is an object in the student's process: a test cannot {deed} it without asking the "
            "student's code. Compare numbers, strings, lists or arrays that it holds."
        )

    return method


def _operator(sign: str, *, reflected: bool = False) -> Callable[..., Any]:
    def method(self: Remote, *other: Any) -> Any:
        operands = (*other, self) if reflected else (self, *other)
        return _computed("operate", sign, operands)

    return method


def _computed(deed: str, what: str, operands: tuple) -> Remote:
    """The result of arithmetic, if every proxy in it may be used so."""
    proxies = [each for each in operands if type(each) is Remote]
    for proxy in proxies:
        if not handle_of(proxy).operand:
            raise TypeError(
                f"{_words(proxy)} is an object in the student's process, and `{what}` would be carried out by the "
                "student's code. Compute with numbers and arrays; or, where a test is about "
                "operators, list the class: `# judge: operators …`."
            )
    boundary = handle_of(proxies[0]).boundary
    name = f"{what}(…)" if what.isidentifier() else f"(… {what} …)"
    answer = boundary.deed(deed, what, *operands, name=name)
    if type(answer) is not Ref:
        raise StudentError("bad_data", f"`{what}` gave plain data instead of an object.")
    return Remote(boundary, answer, name, operand=True)


class Remote:
    """Stands for an object in the student's process."""

    __slots__ = ("__weakref__", "_autograder_handle")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        boundary: Boundary,
        ref: Ref,
        name: str,
        *,
        operand: bool = False,
        makes: bool = False,
    ):
        handle = Handle(boundary, ref, name, operand, makes)
        object.__setattr__(self, "_autograder_handle", handle)

    # Calls and attributes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there. Functions of the test's among the arguments can be called back, and run
        here."""
        return handle_of(self).boundary.call(self, args, kwargs)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return handle_of(self).boundary.attribute(self, attribute)

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute.startswith("__"):
            raise AttributeError(f"{_words(self)}: a test cannot set {attribute}")
        handle_of(self).boundary.deed("set_attribute", self, attribute, value)

    # Items

    def __getitem__(self, key: Any) -> Any:
        handle = handle_of(self)
        deed = "held_item" if handle.operand else "item"
        value = handle.boundary.deed(deed, self, _key(key), name=handle.name)
        return handle.boundary.here(value, f"{handle.name}[…]", operand=handle.operand)

    def __setitem__(self, key: Any, value: Any) -> None:
        handle_of(self).boundary.deed("set_item", self, _key(key), value)

    def __len__(self) -> int:
        length = handle_of(self).boundary.deed("length", self)
        if type(length) is not int or not 0 <= length < 2**63:
            raise StudentError("bad_data", f"The length of {_words(self)} is no number of items.")
        return length

    def __iter__(self) -> Iterator[Any]:
        handle = handle_of(self)
        answer = handle.boundary.deed("iterator", self, name=handle.name)
        if type(answer) is not Ref:
            raise StudentError("process", "The student's process gave no proper answer.")
        return _Items(Remote(handle.boundary, answer, handle.name, operand=handle.operand))

    def __next__(self) -> Any:
        handle = handle_of(self)
        handle.boundary.one_more_item()
        answer = handle.boundary.deed("following", self, name=handle.name)
        if type(answer) is not list or len(answer) > 1:
            raise StudentError("process", "The student's process gave no proper answer.")
        if not answer:
            raise StopIteration
        return handle.boundary.here(answer[0], f"an item of {handle.name}", operand=handle.operand)

    # Kinds: the student's word, for information

    def __instancecheck__(self, thing: Any) -> bool:
        return handle_of(self).boundary.deed("instance", thing, self) is True

    def __subclasscheck__(self, kind: Any) -> bool:
        return handle_of(self).boundary.deed("subclass", kind, self) is True

    # Texts, which are plain data

    def __str__(self) -> str:
        return _text(self, "text")

    def __repr__(self) -> str:
        return _text(self, "representation")

    # Copies, made there

    def __copy__(self) -> Remote:
        return _copy(self, False)

    def __deepcopy__(self, memo: dict) -> Remote:
        return _copy(self, True)

    # with

    def __enter__(self) -> Any:
        handle = handle_of(self)
        value = handle.boundary.deed("enter", self, name=handle.name)
        return handle.boundary.here(value, f"{handle.name} (entered)", operand=handle.operand)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        trouble = ""
        if kind is not None:  # its words may be the test's secret, so only its type is told
            known = issubclass(kind, Exception) and getattr(builtins, kind.__name__, None) is kind
            trouble = kind.__name__ if known else "Exception"
        handle_of(self).boundary.deed("leave", self, trouble)

    # Never

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _reject("compare")
    __bool__ = _reject("take the truth of")
    __contains__ = _reject("search")
    __float__ = __int__ = __index__ = __complex__ = _reject("make a number of")
    __array__ = _reject("make an array of")
    __reduce_ex__ = _reject("pickle")

    # Arithmetic, for those that may

    __add__, __radd__ = _operator("+"), _operator("+", reflected=True)
    __sub__, __rsub__ = _operator("-"), _operator("-", reflected=True)
    __mul__, __rmul__ = _operator("*"), _operator("*", reflected=True)
    __truediv__, __rtruediv__ = _operator("/"), _operator("/", reflected=True)
    __floordiv__, __rfloordiv__ = _operator("//"), _operator("//", reflected=True)
    __mod__, __rmod__ = _operator("%"), _operator("%", reflected=True)
    __pow__, __rpow__ = _operator("**"), _operator("**", reflected=True)
    __matmul__, __rmatmul__ = _operator("@"), _operator("@", reflected=True)
    __neg__, __pos__, __abs__ = _operator("neg"), _operator("pos"), _operator("abs")

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """`np.sin(x)`, which numpy hands to the object's own method `sin`."""
        name = function.__name__
        if method != "__call__" or options or name not in UFUNCS:
            raise TypeError(f"np.{name} cannot be used here on {_words(self)}")
        return _computed("ufunc", name, inputs)


class _Items:
    """Goes through the items of an object, once."""

    def __init__(self, remote: Remote):
        self._remote = remote

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> Any:
        return next(self._remote)


def _copy(remote: Remote, deep: bool) -> Remote:
    handle = handle_of(remote)
    answer = handle.boundary.deed("copied", remote, deep, name=handle.name)
    if type(answer) is not Ref:
        raise StudentError("process", "The student's process gave no proper answer.")
    return Remote(handle.boundary, answer, handle.name, operand=handle.operand, makes=handle.makes)


def _text(remote: Remote, deed: str) -> str:
    text = handle_of(remote).boundary.deed(deed, remote)
    if type(text) is not str:
        raise StudentError("bad_data", f"The text of {_words(remote)} is no text.")
    return text


def _key(key: Any) -> Any:
    """A key as it crosses: slices and the like as dictionaries."""
    if type(key) is tuple:
        return tuple(_key(part) for part in key)
    if type(key) is slice:
        return {"slice": [key.start, key.stop, key.step]}
    return {"ellipsis": True} if key is ... else key
