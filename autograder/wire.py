"""Plain data between two processes that do not trust each other.

What crosses: None, bool, int, float, complex, str, bytes, list, tuple, dict with string keys, and
numpy arrays and numbers of the ordinary types. Exact types only: a subclass of float may carry any
`__eq__`, so it is refused rather than passed on. Nothing here runs code that came from the other
side: there is no pickle, and a value is rebuilt from its numbers.

torch tensors cross as arrays; where both sides ask for it, they and dpkit's numbers arrive as what
they were (`across.foreign`).

A value is written as one letter and then its contents; lengths come first, little-endian:

    N T F       None, True, False        i  integer    f  float      c  complex s  text     b  bytes
    l  list       t  tuple      d  dict a  array (type, shape, numbers)      g  one numpy number
    (type, number) r  a reference to an object that stays in the student's process (only where both
    sides ask for it)           x  a tensor, or a number of dpkit's (kind, parts; likewise)

    decode(encode(value)) equals value, type for type; `normalise` does just that, so that a
    notebook, where nothing crosses, sees the very types that marking sees.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from autograder.across.foreign import Unfit, as_arrays, take_apart

__all__ = ["BadData", "Ref", "TooLarge", "decode", "encode", "normalise"]

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_INT_BYTES = 512

DTYPES = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"
).split()
_SCALARS = {np.dtype(name).type for name in DTYPES}

_TYPE_NAME = type.__dict__["__name__"].__get__  # whatever a metaclass says

_U16, _U32, _U64 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<Q")
_F64, _C128 = struct.Struct("<d"), struct.Struct("<dd")


class BadData(ValueError):
    """A value cannot cross: the message names its type and its place in the answer."""


class TooLarge(BadData):
    """A value is too long, too deep or in too many pieces to cross."""


@dataclass(frozen=True)
class Ref:
    """Stands for an object that stays in the student's process.

    What it says of its type is that process's own word, for messages only.
    """

    id: int
    type_name: str = "object"
    module: str = ""


Opaque = Callable[[Any], Ref | None]
Foreign = Callable[[str, Any], Any]


def encode(
    value: Any,
    *,
    opaque: Opaque | None = None,
    foreign: bool = False,
    limit: int = MAX_BYTES,
    name: str = "answer",
) -> bytes:
    """`value` as bytes.

    Args:
        value: plain data. torch tensors go as arrays.
        opaque: called for an object that is not plain data; it may return a `Ref` to send in its
            place.
        foreign: let tensors go as tensors, and dpkit's numbers too.
        limit: the most bytes allowed.
        name: what messages call the value.

    Raises `BadData` for anything else that cannot cross, naming its type and its place, such as
    "`answer['grad'][2]` is a Var"; `TooLarge` beyond the limits.
    """
    writer = _Writer(opaque, foreign, limit)
    try:
        writer.write(value, 0)
    except _Misfit as misfit:
        place = name + "".join(reversed(misfit.path))
        raise misfit.kind(f"`{place}` {misfit.what}.") from None
    return b"".join(writer.parts)


def decode(
    data: bytes | bytearray | memoryview,
    *,
    refs: bool = False,
    foreign: Foreign | None = None,
    limit: int = MAX_BYTES,
) -> Any:
    """The value that `encode` wrote, built anew. Raises `BadData` for any other bytes, whoever sent
    them.

    `foreign` makes a tensor, or a number of dpkit's, from its kind and its parts."""
    if len(data) > limit:
        raise TooLarge(f"{len(data)} bytes are too many; the limit is {limit}")
    reader = _Reader(memoryview(data).toreadonly().cast("B"), refs, foreign)
    try:
        value = reader.read(0)
    except BadData:
        raise
    except (
        struct.error, IndexError, ValueError, TypeError, OverflowError, MemoryError, RuntimeError,
    ) as error:  # fmt: skip
        raise BadData(f"damaged data: {error}") from None
    if reader.position != len(reader.data):
        raise BadData(f"damaged data: {len(reader.data) - reader.position} bytes too many")
    return value


def normalise(value: Any) -> Any:
    """`value` as it would arrive in another process: fresh, plain, with torch tensors turned into
    arrays."""
    return decode(encode(value))


class _Misfit(Exception):
    """Carries the path of the offending value up to `encode`, one step a level."""

    def __init__(self, what: str, kind: type[BadData] = BadData):
        self.what, self.kind = what, kind
        self.path: list[str] = []


class _Writer:
    def __init__(self, opaque: Opaque | None, foreign: bool, limit: int):
        self.parts: list[bytes] = []
        self.opaque, self.foreign, self.limit = opaque, foreign, limit
        self.size = self.nodes = 0

    def put(self, *pieces: bytes) -> None:
        self.size += sum(map(len, pieces))
        if self.size > self.limit:
            raise _Misfit(
                f"takes it beyond {self.limit} bytes, the most that can be passed on", TooLarge
            )
        self.parts += pieces

    def write(self, value: Any, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Misfit(f"is one piece too many: at most {MAX_NODES} can be passed on", TooLarge)
        if depth > MAX_DEPTH:
            raise _Misfit(f"lies deeper than {MAX_DEPTH} levels", TooLarge)
        kind = type(value)
        if value is None:
            self.put(b"N")
        elif kind is bool:
            self.put(b"T" if value else b"F")
        elif kind is float:
            self.put(b"f", _F64.pack(value))
        elif kind is int:
            length = value.bit_length() // 8 + 1
            if length > MAX_INT_BYTES:
                raise _Misfit(
                    f"is an integer of {value.bit_length()} bits, too long to pass on", TooLarge
                )
            self.put(b"i", _U16.pack(length), value.to_bytes(length, "little", signed=True))
        elif kind is str:
            try:
                raw = value.encode()
            except UnicodeEncodeError:
                raise _Misfit("is text with half a character in it (a lone surrogate)") from None
            self.put(b"s", _U32.pack(len(raw)), raw)
        elif kind is list or kind is tuple:
            self.put(b"l" if kind is list else b"t", _U32.pack(len(value)))
            for index, item in enumerate(value):
                self.step(f"[{index}]", item, depth)
        elif kind is dict:
            self.put(b"d", _U32.pack(len(value)))
            for key, item in value.items():
                if type(key) is not str:
                    raise _Misfit(f"has a key that is {_name(key)}; only strings can be keys")
                self.step("", key, depth)
                self.step(f"[{key!r:.60}]", item, depth)
        elif kind is np.ndarray:
            self.array(value)
        elif kind in _SCALARS:
            raw = value.tobytes()
            self.put(b"g", _text8(value.dtype.name), raw)
        elif kind is complex:
            self.put(b"c", _C128.pack(value.real, value.imag))
        elif kind is bytes:
            self.put(b"b", _U32.pack(len(value)), value)
        elif kind is Ref and self.opaque is not None:
            self.ref(value)
        elif (apart := _apart(value)) is not None and (self.foreign or apart[0] == "tensor"):
            self.strange(*apart, depth)
        elif self.opaque is not None and (ref := self.opaque(value)) is not None:
            self.ref(ref)
        else:
            raise _Misfit(
                f"is {_name(value)}; plain numbers, text, lists, dicts and arrays can be passed on"
            )

    def step(self, label: str, item: Any, depth: int) -> None:
        try:
            self.write(item, depth + 1)
        except _Misfit as misfit:
            misfit.path.append(label)
            raise

    def array(self, value: np.ndarray) -> None:
        if value.dtype.name not in DTYPES:
            raise _Misfit(
                f"is an array of type {str(value.dtype):.60}; arrays of {', '.join(DTYPES)} can be passed on"
            )
        if self.size + value.nbytes > self.limit:
            raise _Misfit(
                f"is an array of {value.nbytes} bytes; at most {self.limit} can be passed on",
                TooLarge,
            )
        native = value.astype(value.dtype.newbyteorder("<"), copy=False)
        shape = b"".join(map(_U64.pack, value.shape))
        self.put(b"a", _text8(value.dtype.name), bytes([value.ndim]), shape, native.tobytes())

    def strange(self, kind: str, parts: tuple, depth: int) -> None:
        if not self.foreign:
            self.array(_array_of(kind, parts))
            return
        self.put(b"x", _text8(kind))
        self.step("", parts, depth)

    def ref(self, ref: Ref) -> None:
        names = [name[:80].encode(errors="replace") for name in (ref.type_name, ref.module)]
        self.put(b"r", _U64.pack(ref.id), *(_U16.pack(len(raw)) + raw for raw in names))


class _Reader:
    def __init__(self, data: memoryview, refs: bool, foreign: Foreign | None):
        self.data, self.refs, self.foreign = data, refs, foreign
        self.position = self.nodes = 0

    def take(self, count: int) -> memoryview:
        end = self.position + count
        if end > len(self.data):
            raise BadData("damaged data: it ends too early")
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def number(self, form: struct.Struct) -> Any:
        return form.unpack(self.take(form.size))[0]

    def text(self, count: int) -> str:
        return str(self.take(count), "utf-8")

    def read(self, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise TooLarge("the data is too deep or in too many pieces")
        tag = bytes(self.take(1))
        if tag == b"N":
            return None
        if tag in b"TF":
            return tag == b"T"
        if tag == b"f":
            return self.number(_F64)
        if tag == b"i":
            length = self.number(_U16)
            if length > MAX_INT_BYTES:
                raise TooLarge("an integer is too long")
            return int.from_bytes(self.take(length), "little", signed=True)
        if tag == b"s":
            return self.text(self.number(_U32))
        if tag in b"lt":
            items = [self.read(depth + 1) for _ in range(self.number(_U32))]
            return items if tag == b"l" else tuple(items)
        if tag == b"d":
            return self.mapping(depth)
        if tag in b"ag":
            return self.array(one=tag == b"g")
        if tag == b"c":
            return complex(*_C128.unpack(self.take(_C128.size)))
        if tag == b"b":
            return bytes(self.take(self.number(_U32)))
        if tag == b"r" and self.refs:
            ref = self.number(_U64)
            return Ref(ref, self.text(self.number(_U16)), self.text(self.number(_U16)))
        if tag == b"x" and self.foreign is not None:
            return self.foreign(self.text(self.take(1)[0]), self.read(depth + 1))
        raise BadData(f"damaged data: {tag!r} stands where a value should begin")

    def mapping(self, depth: int) -> dict[str, Any]:
        result = {}
        for _ in range(self.number(_U32)):
            key = self.read(depth + 1)
            if type(key) is not str:
                raise BadData("damaged data: a key is not a string")
            result[key] = self.read(depth + 1)
        return result

    def array(self, one: bool) -> Any:
        name = self.text(self.take(1)[0])
        if name not in DTYPES:
            raise BadData(f"arrays of type {name!r:.40} do not cross")
        dtype = np.dtype(name).newbyteorder("<")
        rank = 0 if one else self.take(1)[0]
        if rank > 32:
            raise TooLarge(f"an array of rank {rank}")
        shape = tuple(self.number(_U64) for _ in range(rank))
        if prod(side or 1 for side in shape) > max(MAX_NODES, prod(shape)):
            raise TooLarge(f"an empty array of shape {shape}")  # as lists it would fill the memory
        raw = self.take(prod(shape) * dtype.itemsize)
        if name == "bool" and any(byte > 1 for byte in set(bytes(raw))):
            raise BadData("damaged data: a truth value that is neither true nor false")
        array = np.frombuffer(raw, dtype).astype(name).reshape(shape)
        return array[()] if one else array


def _text8(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def _name(value: Any) -> str:
    """Names a type without asking the object, which may lie or raise."""
    name = _TYPE_NAME(type(value))
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name[:60]}"


def _apart(value: Any) -> tuple[str, tuple] | None:
    try:
        return take_apart(value)
    except Unfit as unfit:
        raise _Misfit(str(unfit)) from None


def _array_of(kind: str, parts: tuple) -> np.ndarray:
    if parts[0] == "bfloat16":
        raise _Misfit("is a tensor of type bfloat16, which has no numpy form")
    return as_arrays(kind, parts)
