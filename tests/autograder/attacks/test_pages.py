"""A teacher opens what a student handed in: nothing of it may run in the teacher's browser."""

import csv
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from autograder.build import build_release, read_lab
from autograder.feedback.prose import MOST_MARKDOWN, MOST_ON_A_PAGE, one_page, student_text
from autograder.grade import grade
from autograder.harmless import harmless_output, harmless_text
from autograder.report import Class, terminal
from autograder.report.standing import Column, Remark, Standing
from autograder.result import Finding, Result
from autograder.sanitise import grade_id
from tests.autograder.test_grade import send
from tests.autograder.toy import LAB, toy_course

EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"document.title='pwned'\">{EVIL}</svg>"

CELL = f"""
from IPython.display import HTML, Latex, Markdown, Javascript, display, publish_display_data
evil = {EVIL!r}
publish_display_data({{"image/svg+xml": {SVG!r}}})
display(HTML(evil), Latex(evil), Markdown(evil), Javascript("document.title='pwned'"))
publish_display_data({{"text/html": "</iframe>" + evil, "application/javascript": "document.title='pwned'"}})
print(evil)
class Shown:
    def _repr_html_(self): return evil
    def __repr__(self): return evil
display(Shown())
raise ValueError(evil)
"""

pytestmark = [pytest.mark.attack, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(tmp_path_factory, bubblewrap):
    """The feedback of a hostile submission, as nbgrader makes it."""
    course = toy_course(tmp_path_factory.mktemp("pages"))
    build_release(course, LAB)
    notebook = read_lab(course.root / LAB / "lab.py")
    notebook.cells.insert(1, v4.new_code_cell(CELL))
    notebook.cells.insert(1, v4.new_markdown_cell(f"# {EVIL}\n\n[x](javascript:alert(1)) {SVG}"))
    for cell in notebook.cells:
        if grade_id(cell) == "why1_4":
            cell.source = f"My answer {EVIL}\n\n![p](attachment:p.png)"
            cell.attachments = {
                "p.png": {'x" onerror="document.title=1': EVIL, "image/png": f'"{EVIL}'}
            }
        if grade_id(cell) == "ex1_1":
            cell.source = f"def slope(x): raise ValueError({EVIL!r})"
    inbox = tmp_path_factory.mktemp("inbox")
    send(inbox, "mallory", notebook)
    assert grade(course, LAB, submissions=inbox).problems == []
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_feedback", LAB],
        cwd=course.root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    path = course.feedback / "mallory" / LAB / "lab.html"
    shutil.copyfile(course.autograded / "mallory" / LAB / "lab.ipynb", path.with_suffix(".ipynb"))
    return path


def test_nothing_of_a_student_s_runs_in_the_feedback(page, chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        dialogs = []
        tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        tab.route(
            "**/*",
            lambda route: (
                route.abort() if route.request.url.startswith("http") else route.continue_()
            ),
        )
        tab.goto(page.as_uri())
        tab.wait_for_timeout(1500)
        assert "pwned" not in tab.title()
        assert dialogs == []
        assert tab.locator("iframe[sandbox='']").count() >= 3
        browser.close()


def test_the_lab_s_own_text_keeps_its_html_and_the_student_s_does_not(page):
    notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    written = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert not any("<script" in text or "<img" in text or "<svg" in text for text in written)
    (answer,) = [cell for cell in notebook.cells if grade_id(cell) == "why1_4"]
    assert answer.get("attachments", {}) == {}


def test_less_than_stays_less_than():
    assert harmless_text("a < b, $a<b$ and 1 <2") == "a < b, $a< b$ and 1 <2"


LINKS = r"""
[a](javascript:alert(1)) ![b]( javascript:alert(1)) [c](&#106;avascript:alert(1)) [d](java&Tab;script:x)
[e](vbscript:x) [f](data:text/html;base64,PHNjcmlwdD4=) [g][x] [i]( jav\\ascript:x) [x] [`x`](JavaScript:x)

[x]: javascript:alert(1)
[y]: <javascript:alert(1)>

| [k](javascript:x) | <javascript:x> |
|---|---|
| [![p](attachment:p.png)](javascript:x) | $\\href{javascript:x}{q}$ $\\require {html} \\style{a}{b}$ |
"""


def test_a_link_of_a_student_s_leads_nowhere_but_to_pages():
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    shown = harmless_output({"output_type": "display_data", "data": {"text/markdown": LINKS}})
    html = markdown2html_mistune(shown["data"]["text/markdown"])
    assert re.findall(r'href="[^"]*"', html) == []
    assert set(re.findall(r'src="[^"]*"', html)) <= {'src="missing:p.png"'}
    assert not re.search(r"\\\\(href|require|style)", html)


@pytest.mark.parametrize(
    "file", ["figure.html", "./a/b.xhtml", "x.svg", "plain", "a.md/x.html", "x.HTM"]
)
def test_a_link_does_not_lead_to_a_page_that_was_handed_in(file):
    """formgrader serves a submission's files beside the notebook, with the teacher's rights."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    links = (
        f"[a]({file}) [b]( {file} 'see') [c][r] [r] ![d]({file})\n\n[r]: {file}\n[s]:\n {file}\n"
    )
    html = markdown2html_mistune(harmless_text(links))
    assert not re.search(r'(href|src)="', html)


def test_an_honest_link_and_picture_stay():
    text = (
        "[a](https://x.org/y) ![p](attachment:p.png) [n](week03.md) [o](#top) `f[0](1)` $\\hrefs$"
    )
    assert harmless_text(text).replace("f[0] (1)", "f[0](1)") == text


def test_a_picture_is_a_picture_and_plain_outputs_are_untouched():
    plain = {"output_type": "stream", "name": "stdout", "text": "<b>"}
    assert harmless_output(plain) == plain
    png = {"output_type": "display_data", "data": {"image/png": "abc"}, "metadata": {}}
    assert harmless_output(png) == png
    shown = harmless_output({"output_type": "display_data", "data": {"image/svg+xml": SVG}})
    assert list(shown["data"]) == ["text/html"] and "<img" in shown["data"]["text/html"]
    assert "onload" not in shown["data"]["text/html"]


def test_prose_that_takes_ages_to_read_is_shown_as_it_stands():
    """Markdown's readers take the square of its length for some of these: minutes a page."""
    for unit in ("[", "\\begin{a}", "*a **b ", "![", "> "):
        text = unit * (MOST_MARKDOWN // len(unit) + 1)
        assert student_text(text) == f"<pre>{escape(text)}</pre>"
    assert len(student_text("a" + " " * (MOST_MARKDOWN - 10) + "b")) < 200
    assert "<strong>" in student_text("an **honest** answer")
    with one_page():
        shown = [student_text("**x** " * 1000) for _ in range(30)]
        assert sum("<strong>" in each for each in shown) == MOST_ON_A_PAGE // 6000
        assert len(shown) == 30 and all("x" in each for each in shown)
    with one_page():
        assert "<strong>" in student_text("**the next one**")


def test_a_terminal_and_a_spreadsheet_read_what_students_wrote_as_text(capsys, tmp_path):
    evil = "=cmd|'x'!A1 [/] [bold]b[/bold] \x1b]0;pwned\x07\x1b[2J \u202e\r\n@SUM(1)"
    finding = Finding("p", 1.0, 0.0, evil, evil, got=evil, expected=evil, given={evil: evil})
    result = Result("l", "1", evil, 1.0, [finding], notes=[evil], output=evil)
    standing = Standing(
        evil, True, {"c": 0.0}, results={"c": result}, remarks=[Remark("worth a look", evil)]
    )
    results = Class("l", "t", [Column("c", "1", "t", 1.0, False)], [standing], [], Path("/nowhere"))
    terminal.show(results)
    told = capsys.readouterr().out
    assert "[bold]" in told and not {"\x1b", "\x07", "\r", "\u202e"} & set(told)
    for path in results.write(tmp_path):
        if path.suffix == ".csv":
            with open(path, encoding="utf-8-sig", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))]
            assert all(cell.isprintable() for cell in cells)
