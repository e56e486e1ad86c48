"""A diagnosis as it is seen: true to the numbers, readable as text, harmless whatever came back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dpkit as dp
from dpkit.answers import argument_names, flat, show, trouble
from dpkit.diagnose.picture.pieces import negligible, pieces

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"root", "style", "div", "span", "p", "ul", "li", "code", "details", "summary"} | {
    SVG + tag for tag in ("svg", "title", "desc", "style", "text", "rect", "path")
}


def diagnosis(got=1.0, expected=2.0, kind="factor", **more):
    return dp.Diagnosis(kind, "It is something.", got=got, expected=expected, **more)


def parsed(page: str) -> ElementTree.Element:
    """The page as XML: it is well-formed, and holds nothing that acts."""
    root = ElementTree.fromstring(f"<root>{page}</root>")
    for element in root.iter():
        assert element.tag in TAGS
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on") and "href" not in name
            assert "url(" not in value and "javascript" not in value
    return root


def cells(d):
    """The numbers written in the cells and the colours behind them, from left to right."""
    svg = ElementTree.fromstring(d.picture.svg)
    texts = [t.text for t in svg.iter(SVG + "text") if t.get("class") == "cell"]
    colours = [r.get("fill") for r in svg.iter(SVG + "rect")]
    return texts, colours


def number(text: str) -> float:
    return 0.0 if "≈" in text else float(text.replace("−", "-").replace("∞", "inf"))


def red_and_blue(colour: str) -> tuple[int, int]:
    return int(colour[1:3], 16), int(colour[5:7], 16)


# The picture -------------------------------------------------------------------------------------


@given(hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=3), elements=st.floats(-9, 9)))
@settings(max_examples=60, deadline=None)
def test_every_number_of_a_small_array_is_in_a_cell(truth):
    got = truth.copy()
    got.flat[0] += 1.5
    texts, colours = cells(diagnosis(got, truth, names=("w",)))
    numbers = sorted(map(number, texts))
    wanted = sorted([*got.ravel(), *truth.ravel(), *(got - truth).ravel()])
    np.testing.assert_allclose(numbers, wanted, rtol=1e-3, atol=1e-3)
    for text, colour in zip(texts, colours, strict=True):
        red, blue = red_and_blue(colour)
        if number(text) == 0:
            assert colour == "#ffffff"
        elif abs(number(text)) > 0.1:  # orange is positive and blue is negative
            assert (red > blue) == (number(text) > 0)


def test_got_and_expected_share_a_scale_and_the_difference_has_its_own():
    texts, colours = cells(diagnosis(np.array([4.0, 2.0]), np.array([4.0, 1.9])))
    assert list(map(number, texts)) == [4.0, 2.0, 4.0, 1.9, 0.0, 0.1]
    assert colours[0] == colours[2] == colours[5] and colours[4] == "#ffffff"
    assert red_and_blue(colours[1])[1] > red_and_blue(colours[0])[1]  # paler


def test_numbers_can_be_read_on_their_colours():
    """Contrast after WCAG 2.2 of each text to its cell: at least 4.5."""

    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return np.dot(linear, (0.2126, 0.7152, 0.0722))

    ramp = np.linspace(-1, 1, 144).reshape(12, 12)
    svg = ElementTree.fromstring(diagnosis(ramp, ramp + 1).picture.svg)
    texts = [t for t in svg.iter(SVG + "text") if t.get("class") == "cell"]
    for text, rect in zip(texts, svg.iter(SVG + "rect"), strict=True):
        ink = luminance(text.get("style").removeprefix("fill:"))
        low, high = sorted([ink, luminance(rect.get("fill"))])
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text.text, rect.get("fill"))


def test_rounding_is_no_difference():
    texts, colours = cells(diagnosis(np.array([0.1 + 0.2, 5.0]), np.array([0.3, 1.0])))
    assert texts[4:] == ["≈ 0", "4"] and colours[4] == "#ffffff"


def test_a_quotient_is_right_as_far_as_it_is_exact():
    """Beside a large difference, the last digits of a measured truth are no mistake."""
    (piece,) = pieces(np.array([1.0, 3.0]), np.array([1.0 + 1e-9, 2.0]))
    assert negligible([piece])[0].tolist() == [True, False]
    (alone,) = pieces(np.array([1.0]), np.array([1.0 + 1e-9]))
    assert negligible([alone])[0].tolist() == [False]


@pytest.mark.parametrize("shape", [(500, 700), (1000,), (3, 40, 50), (1, 900), (900, 1)])
def test_one_wrong_entry_of_a_large_array_is_seen(shape):
    truth = np.random.default_rng(0).normal(size=shape)
    got = truth.copy()
    got[tuple(n // 2 for n in shape)] += 20.0
    d = diagnosis(got, truth, names=("w",))
    svg = d.picture.svg
    place = f"w[{', '.join(str(n // 2) for n in shape)}]"
    assert len(svg) < 150_000 and 'class="cell"' not in svg
    assert f"{truth.size - 1} of {truth.size} are right; the largest difference, 20" in svg
    assert place in svg and "Each cell shows the largest" in svg
    alone = dp.Diagnosis("factor", "", got=got - truth, expected=None).picture.svg
    (path,) = re.findall(r'<path fill="(#\w+)" d="([^"]*)"', alone)
    assert path[0] == "#e0760f" and path[1].count("M") == 1


def test_shown_slices_are_those_that_are_wrong():
    truth = np.ones((9, 2, 2))
    got = truth.copy()
    got[7] = 3.0
    svg = diagnosis(got, truth).picture.svg
    assert "[0], [1], [2], [7] of 9" in svg


def test_different_shapes_are_shown_without_a_difference():
    truth = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    d = diagnosis(truth.T, truth, "transposed", names=("w",))
    assert list(map(number, cells(d)[0])) == [1, 4, 2, 5, 3, 6, 1, 2, 3, 4, 5, 6]
    assert "w: shape (3, 2) came back, (2, 3) was expected" in d.picture.svg
    assert ">Difference<" not in d.picture.svg
    assert "w: shape (3, 2) came back" in repr(d) and "w: shape (2, 3) was expected" in repr(d)


def test_scalars_stand_in_a_table_with_their_names():
    d = diagnosis((1.0, 2.0), (1.0, -3.0), names=("alpha", "beta"))
    assert list(map(number, cells(d)[0])) == [1, 2, 1, -3, 0, 5]
    assert ">alpha</text>" in d.picture.svg and ">beta</text>" in d.picture.svg


def test_what_is_not_finite_is_grey_and_named():
    texts, colours = cells(diagnosis(np.array([np.nan, np.inf, 1.0]), np.array([1.0, 2.0, 1.0])))
    assert texts[:2] == ["nan", "∞"] and colours[:2] == ["#777777"] * 2


def test_a_picture_says_in_words_what_it_shows():
    d = diagnosis((1.25, np.array([0.5])), (1.0, np.array([2.0])), names=("a", "w"))
    description = ElementTree.fromstring(d.picture.svg).find(SVG + "desc").text
    for word in ("a ", "w[0]", "1.25", "0.25", "-1.5", "got", "expected", "difference"):
        assert word in description


def test_a_right_gradient_needs_no_picture():
    right = diagnosis(1.0, 1.0, "correct")
    assert right.picture is None and "<svg" not in right._repr_html_()
    assert "<details" not in right._repr_html_() and "Reread" not in repr(right)


# The text ----------------------------------------------------------------------------------------


def test_columns_are_aligned():
    got, truth = {"k": [1e-9, -123456.7], "b": 2.0}, {"k": [1.0, 22.0], "b": 3.0}
    lines = repr(diagnosis(got, truth, names=("p",))).split("\n")
    start = next(k for k, line in enumerate(lines) if line.endswith("difference"))
    table = lines[start : start + 4]
    assert [line.split()[0] for line in table[1:]] == ["p['k'][0]", "p['k'][1]", "p['b']"]
    assert len({len(line) for line in table}) == 1
    for word in ("got", "expected"):
        end = table[0].index(word) + len(word)
        assert all(line[end - 1] != " " and line[end] == " " for line in table)


def test_large_arrays_are_elided():
    truth = np.arange(400.0)
    text = repr(diagnosis(np.where(truth == 123, -1.0, truth), truth, names=("w",)))
    assert len(text.split("\n")) < 20
    assert re.search(r"w\[123\] +-1 +123 +-124\n", text) and "w[124]" not in text
    assert "400 numbers, shape (400,); 399 are right" in text


def test_print_says_one_sentence_and_two_mistakes_are_two():
    second = dp.Diagnosis("missing_factor", "One is missing.", "`tanh(x)`, line 3 of f")
    first = dp.Diagnosis("sign", "A minus.", also=(second,))
    assert str(second) == "Missing factor (`tanh(x)`, line 3 of f): One is missing."
    assert str(first) == f"Wrong sign: A minus. Also m{str(second)[1:]}"
    for view in (repr(first), first._repr_html_()):
        assert "No other pair of mistakes" in view
        assert "Wrong sign" in view and "One is missing." in view
    assert first._repr_html_().count("Almost the answer") == 2


# How sure it is ----------------------------------------------------------------------------------


def test_certainty():
    other = dp.Diagnosis("sign", "Or a minus.")
    cases = {
        "correct": diagnosis(kind="correct"),
        "unknown": diagnosis(kind="unknown", confidence=0.0),
        "unique": diagnosis(),
        "one of several": diagnosis(confidence=0.5, alternatives=(other,)),
    }
    for word, d in cases.items():
        assert d.certainty == word
    assert diagnosis(confidence=0.5).certainty == "one of several"
    assert "No other mistake that we know" in repr(cases["unique"])
    assert "One other would give the same numbers:" in repr(cases["one of several"])
    assert "- Wrong sign: Or a minus." in repr(cases["one of several"])
    again = diagnosis(alternatives=(diagnosis(where="line 2"), diagnosis(where="line 3")))
    assert "The kind of mistake is certain" in repr(again)
    assert "observed, not inferred" in repr(diagnosis(None, 1.0, "missing"))


def test_diagnose_fills_what_is_shown():
    def f(a, b):
        return a * dp.sin(b)

    d = dp.diagnose(f, lambda a, b: (dp.sin(b), a * dp.sin(b)), 2.0, 0.7)
    assert d.certainty == "unique" and "`sin`" in d.hints[0] and "`dp.sin(b)`" in d.hints[1]
    assert "-0.241249" in repr(d)
    parsed(d._repr_html_())


# Hints -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(dp.CATALOGUE))
def test_hints_read_well_with_and_without_a_place(kind):
    bare = diagnosis(kind=kind)
    placed = replace(bare, where="`{operation} {where}`, line 3 of f", operation="sin")
    for d in (bare, placed):
        assert not any("{o" in hint.replace("`{operation} {where}`", "") for hint in d.hints)
    for hint, entry in zip(bare.hints, dp.CATALOGUE[kind].hints, strict=True):
        assert "{" not in hint
        assert ("each step of f" in hint) == ("{where}" in entry)


def test_each_hint_hides_the_next():
    root = parsed(diagnosis()._repr_html_())
    (outer,) = [d for d in root.iter("div")][0].findall("details")
    (middle,) = outer.findall("details")
    (inner,) = middle.findall("details")
    shown = [each.find("p").text for each in (outer, middle, inner)]
    assert tuple(shown) == diagnosis().hints and not inner.findall("details")


# Whatever came back ------------------------------------------------------------------------------

EVIL = "</style></desc></svg><script>alert(1)</script><img src=x onerror=alert(2)>\x00\x1b[2J\u202e\ud800"


class Hostile:
    """Its dunders are traps; only to be shown, or to say what type it is, is allowed."""

    def __repr__(self):
        raise SystemExit(EVIL)

    def _trap(self, *_):
        pytest.fail("a method of the student's object was called")

    __eq__ = __ne__ = __lt__ = __bool__ = __len__ = __iter__ = __getitem__ = __float__ = _trap
    __int__ = __index__ = __array__ = __sub__ = __rsub__ = __hash__ = __str__ = __format__ = _trap
    __class__ = property(_trap)


class HostileList(list):
    __iter__ = __len__ = __getitem__ = __repr__ = Hostile._trap
    __class__ = property(Hostile._trap)


class Noisy:
    def __repr__(self):
        return EVIL * 40


class Liar:
    def __repr__(self):
        return 3


def itself():
    items: list = []
    items.append(items)
    return items


def objects():
    array = np.empty((1, 1), dtype=object)
    array[0, 0] = Hostile()
    return array


# Made within the tests only: a test runner, too, would ask them things.
GARBAGE = {
    "None": lambda: None,
    "no text": lambda: "",
    "markup": lambda: EVIL,
    "bytes": lambda: b"\x00",
    "complex": lambda: 1j,
    "truth": lambda: True,
    "nan": lambda: float("nan"),
    "infinite": lambda: -float("inf"),
    "huge integer": lambda: 10**400,
    "longer than Python prints": lambda: [10**5000, "x"],
    "empty dict": lambda: {},
    "empty list": lambda: [],
    "list of None": lambda: [None],
    "ragged": lambda: [[1.0, 2.0], [3.0]],
    "list in itself": itself,
    "hostile": Hostile,
    "hostile in a list": lambda: [Hostile(), 1.0],
    "hostile list": lambda: HostileList([1.0]),
    "noisy": Noisy,
    "liar": Liar,
    "a type": lambda: object,
    "array of text": lambda: np.array(EVIL),
    "array with None": lambda: np.array([None, 2.0]),
    "array of objects": objects,
    "complex array": lambda: np.array(1 + 2j),
    "nothing": lambda: np.zeros(0),
    "no rows": lambda: np.zeros((0, 3)),
    "integers": lambda: np.array([1, 2]),
    "truths": lambda: np.array([True]),
    "hostile in a dict": lambda: {"k": Hostile()},
    "hostile key": lambda: {Noisy(): 1.0},
    "largest": lambda: np.array([1e308, -1e308]),
    "single precision": lambda: np.float32(2.5),
    "number with a derivative": lambda: dp.Scalar(1.0),
    "masked": lambda: np.ma.masked,
    "smallest": lambda: 1e-320,
}


@dataclass(frozen=True)
class Named:
    """Stands for a piece of garbage until the test runs."""

    name: str


def made(tree):
    if type(tree) is Named:
        return GARBAGE[tree.name]()
    if type(tree) in (list, tuple):
        return type(tree)(map(made, tree))
    return {key: made(item) for key, item in tree.items()} if type(tree) is dict else tree


WHERE = st.sampled_from(["", "`x <b> & y`, line 2 of f", "`unbalanced", EVIL])

numbers = st.floats(allow_nan=True, allow_infinity=True)
arrays = hnp.arrays(
    st.sampled_from([np.dtype(float), np.dtype(np.float32), np.dtype(int)]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=15),
)
leaf = st.one_of(numbers, arrays, st.sampled_from(sorted(GARBAGE)).map(Named))
trees = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.sampled_from(["k", EVIL, ""]), inner, max_size=2),
    ),
    max_leaves=5,
)


@given(got=trees, expected=trees, where=WHERE, several=st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_answer_gives_a_harmless_panel(got, expected, where, several):
    got, expected = made(got), made(expected)
    names = ("u", "<i>v</i>") if several else (EVIL,)
    d = dp.Diagnosis(
        "sign", EVIL, where, 0.5, (dp.Diagnosis("zero", where, EVIL),), got, expected,
        operation=EVIL, names=names,
    )  # fmt: skip
    root = parsed(d._repr_html_())
    assert not list(root.iter("script"))
    text = repr(d)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert len(text) < 40_000 and str(d).startswith("Wrong sign")


@pytest.mark.parametrize("name", sorted(GARBAGE))
@pytest.mark.parametrize("expected", [2.0, np.ones((2, 3)), (1.0, np.ones(3)), {"k": 1.0}, [1.0]])
def test_garbage_beside_every_kind_of_truth(name, expected):
    got = GARBAGE[name]()
    several = ("a", "b") if isinstance(expected, tuple) else ("a",)
    parsed(diagnosis(got, expected, "wrong_type", names=several)._repr_html_())
    assert show(got) and (flat(got) is None or flat(got).ndim == 1)
    if not isinstance(expected, tuple):
        found = trouble(got, expected, "")
        assert found is None or found[0] in {"missing", "wrong_type", "shape"}


def test_two_diagnoses_are_compared_by_what_they_say():
    one = diagnosis(np.ones(3), Hostile())
    assert one == diagnosis(np.zeros(2), Hostile()) and one != replace(one, kind="sign")
    assert len({one, replace(one, got=None)}) == 1


def test_a_namedtuple_counts_as_a_tuple():
    from collections import namedtuple

    pair = namedtuple("pair", "a b")
    found = pieces(pair(1.0, 2.0), (1.0, 3.0), ("a", "b"))
    assert [(p.name, float(p.difference)) for p in found] == [("a", 0.0), ("b", -1.0)]


def test_too_few_and_too_many_gradients_are_shown():
    few = repr(diagnosis((1.0,), (1.0, 2.0), "shape", names=("a", "b")))
    assert "b: nothing came back" in few
    many = repr(diagnosis((1.0, 2.0, 3.0), (1.0, 2.0), "shape", names=("a", "b")))
    assert "[2]: a single number came back" in many
    single = repr(diagnosis(np.ones(2), (np.ones(2), 1.0), "shape", names=("a", "b")))
    assert "the gradient: shape (2,) came back" in single and "a: nothing came back" in single


def test_arguments_are_called_what_f_calls_them():
    class Model:
        def loss(self, w, *more):
            return w

    assert argument_names(Model().loss, (1.0, 2.0)) == ("w", "argument 2")
    assert argument_names(lambda a, /, b: a, (1.0, 2.0)) == ("a", "b")
    assert argument_names(max, (1.0,)) == ("argument 1",)


def test_of_very_many_pieces_the_wrong_ones_are_drawn():
    truth = {f"layer{k}": np.ones(2) for k in range(100)}
    got = truth | {"layer77": np.zeros(2)}
    svg = diagnosis(got, truth, names=("p",)).picture.svg
    assert "p[&#x27;layer77&#x27;], shape (2,)" in svg and "76 more pieces are not shown" in svg
