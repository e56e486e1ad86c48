"""What crosses between processes: the same value, type for type, or a sentence that says why
not."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.across.foreign import TENSORS, as_arrays, put_together
from autograder.wire import DTYPES, BadData, Ref, TooLarge, decode, encode, normalise

numbers = st.booleans() | st.integers(-(2**1000), 2**1000) | st.floats() | st.complex_numbers()
text = st.text(st.characters(exclude_categories=["Cs"]))
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
)
plain = st.recursive(
    st.none()
    | numbers
    | text
    | st.binary()
    | arrays
    | arrays.filter(np.size).map(lambda a: a.flat[0]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(text, inner, max_size=4)
    ),
    max_leaves=10,
)


def same(a, b) -> bool:
    """Equal in type, shape and every bit that matters; NaN equals NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return a == b


@given(plain)
@example({"a": [1, (2.5, None)], "": b"\0", "ü": np.float32(1)})
@example(-0.0)
def test_a_value_arrives_as_it_left(value):
    assert same(decode(encode(value)), value)


@given(st.binary(max_size=200))
@example(b"l\xff\xff\xff\xff")
@example(b"s\x01\x00\x00\x00\xff")
@example(b"a\x07float64\x01" + b"\xff" * 8)
@example(b"a\x07float64\x02" + b"\0" * 8 + b"\xff" * 8)
@example(b"a\x04bool\x01\x01" + b"\0" * 7 + b"\x02")
@example(b"g\x06object" + b"\0" * 8)
@example(b"i\xff\xff" + b"1" * 65535)
@example(b"r" + b"\0" * 12)
@example(b"l\x01\x00\x00\x00" * 100_000 + b"N")
def test_any_other_bytes_are_refused_or_plain_data(data):
    try:
        value = decode(data)
    except BadData:
        return
    assert same(decode(encode(value)), value)


@given(plain, st.data())
def test_damaged_bytes_never_do_worse(value, data):
    raw = bytearray(encode(value))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        value = decode(bytes(raw))
    except BadData:
        return
    assert same(decode(encode(value)), value)


class Var:
    pass


class Sly(float):
    """Agrees with everything."""

    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class Masked(np.ndarray):
    pass


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"grad": [1, 2, Var()]}, "`answer['grad'][2]` is a Var"),
        (Sly(1), "`answer` is a Sly"),
        ((1, [Sly(1)]), "`answer[1][0]` is a Sly"),
        (np.zeros(2).view(Masked), "is a Masked"),
        (np.ma.zeros(2), "is a MaskedArray"),
        (np.array([Var()]), "is an array of type object"),
        (np.array(["text"]), "is an array of type"),
        (np.longdouble(1), "is a"),
        ({1: 2}, "has a key that is an int"),
        ({"a": {Sly(2): 1}}, "`answer['a']` has a key that is a Sly"),
        (lambda: 1, "is a function"),
        (type, "is a type"),
        ("\ud800", "lone surrogate"),
        (range(3), "is a range"),
    ],
)
def test_what_cannot_cross_is_named_with_its_place(value, sentence):
    with pytest.raises(BadData, match="^`answer") as caught:
        encode(value)
    assert sentence in str(caught.value)


def test_a_metaclass_does_not_choose_the_name_of_its_class():
    class Liar(type):
        __name__ = property(lambda self: 1 / 0)

    class Instance(metaclass=Liar):
        pass

    with pytest.raises(BadData, match="is an Instance"):
        encode(Instance())


def test_too_much_is_refused():
    cycle: list = []
    cycle.append(cycle)
    for value in (
        cycle,
        [0] * 300_000,
        10**5000,
        np.zeros(10_000_000),
        "x" * (65 * 2**20),
    ):
        with pytest.raises(TooLarge):
            encode(value)
    with pytest.raises(TooLarge):
        encode(b"x" * 100, limit=50)
    with pytest.raises(TooLarge):
        decode(encode(b"x" * 100), limit=50)


def test_arrays_arrive_fresh_and_writable():
    source = np.arange(6.0).reshape(2, 3)
    for view in (source, source.T, source[:, ::-1], source[::2], source.astype(">f8")):
        arrived = normalise(view)
        np.testing.assert_array_equal(arrived, view)
        assert arrived.dtype == np.dtype("float64")
        arrived[...] = -1
    np.testing.assert_array_equal(source, np.arange(6.0).reshape(2, 3))


def test_tensors_arrive_as_arrays():
    torch = pytest.importorskip("torch")
    value = {"p": torch.nn.Parameter(torch.ones(2)), "t": torch.arange(3)}
    arrived = normalise(value)
    assert arrived["p"].dtype == np.float32 and arrived["t"].dtype == np.int64
    np.testing.assert_array_equal(arrived["t"], [0, 1, 2])
    with pytest.raises(BadData, match="no numpy form"):
        normalise(torch.ones(2, dtype=torch.bfloat16))


def foreign_values():
    torch, dp = pytest.importorskip("torch"), pytest.importorskip("dpkit")
    leaf = torch.tensor([[1.0, -2.0]], requires_grad=True)
    (leaf * leaf).sum().backward()
    tensor = dp.tensor([1.0, 2.0], requires_grad=True)
    (tensor * tensor).sum().backward()
    return [
        *(torch.ones(2, 3).to(getattr(torch, name)) for name in TENSORS),
        torch.tensor(math.nan, dtype=torch.bfloat16), torch.zeros(0, 4), torch.arange(6).reshape(2, 3).T,
        torch.view_as_complex(torch.ones(3, 2)).conj(), leaf, torch.nn.Parameter(torch.ones(2)),
        tensor, dp.tensor(3.0), dp.Dual(1.0, -2.0), dp.Scalar(4.0), dp.tensor(torch.ones(2)),
    ]  # fmt: skip


def test_tensors_and_dpkit_s_numbers_cross_where_both_sides_ask():
    torch = pytest.importorskip("torch")
    for value in foreign_values():
        arrived = decode(encode({"v": [value]}, foreign=True), foreign=put_together)["v"][0]
        if isinstance(value, torch.Tensor):
            assert type(arrived) is torch.Tensor and arrived.dtype == value.dtype
            torch.testing.assert_close(arrived, value.detach(), equal_nan=True, rtol=0, atol=0,
                                       check_stride=False)  # fmt: skip
            assert arrived.requires_grad == value.requires_grad
            assert (arrived.grad is None) == (value.grad is None)
        else:
            assert type(arrived) is type(value) and repr(arrived) == repr(value)
        with pytest.raises(BadData):
            decode(encode(value, foreign=True))


@given(st.data())
def test_damaged_tensors_never_do_worse(data):
    values = foreign_values()
    raw = bytearray(encode(data.draw(st.sampled_from(values)), foreign=True))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    for make in (put_together, as_arrays):
        try:
            value = decode(bytes(raw), foreign=make)
        except BadData:
            continue
        again = decode(encode(value, foreign=True), foreign=make)  # whatever it is, it is proper
        assert type(again) is type(value)


@pytest.mark.parametrize(
    "parts",
    [
        (), ("float64", np.ones(2), False), ("float32", np.ones(2), False, None), ("float64", [1.0], False, None),
        ("int64", np.ones(2, np.int64), True, None), ("float64", np.ones(2), False, np.ones(3)),
        ("object", np.ones(2), False, None), ("bfloat16", np.ones(2, np.float32), False, None),
        (["float64"], np.ones(2), False, None), ("float64", np.ones(2), False, "x"), [1, 2, 3, 4], 7,
    ],
)  # fmt: skip
def test_parts_that_make_no_tensor_are_refused(parts):
    pytest.importorskip("torch")
    for kind in ("tensor", "dpkit.Tensor", "dpkit.Dual", "dpkit.Scalar", "Tensor", ""):
        with pytest.raises((ValueError, TypeError, RuntimeError)):
            put_together(kind, parts)


def test_a_tensor_as_an_array_keeps_its_values():
    torch = pytest.importorskip("torch")
    for value in (torch.tensor([1.5, -3.0]).bfloat16(), torch.arange(3), torch.ones(2).half()):
        array = decode(encode(value, foreign=True), foreign=as_arrays)
        assert type(array) is np.ndarray and array.tolist() == value.tolist()


def test_references_cross_only_where_both_sides_ask():
    def keep(value):
        return Ref(7, "Var", "__main__") if isinstance(value, Var) else None

    raw = encode([Var(), 1], opaque=keep)
    assert decode(raw, refs=True) == [Ref(7, "Var", "__main__"), 1]
    with pytest.raises(BadData):
        decode(raw)
    with pytest.raises(BadData):
        encode(Ref(7))


def test_tensors_arrive_on_the_device_where_tensors_are_made():
    torch = pytest.importorskip("torch")
    raw = encode(torch.ones(2, requires_grad=True), foreign=True)
    with torch.device("meta"):
        arrived = decode(raw, foreign=put_together)
    assert arrived.device.type == "meta" and arrived.is_leaf and arrived.requires_grad
    assert decode(raw, foreign=put_together).device.type == "cpu"
