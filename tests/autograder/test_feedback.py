"""The student's page: explains the mark, holds no hidden test, runs nothing, needs nothing but itself."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from nbgrader.api import Gradebook

from autograder.build import build_release, read_lab
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.errors import KINDS
from autograder.feedback import feedback
from autograder.feedback.prose import formula, lab_text, student_text
from autograder.grade import grade
from autograder.harmless import contained, harmless_output
from autograder.report import Class
from autograder.report.page import render as render_report
from autograder.result import Finding
from autograder.sanitise import grade_id
from tests.autograder.test_grade import send
from tests.autograder.toy import LAB, toy_course

ROOT = Path(__file__).resolve().parents[2]
EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"document.title='pwned'\">{EVIL}</svg>"
SHOW = f"""
from IPython.display import HTML, Latex, Markdown, Javascript, display, publish_display_data
import matplotlib.pyplot as plt
evil = {EVIL!r}
publish_display_data({{"image/svg+xml": {SVG!r}}})
display(HTML(evil), Latex(evil), Markdown(evil + "[a](javascript:alert(1))"), Javascript("document.title='pwned'"))
publish_display_data({{"text/html": '<iframe sandbox="" title="" style="" srcdoc=""></iframe>' + evil}})
plt.plot([1, 2]); plt.show()
print(evil)
"""
SPY = "def total(numbers):\n    print('asked', numbers)\n    raise ValueError(f'told {numbers}')"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Page(HTMLParser):
    """The elements of a page, outside frames and within them."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def answered(course, **answers):
    """The solved toy lab with other answers in some cells."""
    notebook = read_lab(course.root / LAB / "lab.py")
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    course = toy_course(tmp_path_factory.mktemp("graded"))
    build_release(course, LAB)
    inbox = tmp_path_factory.mktemp("inbox")
    send(inbox, "ada", answered(course))
    send(inbox, "ben", answered(course, ex1_1="def slope(x):\n    return -3 * x**2  # a < b"))
    send(inbox, "spy", answered(
        course,
        ex1_1="def slope(x):\n    print('asked', x)\n    if x < 0: raise ValueError(f'told {x}')\n    return 3 * x**2",
        ex1_3="def total(numbers):\n    print('asked', numbers)\n    return 3 if numbers == [1, 2] else 7",
    ))  # fmt: skip
    send(
        inbox,
        "zed",
        answered(
            course,
            ex1_3="def total(numbers):\n    if not numbers: raise KeyError('told')\n    return 3",
        ),
    )
    mallory = answered(
        course,
        why1_4=f"My answer {EVIL} $x^2$\n\n![p](attachment:p.png) ![q](http://evil.org/q.png)",
    )
    mallory.cells[-1].attachments = {"p.png": {"image/png": PIXEL}}
    text = f"# {EVIL}\n\n### 1.1 Not the lab's {EVIL}\n\n[x](javascript:alert(1)) <b>bold</b> {SVG}\n\n### BEGIN HIDDEN TESTS"
    mallory.cells.insert(1, v4.new_code_cell(SHOW))
    mallory.cells.insert(1, v4.new_markdown_cell(text))
    mallory.cells.append(v4.new_code_cell("### BEGIN HIDDEN TESTS\nraise ValueError(evil)"))
    send(inbox, "mallory", mallory)
    for name in ("ada", "mallory"):
        (inbox / name / "evil.html").write_text(EVIL)
        (inbox / name / "submission_secret.txt").write_text(f"secret of {name}")
    (inbox / "half").mkdir()
    (inbox / "half" / "lab.ipynb").write_text('{"cells": [')
    when = "2026-01-31 23:59:00 UTC"
    (course.root / "roster.csv").write_text(f"student,submitted\nada,{when}\nmallory,{when}\n")
    grade(course, LAB, submissions=inbox)
    return course.root


@pytest.fixture
def course(graded, tmp_path):
    shutil.copytree(graded, tmp_path / "course")
    return Course.at(tmp_path / "course")


def gradebook(course):
    coursedir = course.coursedir(LAB)
    return Gradebook(coursedir.db_url, coursedir.course_id)


def page(course, student):
    return (course.feedback / student / LAB / "lab.html").read_text(encoding="utf-8")


def words(text):
    """What a person reads of a page, frames and style left out."""
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", text))


# ------------------------------------------------------------------------------------ what it says


def test_it_tells_the_marks_and_explains(course):
    made = feedback(course, LAB)
    assert made.made == ["ada", "ben", "mallory", "spy", "zed"] and made.exit_status == 3
    assert made.unmarked == ["half"]
    text = page(course, "ben")
    read = words(text)
    assert "Feedback · ben" in read and "3 of 7 points so far; 2 wait for a reader" in read
    assert "1.1 A slopeno points0 / 2" in read and "1.4 A wordnot read yet– / 2" in read
    assert "The slope has the wrong sign." in read and "What does the exponent do?" in read
    assert "return -3 * x**2  # a < b" in read
    assert read.count("your answer") == 4  # the lab's own cells are nobody's answer
    assert 'dp-panel dp-fail"' in text and text.count("dp-panel dp-pass") == 1


def test_a_reader_s_points_comments_and_a_late_penalty(course):
    with gradebook(course) as book:
        grade = book.find_grade("why1_4", "lab", LAB, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.find_comment(
            "why1_4", "lab", LAB, "ada"
        ).manual_comment = "Nearly: $x^2 \\ge 0$ <b>always</b>"
        book.find_submission_notebook("lab", LAB, "ada").late_submission_penalty = 2
        book.db.commit()
    feedback(course, LAB)
    read = words(page(course, "ada"))
    assert "4.5 of 7 points; 2 taken off for being late" in read and "wait" not in read
    assert "1.4 A wordsome points1.5 / 2" in read
    assert "Nearly:" in read and "<b>always</b>" in read
    assert 'aria-label="x^2 \\ge 0"' in page(course, "ada")


def test_the_report_s_links_open_at_the_cell(course):
    feedback(course, LAB)
    text = render_report(Class.read(course, LAB), course.root / "reports")
    links = [
        a["href"]
        for tag, a in Page(text).elements
        if tag == "a" and "feedback/ben" in a.get("href", "")
    ]
    assert links
    ids = [attributes.get("id") for _, attributes in Page(page(course, "ben")).elements]
    for link in links:
        place, _, fragment = link.partition("#")
        assert (
            course.root / "reports" / place
        ).resolve() == course.feedback / "ben" / LAB / "lab.html"
        assert ids.count(fragment) == 1
    within = [
        a["href"][1:]
        for tag, a in Page(page(course, "ben")).elements
        if tag == "a" and a["href"] != "#"
    ]
    assert len(within) == 4 and set(within) <= set(ids)


# -------------------------------------------------------------------------------- what it never says


def hidden_lines(*paths):
    """The code between the delimiters of hidden tests, line by line."""
    lines = set()
    for path in paths:
        inside = False
        for line in path.read_text(encoding="utf-8").splitlines():
            bare = line.strip().removeprefix("#").strip()
            inside = (inside or "BEGIN HIDDEN TESTS" in line) and "END HIDDEN TESTS" not in line
            if inside and len(bare) >= 12:
                lines.add(bare)
    return lines


@pytest.mark.attack
def test_no_page_holds_a_hidden_test_its_words_or_its_inputs(course):
    feedback(course, LAB)
    lab = course.root / LAB
    secrets = hidden_lines(lab / "exercises.py", lab / "lab.py")
    assert len(secrets) >= 8
    for student in ("ada", "ben", "spy", "zed"):
        text = words(page(course, student))
        assert [line for line in secrets if line in text] == []
        assert "HIDDEN" not in page(course, student)
        assert "the sum of nothing" not in text and "nine halves" not in text
    spy = words(page(course, "spy"))
    outside = spy.replace("print('asked',", "").replace("f'told {x}'", "")
    assert (
        "asked" not in outside and "told" not in outside
    )  # what it printed and raised while tested
    assert "raised an exception (ValueError)" in spy
    assert "A test that is run at marking only failed." in spy
    assert "told" not in words(page(course, "zed")).replace("KeyError('told')", "")
    marked = (course.autograded / "spy" / LAB / "lab.ipynb").read_text()
    assert "the sum of nothing should be 0" in marked  # the teacher's copy says which


def test_a_visible_test_s_message_is_told(course, tmp_path, bubblewrap):
    send(tmp_path / "in", "vic", answered(course, ex1_3="def total(numbers):\n    return 4"))
    grade(course, LAB, submissions=tmp_path / "in")
    feedback(course, LAB, students=["vic"])
    assert "AssertionError: 1 + 2 should be 3" in words(page(course, "vic"))


@pytest.mark.parametrize("kind", [*KINDS, "unreadable"])
def test_a_hidden_case_is_told_in_no_words_of_the_student_s(kind):
    told = Finding(
        "p", 1, kind=kind, message="told [1, 2]", traceback="told", hidden=True
    ).without_numbers()
    assert (
        "told [" not in told.message and told.message.startswith("In a case") and not told.traceback
    )
    for name in ("told", "print", "Exception2", "__import__", "BaseException"):
        told = Finding("p", 1, kind="raised", message=f"{name}: 3", hidden=True).without_numbers()
        assert name not in told.message
    told = Finding(
        "p", 1, kind="raised", message="ZeroDivisionError: 3", hidden=True
    ).without_numbers()
    assert "(ZeroDivisionError)" in told.message and "3" not in told.message


# ------------------------------------------------------------------------------------- what it never does


def inert(text):
    """The complaints about a page that could run, fetch or send something."""
    elements, told = Page(text).elements, []
    for tag, attributes in elements:
        if tag in (
            "script",
            "object",
            "embed",
            "form",
            "base",
            "link",
            "input",
            "audio",
            "video",
            "source",
        ):
            told.append(tag)
        told += [f"{tag} {name}" for name in attributes if name.startswith("on")]
        for name in (
            "href",
            "src",
            "xlink:href",
            "action",
            "formaction",
            "data",
            "poster",
            "srcset",
        ):
            value = re.sub(r"[\s\x00]", "", attributes.get(name) or "").lower()
            if value and not value.startswith(("#", "data:image/", "https://", "http://")):
                told.append(f"{tag} {name}={value}")
            if value.startswith("http") and tag != "a":
                told.append(f"{tag} fetches {value}")
        if tag == "iframe" and attributes.get("sandbox") != "":
            told.append("iframe without its sandbox")
    policy = [a["content"] for tag, a in elements if tag == "meta" and "http-equiv" in a]
    if len(policy) != 1 or "default-src 'none'" not in policy[0] or "script" in policy[0]:
        told.append("policy")
    styles = [a["style"] for _, a in elements if "style" in a] + re.findall(
        r"<style[^>]*>(.*?)</style>", text, re.DOTALL
    )
    if any("url(" in style or "@import" in style for style in styles):
        told.append("style")
    return told


@pytest.mark.attack
def test_nothing_of_a_student_s_could_run_and_nothing_is_fetched(course):
    feedback(course, LAB)
    for student in ("ada", "ben", "mallory", "spy"):
        assert inert(page(course, student)) == []
    text = page(course, "mallory")
    assert text.count(f"data:image/png;base64,{PIXEL}") == 1
    assert "[picture: q]" in text and "< b>bold" in words(text)
    assert "1.1 A slope" in words(text) and words(text).count("1.1 Not the lab's") == 1


@pytest.mark.attack
@pytest.mark.browser
def test_in_a_browser(course, chromium, artefacts):
    from playwright.sync_api import sync_playwright

    feedback(course, LAB)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1000, "height": 1200})
        asked, said = [], []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        tab.on("console", lambda message: said.append(message.text))
        tab.goto((course.feedback / "mallory" / LAB / "lab.html").as_uri())
        tab.wait_for_timeout(800)
        assert "pwned" not in tab.title()
        assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
        assert not any("http" in line and "evil" in line for line in said)
        assert tab.locator("iframe[sandbox='']").count() >= 2
        assert (
            tab.locator("section.student img").count() >= 2
        )  # the figure and the attached picture
        tab.goto((course.feedback / "ben" / LAB / "lab.html").as_uri())
        tab.get_by_role("link", name="1.1 A slope").click()
        assert tab.locator("section:target .dp-fail").count() == 1
        assert tab.locator("svg.math").first.bounding_box()["height"] > 5
        wide = tab.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0
        tab.screenshot(path=artefacts / "feedback.png", full_page=True)
        browser.close()


@pytest.mark.attack
def test_html_is_let_through_only_in_our_own_frames():
    framed = harmless_output({"output_type": "display_data", "data": {"text/html": EVIL}})["data"][
        "text/html"
    ]
    drawn = harmless_output({"output_type": "display_data", "data": {"image/svg+xml": SVG}})[
        "data"
    ]["text/html"]
    for ours in (framed, drawn):
        assert contained(ours) == ours
    for theirs in (EVIL, framed + EVIL, drawn + EVIL, framed.replace('sandbox=""', 'sandbox="allow-scripts"'),
                   drawn.replace("src=", 'onload="x" src='), framed.replace('title="', 'onload="x" title="')):  # fmt: skip
        assert Page(contained(theirs)).elements[0][1]["sandbox"] == ""
        assert len(Page(contained(theirs)).elements) == 1


@pytest.mark.attack
@pytest.mark.parametrize("text", [
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "![a](javascript:x)", "<javascript:alert(1)>", EVIL, SVG,
    "<a href='javascript:x'>a</a>", "[a]: javascript:x\n\n[a]", "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "$<script>x</script>$", "$\\href{javascript:x}{a}$", "\\begin{x}<script>\\end{x}", "```mermaid\n<script>\n```",
    "```<script>\n```", "`<script>`", "<div\nonclick=x>", "![\"onerror=x](attachment:p)", "[a](data:text/html,x)",
    "<style>@import 'x'</style>", "<base href=x>", "| <b> | <i onload=x> |\n|---|---|\n| a | b |",
])  # fmt: skip
def test_a_student_s_text_is_only_text(text):
    attachments = {"p": {"image/png": 'x" onerror="x', "text/html": "PHNjcmlwdD4="}}
    policy = "<meta http-equiv='x' content=\"default-src 'none'\">"
    assert inert(policy + student_text(text, attachments)) == []


def test_the_lab_s_own_html_and_formulas_stay():
    assert "<details><summary>" in lab_text(
        "<details><summary>Answers</summary>\n\nyes\n</details>"
    )
    drawn = formula(r"\frac{\partial y}{\partial x}")
    assert drawn.startswith(
        '<svg class="math" role="img" aria-label="\\frac{\\partial y}{\\partial x}"'
    )
    assert lab_text("so $a < b$ it is").count("<svg") == 1
    for odd in (
        r"\begin{aligned}a\end{aligned}",
        "{" * 200,
        "<b>",
        r"\nonsense",
        "a" * 5000,
        "",
        r"\,",
        "^",
        "\x00",
    ):
        shown = formula(odd)
        assert shown.startswith(('<code class="tex">', "<svg")) and "<b>" not in shown


def test_a_formula_is_drawn_as_high_as_it_is():
    """The drawing of a fraction is higher than that of a letter, and reaches below the line."""

    def box(tex):
        found = re.search(r'viewBox="0 (\S+) (\S+) (\S+)"', formula(tex))
        return [float(number) for number in found.groups()]

    top, wide, high = box(r"\frac{a}{b}")
    letter_top, letter_wide, letter_high = box("a")
    assert high > 1.5 * letter_high and -top > -letter_top
    assert -top < high  # something is below the line
    assert box("a b c d")[1] > 2 * letter_wide


def test_endless_texts_are_cut(course):
    for text in ("$x$ " * 20_000, "> " * 5000, "*" * 30_000, "[" * 20_000):
        assert (
            inert("<meta http-equiv='x' content=\"default-src 'none'\">" + student_text(text)) == []
        )
    assert student_text("$x_1$ $x_2$ " * 400).count("<svg") == 300


# --------------------------------------------------------------------------------- when it is made, and how


def test_only_what_changed_is_made_again(course):
    feedback(course, LAB)
    before = (course.feedback / "ben" / LAB / "lab.html").stat().st_mtime_ns
    again = feedback(course, LAB)
    assert again.made == [] and again.unchanged == ["ada", "ben", "mallory", "spy", "zed"]
    with gradebook(course) as book:
        book.find_comment("why1_4", "lab", LAB, "ada").manual_comment = "Good."
        book.db.commit()
    (course.feedback / "spy" / LAB / "lab.html").unlink()
    stages = []
    third = feedback(course, LAB, progress=lambda *stage: stages.append(stage))
    assert third.made == ["ada", "spy"] and "Good." in words(page(course, "ada"))
    assert stages == [("feedback", 0, 2), ("feedback", 1, 2), ("feedback", 2, 2)]
    assert (course.feedback / "ben" / LAB / "lab.html").stat().st_mtime_ns == before
    assert feedback(course, LAB, students=["ben"], rebuild=True).made == ["ben"]


def test_one_page_that_cannot_be_made_does_not_stop_the_others(course):
    path = course.autograded / "ben" / LAB / "lab.ipynb"
    path.chmod(0o644)
    path.write_text("{")
    made = feedback(course, LAB)
    assert [problem.student for problem in made.problems] == ["ben"] and made.exit_status == 1
    assert made.made == ["ada", "mallory", "spy", "zed"]
    assert feedback(course, LAB).unchanged == made.made


def test_the_command(course, capsys):
    root = ["--course", str(course.root)]
    assert (
        main(["feedback", LAB, *root, "--student", "ada", "ben", "--student", "spy", "--json"]) == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert (
        answer["made"] == ["ada", "ben", "spy"] and answer["unchanged"] == answer["unmarked"] == []
    )
    assert answer["folder"] == str(course.feedback)
    assert main(["feedback", LAB, *root]) == 3
    said = capsys.readouterr()
    assert "2 made, 3 unchanged" in said.out and "half: not marked, so no page" in said.err
    assert main(["feedback", LAB, *root, "--student", "nobody"]) == 1
    assert "'nobody' handed in nothing for toy" in capsys.readouterr().err
    assert main(["feedback", "toi", *root]) == 1
    assert "did you mean toy?" in capsys.readouterr().err


def test_a_lab_without_marks_is_one_clear_line(tmp_path):
    with pytest.raises(CourseError, match="autograder grade toy"):
        feedback(toy_course(tmp_path), LAB)


def nbgrader(course, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def test_nbgrader_s_own_command_makes_the_same_page(course):
    feedback(course, LAB)
    ours = page(course, "mallory")
    nbgrader(course, "generate_feedback", LAB, "--student", "mallory", "--force")
    assert page(course, "mallory") == ours


def test_nbgrader_s_release_feedback_hands_it_out(course, tmp_path):
    from nbgrader.utils import notebook_hash

    feedback(course, LAB, students=["ada", "mallory"])
    for student in (
        "ada",
        "mallory",
    ):  # of what was handed in beside the notebook, nothing more goes back
        names = {path.name for path in (course.feedback / student / LAB).iterdir()}
        assert names == {"lab.html", "timestamp.txt", "submission_secret.txt"}
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    nbgrader(
        course,
        "release_feedback",
        LAB,
        f"--Exchange.root={exchange}",
        f"--Exchange.cache={tmp_path / 'c'}",
    )
    for student in ("ada", "mallory"):
        name = f"{notebook_hash(secret=f'secret of {student}', notebook_id='lab')}.html"
        assert (exchange / "dpkit" / "feedback" / name).read_text() == page(course, student)


def test_what_a_cell_showed_is_bounded(course):
    path = course.autograded / "ben" / LAB / "lab.ipynb"
    path.chmod(0o644)
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if grade_id(c) == "ex1_1")
    cell.outputs = [
        v4.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m " + "x" * 300_000)
    ]
    path.write_text(nbformat.writes(notebook))
    feedback(course, LAB, students=["ben"])
    text = page(course, "ben")
    assert "red xxx" in text and "the rest is left out" in text and len(text) < 200_000
