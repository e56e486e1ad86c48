"""The decks' builder: what it makes of a text, and what it refuses, by name of file and frame."""

import base64
import re
from xml.etree import ElementTree

import pytest

from tools.slides import packages
from tools.slides.__main__ import BUILD, DECKS, ROOT, main
from tools.slides.frames import SlideError, read_deck
from tools.slides.listings import listing
from tools.slides.mathml import mathml
from tools.slides.page import make_page, script_safe
from tools.slides.render import render_deck

WEEKS = sorted(DECKS.glob("week*.md"))
PARTS = packages.Parts(
    "let a = '</script>'", "b()", "p { color: red }", "data:font/woff2;base64,AA", "MIT"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'


def deck(folder, body="- one\n+ two", *, count=25, title="# Week 7 · Almost"):
    """A deck with `body` on its second frame and plain frames after it."""
    (folder / "drawing.svg").write_text(SVG)
    frames = [title, f"## Second\n{body}", *(f"## Frame {n}\n- text" for n in range(3, count + 1))]
    path = folder / "week07.md"
    path.write_text("\n\n---\n\n".join(frames), encoding="utf-8")
    return path


def second(folder, body):
    """The HTML of the second frame."""
    return render_deck(read_deck(deck(folder, body))).split("<section")[2]


def refused(folder, body, **others):
    with pytest.raises(SlideError) as error:
        render_deck(read_deck(deck(folder, body, **others)))
    return str(error.value)


# --------------------------------------------------------------------------- frames


def test_frames_headings_and_notes(tmp_path):
    body = "text\n```python\n# a comment\n---\nNote:\n```\nNote:\nsay **this**"
    found = read_deck(deck(tmp_path, body, title="# Week 7 · Almost\nA subtitle"))
    assert [frame.number for frame in found.frames] == list(range(1, 26))
    assert found.title == "Week 7 · Almost"
    assert found.frames[0].body == "A subtitle"
    assert found.frames[1].heading == "Second"
    assert found.frames[1].body == "text\n```python\n# a comment\n---\nNote:\n```"
    assert found.frames[1].notes == "say **this**"
    html = second(tmp_path, body)
    assert html.index("</pre>") < html.index('<aside class="notes">') < html.index("<strong>this")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("\n---\nno heading", "week07.md, frame 3: a frame begins with a heading"),
        ("\n---\n## \ntext", "week07.md, frame 3: a frame begins with a heading"),
        ("text\n## Again", "week07.md, frame 2: it has a second heading"),
        ("```python\nx = 1", "week07.md, frame 2: the code beginning ``` never ends"),
        ("$\\foo{x}$", "week07.md, frame 2 ('Second'): the formula $\\foo{x}$ uses \\foo"),
        ("Note:\n$\\foo$", "week07.md, frame 2 ('Second'): the formula"),
        ("costs 5 $ a piece", "not written \\$: '$ a piece'"),
        ("$$\na = b", "has no $$ at its end"),
        ("![a map](none.svg)", "there is no picture none.svg"),
        ("![](drawing.svg)", "the picture drawing.svg has no text alternative"),
        ("![a map](week07.md)", "week07.md is none of the kinds of picture"),
        ("<b>bold</b>", "no HTML in a deck"),
        ("<div>\nblock\n</div>", "no HTML in a deck"),
        ("[notes](../notes/week07.md)", "a link begins with https://"),
        ("```\nx\n```", "a listing names its language"),
        ("```klingon\nx\n```", "no language 'klingon'"),
        ("```text\n" + 73 * "x" + "\n```", "a line of code has 73 characters"),
        ("text\n\n    indented", "'indented' is indented and would be code"),
        (61 * "word ", "it shows 61 words"),
    ],
)
def test_what_would_look_wrong_is_refused_by_name(tmp_path, body, says):
    assert says in refused(tmp_path, body)


@pytest.mark.parametrize(("count", "fits"), [(24, False), (25, True), (40, True), (41, False)])
def test_a_deck_has_25_to_40_frames(tmp_path, count, fits):
    path = deck(tmp_path, count=count)
    if fits:
        assert len(read_deck(path).frames) == count
    else:
        with pytest.raises(SlideError, match=f"week07.md has {count} frames; a deck has 25 to 40"):
            read_deck(path)


@pytest.mark.parametrize("title", ["# Almost", "## Week 7 · Almost", "Week 7", "# Week seven · A"])
def test_the_title_names_the_week(tmp_path, title):
    assert "week07.md, frame 1: " in refused(tmp_path, "- text", title=title)


def test_every_problem_is_told_at_once(tmp_path):
    body = "$\\foo$\n\n---\n\n## Third\n![](drawing.svg)"
    assert [line.split(":")[0] for line in refused(tmp_path, body).splitlines()] == [
        "week07.md, frame 2 ('Second')",
        "week07.md, frame 3 ('Third')",
    ]


def test_only_bullets_with_a_plus_come_one_at_a_time(tmp_path):
    html = second(tmp_path, "- first\n+ second\n+ third")
    assert re.findall(r"<li( class=\"fragment\")?>(\w+)", html) == [
        ("", "first"),
        (' class="fragment"', "second"),
        (' class="fragment"', "third"),
    ]


def test_a_picture_travels_in_the_page(tmp_path):
    html = second(tmp_path, "![a map](drawing.svg)")
    kind, data, alternative = re.search(r'src="data:(.*?);base64,(.*?)" alt="(.*?)"', html).groups()
    assert (kind, base64.b64decode(data).decode()) == ("image/svg+xml", SVG)
    assert alternative == "a map"
    assert '<p class="pictures">' in html
    assert '<p class="pictures">' not in second(tmp_path, "see ![a map](drawing.svg)")


def test_quotes_and_apostrophes_are_set_as_in_a_book(tmp_path):
    html = second(tmp_path, "the loss's \"own\" `x = 'a'`")
    assert "the loss’s “own” <code>x = 'a'</code>" in html


def test_a_table_and_an_escaped_dollar(tmp_path):
    html = second(tmp_path, "| a | b |\n|---|---|\n| $x$ | 5 \\$ |")
    assert "<td>5 $</td>" in html and html.count("<math") == 1


# --------------------------------------------------------------------------- formulas


def shape(latex, *, display=False):
    """A formula as nested names and texts, without the <mrow>s that only group."""

    def read(element):
        name = element.tag.rpartition("}")[2]
        if not len(element):
            return element.text or ""
        parts = [read(part) for part in element]
        if name in ("mrow", "math"):
            return parts[0] if len(parts) == 1 else parts
        return (name, *parts)

    return read(ElementTree.fromstring(mathml(latex, display=display)))


def test_a_sign_is_no_operation():
    tree = ElementTree.fromstring(mathml(r"a = -1 - (-b)_{n-1}", display=True))
    minus = [each for each in tree.iter() if each.text == "−"]
    assert [each.get("form") for each in minus] == ["prefix", None, "prefix", None]
    assert [each.get("lspace") for each in minus] == [None, None, None, "0"]


@pytest.mark.parametrize(
    ("latex", "forms"),
    [
        (r"e^{-|z|}", ["prefix", "postfix"]),
        (r"\|x\|^2 - \|y\|", ["prefix", "postfix"] * 2),
        (r"p(x | y)", [None]),
    ],
)
def test_bars_open_and_close(latex, forms):
    tree = ElementTree.fromstring(mathml(latex, display=True))
    assert [each.get("form") for each in tree.iter() if each.text in ("|", "‖")] == forms


def test_a_maximum_keeps_close_to_its_bracket():
    tree = ElementTree.fromstring(mathml(r"\max(z, 0) = \max_i z_i", display=True))
    names = [each for each in tree.iter() if each.text == "max"]
    assert [each.get("rspace") for each in names] == ["0", None]


def test_a_formula_keeps_its_source_for_those_who_cannot_see_it():
    tree = ElementTree.fromstring(mathml(r" a < b ", display=True))
    assert tree.get("alttext") == "a < b" and tree.get("display") == "block"


@pytest.mark.parametrize(
    ("latex", "means"),
    [
        (r"\frac{a}{b^2}", ("mfrac", "a", ("msup", "b", "2"))),
        (r"a < b > c", ["a", "<", "b", ">", "c"]),
        (r"\theta_{\mathrm{Parents}(r)}", ("msub", "θ", ["Parents", "(", "r", ")"])),
        (r"\max_x f", [("munder", "max", "x"), "f"]),
        (r"\bar\theta", ("mover", "θ", "¯")),
        (r"\mathbf{1}", "\N{MATHEMATICAL BOLD DIGIT ONE}"),
        (r"\hat\theta", ("mover", "θ", "ˆ")),
        (r"f'(x)", [["f", "′"], "(", "x", ")"]),
        (r"2\sin x", ["2", "", "sin", "", "x"]),
        (r"\log^2 x + \exp(x)", [("msup", "log", "2"), "", "x", "+", "exp", "(", "x", ")"]),
        (r"\text{so long}", "so\N{NO-BREAK SPACE}long"),
    ],
)
def test_formulas(latex, means):
    assert shape(latex) == means


@pytest.mark.parametrize("environment", ["aligned", "align*", "align"])
def test_lines_under_each_other(environment):
    latex = rf"\begin{{{environment}}}a&=b\\c&=d\end{{{environment}}}"
    name, *rows = shape(latex, display=True)
    cells = [[cell[1:] for cell in row[1:]] for row in rows]
    assert name == "mtable" and [row[0] for row in rows] == ["mtr", "mtr"]
    assert [cell[-1] for row in cells for cell in row] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("latex", "says"),
    [
        (r"\foo", r"uses \foo, which latex2mathml does not know"),
        (r"\frac{a}", "a part is missing"),
        (r"{a", "the braces of the formula"),
        (r"a}{", "the braces of the formula"),
        (r"a & b", "an & or an environment"),
        (r"\boxed{a}", "browsers do not draw"),
        (r" ", "nothing between two dollar signs"),
    ],
)
def test_a_formula_that_would_not_be_drawn_is_refused(latex, says):
    with pytest.raises(SlideError, match=re.escape(says)):
        mathml(latex, display=False)


def test_a_lone_subscript_or_script_is_refused():
    for latex in ("x_", "^2_", r"\sqrt[3]", r"\left( x"):
        with pytest.raises(SlideError):
            mathml(latex, display=False)


# --------------------------------------------------------------------------- the page


def test_the_page_asks_for_nothing(tmp_path):
    page = make_page(read_deck(deck(tmp_path, "![a map](drawing.svg)")), PARTS)
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "default-src 'none'" in page and "url(http" not in page


def test_a_script_cannot_end_early(tmp_path):
    page = make_page(read_deck(deck(tmp_path)), PARTS)
    assert r"let a = '\x3c/script>'" in page and page.count("</script>") == 1
    assert script_safe("'<!-- </SCRIPT> <b>'") == r"'\x3c!-- \x3c/SCRIPT> <b>'"


def luminance(colour):
    """Relative luminance of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_text_can_be_read():
    theme = (ROOT / "tools" / "slides" / "theme.css").read_text(encoding="utf-8")
    themes = re.findall(r":root \{(.*?)\}", theme, re.DOTALL)
    assert len(themes) == 2
    for colours in (dict(re.findall(r"--(\w+): (#\w{6})", text)) for text in themes):
        grounds = [colours.pop(name) for name in ("paper", "shade")]
        del colours["line"]  # rules, no text
        assert len(colours) == 8
        for name, colour in colours.items():
            for ground in grounds:
                dark, light = sorted((luminance(colour), luminance(ground)))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, colour, ground)


def test_the_words_of_a_listing_are_marked():
    assert '<span class="k">def</span>' in listing("def f(): pass", "python")
    assert "a &lt; b" in listing("a < b", "text")


# --------------------------------------------------------------------------- the packages


def test_nothing_with_another_hash_is_used(tmp_path, monkeypatch):
    (tmp_path / packages.REVEAL.file).write_bytes(b"something else")
    served = tmp_path / "reveal.js" / "-"
    served.mkdir(parents=True)
    (served / packages.REVEAL.file).write_bytes(b"something else again")
    monkeypatch.setenv("npm_config_registry", tmp_path.as_uri())
    with pytest.raises(SlideError, match="its hash is another one"):
        packages.get_parts(tmp_path)
    assert (tmp_path / packages.REVEAL.file).read_bytes() == b"something else"


def test_without_a_network_one_is_told_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", (tmp_path / "nowhere").as_uri())
    with pytest.raises(SlideError, match=r"reveal\.js 6\.0\.2 could not be fetched .* needed once"):
        packages.get_parts(tmp_path)


def test_the_command_names_what_is_wrong(capsys):
    assert main(["--check", "week99"]) == 1
    assert capsys.readouterr().err == "there is no deck week99.md in course/slides.\n"


# --------------------------------------------------------------------------- the decks themselves


@pytest.mark.parametrize("path", WEEKS, ids=lambda path: path.stem)
def test_every_deck_is_well_formed(path, capsys):
    assert main(["--check", path.stem]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("path", WEEKS, ids=lambda path: path.stem)
def test_every_deck_asks_the_room_and_tells_the_speaker(path):
    frames = read_deck(path).frames
    assert sum("?" in frame.heading + frame.body for frame in frames) >= len(frames) // 8
    silent = [frame.number for frame in frames if not frame.notes.strip()]
    assert len(silent) <= len(frames) // 4, f"no notes on frames {silent}"


def test_every_week_with_notes_has_a_deck():
    weeks = {path.stem for path in (ROOT / "course" / "notes").glob("week*.md")}
    assert weeks == {path.stem for path in WEEKS}


def test_built_decks_are_no_part_of_the_repository():
    assert "build/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert BUILD == ROOT / "build" / "slides"
