"""Pictures: complete, accessible, and right about what they show."""

import math
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit.draw import Moving
from dpkit.draw.folding import cut, fold_repeats
from dpkit.draw.graph import read_graph
from dpkit.draw.layout import lay_out

SVG = "{http://www.w3.org/2000/svg}"


def ell():
    t1, t2 = dp.Scalar(1.0, "θ₁"), dp.Scalar(2.0, "θ₂")
    b = t2 * dp.exp(t1)
    b.name = "b"
    loss = b * dp.sqrt(t1 + b)
    loss.name = "loss"
    return t1, t2, loss


def texts(drawing, kind):
    root = ElementTree.fromstring(drawing.svg)
    return [e.text for e in root.iter(f"{SVG}text") if kind in e.get("class", "").split()]


def test_a_drawing_shows_values_and_after_backward_adjoints():
    _, _, loss = ell()
    before = dp.draw_graph(loss)
    assert set(texts(before, "label")) == {"θ₁", "exp", "θ₂", "b = ×", "+", "√", "loss = ×"}
    assert set(texts(before, "value")) == {
        "1", "2", "2.718", "5.437", "6.437", "2.537", "13.79",
    }  # fmt: skip
    assert texts(before, "adjoint") == []
    loss.backward()
    after = dp.draw_graph(loss)
    assert {"∂ 20.69", "∂ 9.809", "∂ 1"} <= set(texts(after, "adjoint"))
    assert len(texts(after, "adjoint")) == 7


def test_the_text_alternative_is_in_the_picture_and_is_what_is_printed():
    _, _, loss = ell()
    loss.backward()
    drawing = dp.draw_graph(loss)
    root = ElementTree.fromstring(drawing.svg)
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert set(root.get("aria-labelledby").split()) == {title.get("id"), described.get("id")}
    assert described.text == str(drawing)
    assert "θ₁; value 1; adjoint 20.6892" in str(drawing)
    assert "loss = × of b, v3; value 13.7928; adjoint 1" in str(drawing)


def test_local_derivatives_stand_on_the_edges_when_asked_for():
    _, _, loss = ell()
    slopes = texts(dp.draw_graph(loss, partials=True), "slope")
    assert sorted(slopes) == sorted(["2.72", "2", "2.72", "1", "1", "0.197", "2.54", "5.44"])
    assert texts(dp.draw_graph(loss, partials=False), "slope") == []
    a = dp.Scalar(3.0, "a")
    assert texts(dp.draw_graph(a * a), "slope") == ["3 and 3"]


def test_constants_stand_in_their_operations():
    x = dp.Scalar(2.0, "x")
    y = (1 / x) ** 3 - 0.5
    assert set(texts(dp.draw_graph(y), "label")) == {"x", "1 ÷", "^ 3", "− 0.5"}


def test_somebody_elses_nodes():
    def node(value, op="", parents=(), partials=(), **more):
        return SimpleNamespace(value=value, op=op, parents=parents, partials=partials, **more)

    x, y = node(2.0, name="x", grad=7.0), node(3.0, name="y", grad=2.0)
    product = node(6.0, "*", (x, y), (3.0, 2.0), grad=1.0)
    result = node(8.0, "+", (product, x), (1.0, 1.0), name="z", grad=1.0)
    drawing = dp.draw_graph(result)
    assert set(texts(drawing, "label")) == {"x", "y", "×", "z = +"}
    assert {"∂ 7", "∂ 2", "∂ 1"} == set(texts(drawing, "adjoint"))
    plain = SimpleNamespace(data=4.0, parents=(SimpleNamespace(data=2.0, parents=(5.0,)),))
    assert set(texts(dp.draw_graph(plain), "value")) == {"4", "2", "5"}


def test_what_has_no_graph_is_refused():
    with pytest.raises(TypeError, match="3.0.*float.*parents"):
        dp.draw_graph(3.0)


def test_a_cycle_is_refused():
    node = SimpleNamespace(value=1.0, parents=[])
    node.parents.append(node)
    with pytest.raises(ValueError, match="cycle"):
        dp.draw_graph(node)


def test_deep_graphs_need_no_recursion():
    node = SimpleNamespace(value=1.0, parents=(), name="x")
    for k in range(50_000):
        node = SimpleNamespace(value=float(k), op="abc"[k % 3], parents=(node,))
    drawing = dp.draw_graph(node)
    assert texts(drawing, "label")[:2] == ["x", "a, b, c"]
    assert "50001 values" in str(drawing)
    assert "16666 times (a, b, c), 49998 values, of x; value 49997" in str(drawing)


# Large graphs --------------------------------------------------------------------------------------


def loop(rounds):
    """rounds times y = sin(y) + a, and two operations after that."""
    a, y = dp.Scalar(0.7, "a"), dp.Scalar(0.2, "y₀")
    for _ in range(rounds):
        y = dp.sin(y) + a
    end = y
    loss = (y - 1.0) ** 2
    loss.backward()
    return a, end, loss


def test_a_loop_is_one_stack():
    a, end, loss = loop(100)
    drawing = dp.draw_graph(loss)
    assert texts(drawing, "label") == ["y₀", "a", "sin, +", "− 1", "^ 2"]
    assert texts(drawing, "times") == ["× 100"]
    # The stack shows where the loop arrives.
    assert f"→ {end.data:.4g}" in texts(drawing, "value")
    assert f"∂ {end.grad:.4g}" in texts(drawing, "adjoint")
    assert f"∂ {a.grad:.4g}" in texts(drawing, "adjoint")
    text = str(drawing)
    assert "204 values" in text and "5 boxes are drawn" in text
    line = f"100 times (sin, +), 200 values, of y₀, a; value {end.data:.6g}; adjoint {end.grad:.6g}"
    assert line in text


def test_the_last_round_is_kept_if_the_result_is_in_it():
    a = y = dp.Scalar(0.7, "a")
    for _ in range(100):
        y = dp.sin(y) + a
    drawing = dp.draw_graph(y)
    assert texts(drawing, "label") == ["a", "sin, +", "sin", "+"]
    assert texts(drawing, "times") == ["× 99"]
    assert texts(drawing, "value")[-1] == f"{y.data:.4g}"


def test_folding_happens_by_itself_only_where_it_is_needed():
    small, large = loop(28)[2], loop(29)[2]  # 60 and 62 values
    assert texts(dp.draw_graph(small), "times") == []
    assert len(texts(dp.draw_graph(small), "label")) == 60
    assert texts(dp.draw_graph(large), "times") == ["× 29"]
    assert texts(dp.draw_graph(small, fold=True), "times") == ["× 28"]
    assert len(texts(dp.draw_graph(large, fold=False), "label")) == 62
    assert "folded" not in str(dp.draw_graph(large, fold=False))


def test_loops_in_loops_are_stacks_of_stacks():
    inputs = [dp.Scalar(0.1 * k) for k in range(3)]
    for width in (4, 4, 4):  # a network of layers of neurons
        layer = []
        for _ in range(width):
            total = dp.Scalar(0.1)
            for x in inputs:
                total = total + dp.Scalar(0.3) * x
            layer.append(dp.tanh(total))
        inputs = layer
    loss = inputs[0] + inputs[1] * inputs[2] + inputs[3]
    drawing = dp.draw_graph(loss)
    assert "4 times (3 times (×, +), tanh), 28 values" in str(drawing)
    assert "8 times (4 times (×, +), tanh), 72 values" in str(drawing)
    assert texts(drawing, "label")[-3:] == ["×", "+", "+"]


def test_inputs_of_a_stack_are_one_stack_unless_they_are_few_and_have_names():
    def total(count, name):
        y = dp.Scalar(1.0, "start")
        for k in range(count):
            y = y * dp.Scalar(1.0 + k, name and f"{name}{k}")
        return y * 2.0 - 1.0

    assert texts(dp.draw_graph(total(70, "")), "times")[0] == "× 70"
    assert texts(dp.draw_graph(total(70, "")), "label")[:2] == ["start", "inputs"]
    named = dp.draw_graph(total(70, "w"))
    assert "start … w69" in texts(named, "label")  # all of them enter the same stack
    few = texts(dp.draw_graph(total(5, "w"), fold=True), "label")
    assert few[:7] == ["start", "w0", "w1", "w2", "w3", "w4", "×"]


@settings(max_examples=100, deadline=None)
@given(
    body=st.lists(st.sampled_from(["sin", "tanh", "add", "mul", "shift"]), min_size=1, max_size=5),
    rounds=st.integers(0, 30),
    after=st.lists(st.sampled_from(["sin", "add", "shift"]), max_size=4),
)
def test_folding_keeps_every_value_and_every_connection(body, rounds, after):
    a = y = dp.Scalar(0.3, "a")
    work = {
        "sin": dp.sin, "tanh": dp.tanh, "add": lambda y: y + a, "mul": lambda y: y * a,
        "shift": lambda y: y - 0.1,
    }  # fmt: skip
    for name in [*body * rounds, *after]:
        y = work[name](y)
    nodes = read_graph(y)
    folded = fold_repeats(nodes)
    assert sum(max(1, node.folded) for node in folded) == len(nodes)
    assert folded[-1].label == nodes[-1].label and not folded[-1].folded
    for k, node in enumerate(folded):
        assert all(p < k for p in node.parents)
        assert len(node.parents) == len(node.slopes)
        assert node.parents or node.name == "a"
    used = {p for node in folded for p in node.parents}
    assert used == set(range(len(folded) - 1))  # nothing hangs in the air
    assert len(folded) <= 2 + 3 * len(body) + len(after)


def test_a_program_on_several_tapes_is_one_graph():
    """After some thirty thousand operations leaves begin a new tape; the loop goes on."""
    k = dp.Scalar(2.0, "k")
    x = dp.Scalar(1.0, "x")
    for _ in range(20_000):
        x = x + 1e-5 * (-k * x)
    loss = x * x
    loss.backward()
    drawing = dp.draw_graph(loss)
    assert texts(drawing, "times") == ["× 20000"]
    assert texts(drawing, "label") == ["x", "k", "−, ×, +", "×"]
    assert f"→ {x.data:.4g}" in texts(drawing, "value")
    assert f"∂ {k.grad:.4g}".replace("-", "−") in texts(drawing, "adjoint")


def irregular(count):
    """A program in which nothing repeats: its operations are the digits of a square root."""
    digits = str(math.isqrt(2 * 10 ** (2 * count)))[:count]
    a = y = dp.Scalar(0.5, "a")
    for digit in digits:
        y = dp.sin(y) if digit in "02468" else dp.tanh(y) if digit in "13" else y + a
    return y


def test_what_does_not_repeat_is_cut_short():
    nodes = fold_repeats(read_graph(irregular(1200)))
    short = cut(nodes, 60)
    assert len(short) == 32
    for k, node in enumerate(short):
        assert all(p < k for p in node.parents)
        assert len(node.parents) == len(node.slopes)
    summary = next(node for node in short if node.folded and not node.times)
    assert summary.folded + sum(max(1, n.folded) for n in short if n is not summary) == 1201
    assert [short[p].label for p in summary.parents] == ["a"]
    assert sum(node.parents == [] for node in short) == 1
    text = str(dp.draw_graph(irregular(1200)))
    assert f"{summary.folded} values are not shown" in text


def test_a_folded_graph_moves_too():
    a, end, loss = loop(100)
    moving = dp.animate_graph(loss)
    assert texts(moving, "times") == ["× 100"]
    arrives = dict(delays(moving, "adjoint"))
    assert arrives["∂ 1"] < arrives[f"∂ {end.grad:.4g}"] < arrives[f"∂ {a.grad:.4g}"]
    assert len(texts(dp.animate_graph(loop(20)[2], fold=True), "times")) == 1


def test_very_wide_pictures_are_not_shrunk_until_they_cannot_be_read():
    y = dp.Scalar(0.5)
    for _ in range(25):
        y = dp.sin(y)
    assert "max-width" not in dp.draw_graph(y).svg
    assert "max-width:100%" in dp.draw_graph(dp.sin(dp.Scalar(1.0))).svg


def test_drawings_beside_each_other_do_not_share_names():
    _, _, loss = ell()
    first = dp.draw_graph(loss)
    loss.backward()
    second = dp.draw_graph(loss)
    ids = [set(re.findall(r'id="([^"]+)"', each.svg)) for each in (first, second)]
    assert not ids[0] & ids[1]
    rules = re.findall(r"^([^{}@<]+)\{", first.svg.split("<style>")[1], re.MULTILINE)
    assert rules and all(
        rule.strip().startswith("#g") for rule in rules
    )  # styles stay in the picture


def test_names_are_escaped():
    x = dp.Scalar(1.0, "<b>&")
    assert texts(dp.draw_graph(x * x), "label")[0] == "<b>&"


def test_save(tmp_path):
    _, _, loss = ell()
    drawing = dp.draw_graph(loss)
    drawing.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == drawing._repr_svg_()


# The moving picture --------------------------------------------------------------------------------


def delays(drawing, kind):
    """(text, when it appears) for each animated text of a kind."""
    root = ElementTree.fromstring(drawing.svg)
    found = []
    for element in root.iter(f"{SVG}text"):
        if kind in element.get("class", "").split():
            when = re.search(r"animation: \w+ [\d.]+s ([\d.]+)s", element.get("style", ""))
            found.append((element.text, float(when.group(1))))
    return found


def test_values_come_forwards_then_adjoints_backwards():
    t1, _, loss = ell()
    loss.backward()
    moving = dp.animate_graph(loss)
    values, adjoints = delays(moving, "value"), delays(moving, "adjoint")
    times = [when for _, when in values]
    assert times == sorted(times) and len(set(times)) == 7
    assert min(when for _, when in adjoints) > max(times)
    collected = dict(adjoints)
    assert collected["∂ 1"] < collected["∂ 5.437"] < collected["∂ 20.69"]
    # θ₁ is used twice: first one contribution, then the sum
    partial = [text for text, _ in adjoints if text.endswith("+ …")]
    assert len(partial) == 2  # for b and for θ₁
    assert f"∂ {t1.grad:.4g}" in collected


def test_movement_is_spared_those_who_do_not_want_it():
    _, _, loss = ell()
    moving = dp.animate_graph(loss)
    assert "prefers-reduced-motion: reduce" in moving.svg
    assert "infinite" not in moving.svg
    page = moving._repr_html_()
    assert "checkbox" in page and "animation-play-state: paused" in page


# The layout ----------------------------------------------------------------------------------------

graphs = st.integers(1, 25).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.integers(0, k - 1), max_size=2) if k else st.just([]) for k in range(n)]
    )
)


@settings(max_examples=100, deadline=None)
@given(graphs)
def test_boxes_do_not_overlap_and_arrows_point_right(parents):
    layout = lay_out(parents)
    spots = sorted(zip(layout.layer, layout.height, strict=True))
    for (layer, y), (next_layer, next_y) in zip(spots, spots[1:], strict=False):
        assert layer < next_layer or next_y - y > 0.999
    for child, mine in enumerate(parents):
        for parent in mine:
            assert layout.layer[parent] < layout.layer[child]
            assert (
                len(layout.bends[parent, child]) == layout.layer[child] - layout.layer[parent] - 1
            )


def test_a_ladder_is_drawn_without_crossings():
    layout = lay_out([[], [], [0], [1], [2], [3]])
    assert (layout.height[0] < layout.height[1]) == (layout.height[4] < layout.height[5])


def test_every_style_and_reference_finds_its_target():
    """A selector that meets nothing leaves partial sums on the picture, and movement unspared."""
    loss = ell()[2]
    loss.backward()
    for picture in (dp.draw_graph(loss).svg, dp.animate_graph(loss).svg):
        ids = set(re.findall(r'\bid="([^"]+)"', picture))
        styles = "".join(re.findall(r"<style>(.*?)</style>", picture, re.S))
        named = set(re.findall(r"#(\w+)(?= [.*t])", styles)) | set(
            re.findall(r"url\(#(\w+)\)", picture)
        )
        assert named and named <= ids


def test_a_leaf_may_have_no_parents_at_all():
    class Node:
        value, parents = 1.5, None

    assert "1.5" in dp.draw_graph(Node()).svg
    assert "1 value." in str(dp.draw_graph(Node()))


def test_a_picture_that_waits_for_a_click_is_part_of_the_page():
    picture = Moving('<svg><circle><animate begin="2s"/></circle></svg>', "A dot that moves.")
    # Jupyter takes the HTML before the SVG, which it would show as an image, deaf to clicks.
    assert picture._repr_html_() == picture._repr_svg_() == picture.svg
    assert str(picture) == "A dot that moves."


def test_of_two_pictures_on_a_page_a_click_starts_the_one_that_is_clicked():
    svg = (
        '<svg id="dot"><circle id="dots"><animate id="up" begin="dot.click"/>'
        '<animate begin="dot.click+0.5s;up.end"/></circle><text>Click dot. </text></svg>'
    )
    first, second = Moving(svg, "A dot.")._repr_html_(), Moving(svg, "A dot.")._repr_html_()
    names = [re.findall(r'<svg id="(\w+)"', each)[0] for each in (first, second)]
    assert len({"dot", *names}) == 3
    for page, name in zip((first, second), names, strict=True):
        assert page == svg.replace('"dot"', f'"{name}"').replace("dot.click", f"{name}.click")
