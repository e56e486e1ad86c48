"""The teacher's own pages: nbgrader's formgrader in a real browser, on a course that the judge marks.

Screenshots are kept in build/artefacts/, for a person.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.build import build_release, read_lab, read_variants
from autograder.grade import grade
from autograder.sanitise import grade_id
from tests.autograder.toy import LAB, MACHINE_POINTS, WRITTEN_POINTS, toy_course

ROOT = Path(__file__).resolve().parents[2]
MOST = MACHINE_POINTS + WRITTEN_POINTS
TRIES = (
    "<img src=x onerror='window.forged = 1'>",
    "<script>window.forged = 2</script>",
    "<svg onload='window.forged = 3'></svg>",
)

# formgrader fetches MathJax from the network and waits for it. What it asks of it, for a machine without:
MATHJAX = """window.MathJax = {Hub: {
    Config() {}, Queue() {}, Startup: {signal: {Interest(hear) { setTimeout(() => hear("End"), 100); }}},
}};"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.usefixtures("bubblewrap"),
]


def forger(solved):
    """Nothing right, and a page that would give the marks itself if the teacher's browser ran it."""
    for cell in solved.cells:
        if grade_id(cell) == "why1_4":
            cell.source = "My answer." + "".join(TRIES)
        elif (grade_id(cell) or "").startswith("ex"):
            cell.source = "from IPython.display import HTML, Javascript, display"
    shown = [f"display(HTML({text!r}))" for text in TRIES]
    shown += ["display(Javascript('window.forged = 4'))"]
    solved.cells.append(nbformat.v4.new_code_cell("\n".join(shown)))
    solved.cells.append(nbformat.v4.new_markdown_cell("".join(TRIES)))
    return solved


@pytest.fixture(scope="module")
def course(tmp_path_factory, bubblewrap):
    """ada, ben and mallory are marked; cleo and dora have handed in."""
    course = toy_course(tmp_path_factory.mktemp("formgrader"))
    with open(course.root / "nbgrader_config.py", "a") as config:
        exchange = course.root.parent / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)
        config.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    build_release(course, LAB)
    lab = course.root / LAB
    wrong, *_ = read_variants(lab / "mutants")
    notebooks = {
        "ada": read_lab(lab / "lab.py"),
        "ben": wrong.put_into(read_lab(lab / "lab.py")),
        "mallory": forger(read_lab(lab / "lab.py")),
    }
    for student, notebook in notebooks.items():
        hand_in(course, student, notebook)
    assert grade(course, LAB, workers=1).marked == sorted(notebooks)
    hand_in(course, "cleo", read_lab(lab / "lab.py"))
    hand_in(course, "dora", wrong.put_into(read_lab(lab / "lab.py")))
    return course


def hand_in(course, student, notebook):
    folder = course.submitted / student / LAB
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "lab.ipynb")
    (folder / "timestamp.txt").write_text("2026-01-31 12:00:00 UTC")
    (folder / "submission_secret.txt").write_text(f"secret of {student}")


@pytest.fixture(scope="module")
def server(course):
    """The address of a Jupyter server of its own with nbgrader's extension, in the course's folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = course.root.parent / "home"
    (home / "config").mkdir(parents=True)
    extensions = {"nbgrader.server_extensions.formgrader": True}
    (home / "config" / "jupyter_server_config.json").write_text(
        json.dumps({"ServerApp": {"jpserver_extensions": extensions}})
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
    }
    log = open(home / "jupyter.log", "w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}",
         "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
         f"--ServerApp.root_dir={course.root.parent}"],
        env=environment, stdout=log, stderr=log, cwd=course.root,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert process.poll() is None, (home / "jupyter.log").read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"{address}/api/status", timeout=5):
                    break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail((home / "jupyter.log").read_text()[-3000:])
        yield address
    finally:
        process.terminate()
        process.wait(30)
        log.close()


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(server, browser):
    """Open one of formgrader's pages; any error of its scripts fails the test."""
    pages, errors = [], []

    def visit(path, height=900):
        page = browser.new_page(viewport={"width": 1280, "height": height})
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.route("**/cdnjs.cloudflare.com/**", lambda route: route.fulfill(body=MATHJAX))
        page.goto(f"{server}/formgrader/{path}", timeout=60_000)
        return page

    yield visit
    for page in pages:
        page.close()
    assert errors == []


def row(page, first):
    """The row of a table whose student or assignment is called so."""
    return page.locator("#main-table tr", has=page.get_by_text(first, exact=True))


def press(page, row, place):
    """Press the button in a row's cell; gives the words of the window that then opens."""
    row.locator(f"td.{place} a").click()
    window = page.locator(".modal.in, .modal.show")
    window.wait_for(state="visible", timeout=120_000)
    words = window.inner_text()
    window.locator("button", has_text="OK").click()
    page.locator(".modal-backdrop").wait_for(state="detached", timeout=20_000)
    return words


def submission(course, student):
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission(LAB, student)
        return found.notebooks[0].id, found.score


def test_an_assignment_is_generated_and_released(course, visit, artefacts):
    before = (course.release / LAB / "lab.ipynb").read_bytes()
    page = visit("manage_assignments")
    lab = row(page, LAB)
    lab.wait_for(timeout=20_000)
    assert lab.locator("td.num-submissions").inner_text() == "5"
    assert "Successfully created" in press(page, lab, "assign")
    assert (course.release / LAB / "lab.ipynb").read_bytes() == before
    assert "Successfully released" in press(page, lab, "release")
    page.screenshot(path=artefacts / "formgrader-assignments.png")
    assert (course.root.parent / "exchange" / "dpkit" / "outbound" / LAB / "lab.ipynb").is_file()


@pytest.mark.parametrize("student", ["cleo", "dora"])
def test_the_button_marks_through_the_judge(course, visit, artefacts, student):
    page = visit(f"manage_submissions/{LAB}")
    line = row(page, student)
    line.wait_for(timeout=20_000)
    assert "needs autograding" in line.inner_text()
    assert "Successfully autograded" in press(page, line, "autograde")
    page.wait_for_function(
        "student => [...document.querySelectorAll('#main-table tr')]"
        ".some(row => row.innerText.includes(student) && row.innerText.includes('manual grading'))",
        arg=student,
        timeout=20_000,
    )
    # The first mutant is wrong in exercise 1.1, which is worth two points.
    points = MACHINE_POINTS if student == "cleo" else MACHINE_POINTS - 2
    assert f"{points:g} / {MOST:g}" in line.inner_text()
    assert submission(course, student)[1] == points
    marked = nbformat.read(course.autograded / student / LAB / "lab.ipynb", as_version=4)
    assert marked.metadata["autograder"]["sandbox"] in ("bwrap", "landlock")
    page.screenshot(path=artefacts / "formgrader-submissions.png")


def test_the_button_finds_the_judges_that_wait(course, visit):
    """`autograder serve` keeps judges warm: with them the button waits for no start."""
    hand_in(course, "frank", read_lab(course.root / LAB / "lab.py"))
    service = subprocess.Popen(
        [sys.executable, "-m", "autograder", "serve", LAB, "--workers", "1", "--course", course.root],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert "ready" in service.stdout.readline()
        page = visit(f"manage_submissions/{LAB}")
        line = row(page, "frank")
        line.wait_for(timeout=20_000)
        assert "Successfully autograded" in press(page, line, "autograde")
        assert submission(course, "frank")[1] == MACHINE_POINTS
    finally:
        service.terminate()
        said, _ = service.communicate(timeout=60)
    assert "1 submission marked" in said


def test_the_gradebook_shows_the_marks(course, visit, artefacts):
    page = visit("gradebook")
    row(page, LAB).wait_for(timeout=20_000)
    page = visit(f"gradebook/{LAB}/lab")
    page.locator("#main-table td.score").first.wait_for(timeout=20_000)
    page.screenshot(path=artefacts / "formgrader-gradebook.png")
    shown = page.locator("#main-table").inner_text()
    for student in ("ada", "ben", "mallory"):
        assert f"{submission(course, student)[1]:g} / {MOST:g}" in shown


def test_a_written_answer_is_read_marked_and_commented_on(course, visit, artefacts):
    from playwright.sync_api import expect

    number, before = submission(course, "ben")
    page = visit(f"submissions/{number}/?index=0", height=1400)
    page.wait_for_function("() => formgrader.loaded", timeout=20_000)
    panel = page.locator(".dp-panel.dp-fail").first
    assert panel.is_visible() and "Exercise 1.1" in panel.inner_text()
    box, panel_box = (one.bounding_box() for one in (page.locator("#notebook").first, panel))
    assert panel_box["x"] + panel_box["width"] <= box["x"] + box["width"]
    panel.screenshot(path=artefacts / "formgrader-panel.png")
    page.screenshot(path=artefacts / "formgrader-marking.png", full_page=True)
    score, comment = page.locator("#why1_4"), page.locator("#why1_4-comment")
    score.fill("1.5")
    score.press("Tab")
    comment.fill("A square, yes; and why is it never negative?")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url) as saved:
        comment.press("Tab")
    assert saved.value.ok
    page.reload()
    page.wait_for_function("() => formgrader.loaded", timeout=20_000)
    expect(page.locator("#why1_4")).to_have_value("1.5")
    expect(page.locator("#why1_4-comment")).to_have_value(re.compile("never negative"))
    assert submission(course, "ben")[1] == before + 1.5


def test_a_student_s_page_commands_nothing_in_the_teacher_s(course, visit, artefacts):
    number, before = submission(course, "mallory")
    page = visit(f"submissions/{number}/?index=0", height=1400)
    page.wait_for_function("() => formgrader.loaded", timeout=20_000)
    page.wait_for_timeout(1000)
    assert "My answer." in page.locator("#notebook").first.inner_text()
    page.screenshot(path=artefacts / "formgrader-mallory.png", full_page=True)
    assert page.evaluate("window.forged") is None
    assert submission(course, "mallory")[1] == before == 0.0


def test_feedback_is_made_and_handed_back(course, visit, artefacts):
    page = visit(f"manage_submissions/{LAB}")
    line = row(page, "ada")
    line.wait_for(timeout=20_000)
    assert "Successfully generated" in press(page, line, "generate-feedback")
    made = (course.feedback / "ada" / LAB / "lab.html").read_text()
    assert 'dp-panel dp-pass"' in made and "BEGIN HIDDEN" not in made
    line = row(page, "ada")
    line.wait_for(timeout=20_000)
    assert "Successfully released" in press(page, line, "release-feedback")
    (page,) = (course.root.parent / "exchange" / "dpkit" / "feedback").glob("*.html")
    assert page.read_text() == made
