"""The lab as a student has it: JupyterLab in a real browser, Run All, and look.

Screenshots are kept in build/artefacts/, for a person.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

from autograder.build import build_source, read_variants
from autograder.course import Course

ROOT = Path(__file__).resolve().parents[2]
LAB = "lab03_reverse_mode"
MISTAKE = "overwrites"
PANEL = ".jp-OutputArea .dp-panel"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a student has (`blank`), the same with everything solved, and with one mistake."""
    root = tmp_path_factory.mktemp("labs")
    shutil.copytree(ROOT / "labs" / "release" / LAB, root / "blank")
    course = Course.at(ROOT / "labs").elsewhere(source=root / "source", state=root / "state")
    shutil.copytree(build_source(course, LAB), root / "solved")
    shutil.copytree(root / "solved", root / "mistaken")
    mutants = read_variants(ROOT / "labs" / LAB / "mutants")
    mutant = next(mutant for mutant in mutants if mutant.name == MISTAKE)
    solved = nbformat.read(root / "solved" / "lab.ipynb", as_version=4)
    nbformat.write(mutant.put_into(solved), root / "mistaken" / "lab.ipynb")
    return root


@pytest.fixture(scope="module")
def server(folder):
    """The address of a JupyterLab of its own, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = folder / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}))
    log = open(folder / "jupyterlab.log", "w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
         "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
         f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"],
        env=environment, stdout=log, stderr=log, cwd=folder,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_server(address, process, folder / "jupyterlab.log")
        yield address
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait_for_server(address, process, log):
    for _ in range(240):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{address}/api/status", timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    pytest.fail(log.read_text()[-3000:])


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
def run_all(server, browser):
    """Open a notebook, Run All, wait until the kernel rests; gives the page and what it asked the
    network for."""
    pages = []

    def run(name):
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        pages.append(page)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server}/lab/tree/{name}/lab.ipynb?reset", timeout=120_000)
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=120_000,
        )
        # Started, not awaited: the command's promise holds the page until the last cell is done.
        page.evaluate("() => { window.jupyterapp.commands.execute('runmenu:run-all'); }")
        page.wait_for_function(
            """() => {
                 const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
                 const code = [...Array(cells.length).keys()].map(i => cells.get(i))
                     .filter(c => c.type === 'code' && c.sharedModel.getSource().trim());
                 return code.every(c => c.executionCount !== null && c.executionState !== 'running');
               }""",
            timeout=180_000,
        )
        page.wait_for_timeout(1500)
        return page, asked

    yield run
    for page in pages:
        page.close()


def outputs(page):
    """The outputs of all cells as the notebook's model holds them; the view draws only what is
    near."""
    return page.evaluate(
        """() => {
             const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
             return [...Array(cells.length).keys()].map(i => cells.get(i)).filter(c => c.type === 'code')
                 .map(c => ({source: c.sharedModel.getSource(), outputs: c.outputs.toJSON()}));
           }"""
    )


def panels(cells):
    return {
        cell["source"]: "".join(output["data"].get("text/html", ""))
        for cell in cells
        if cell["source"].startswith("check(")
        for output in cell["outputs"]
        if "data" in output
    }


def errors(cells):
    return [
        output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"
    ]


def elsewhere(asked):
    local = ("127.0.0.1", "localhost", None)
    return [url for url in asked if urlsplit(url).hostname not in local]


def keep(page, artefacts, name, selector):
    """A screenshot with the first `selector` in view."""
    page.locator(selector).first.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    page.screenshot(path=artefacts / f"{name}.png")


def test_the_blank_release_runs_to_its_end_and_says_what_is_to_do(run_all, artefacts):
    page, asked = run_all("blank")
    cells = outputs(page)
    assert errors(cells) == []
    shown = panels(cells)
    assert len(shown) >= 8
    assert all('dp-panel dp-todo"' in html for html in shown.values()), shown
    assert page.locator(PANEL).first.is_visible()
    keep(page, artefacts, "lab03-blank", PANEL)
    assert elsewhere(asked) == []


def test_the_solved_lab_shows_passed_panels_and_the_drawn_graph(run_all, artefacts):
    page, asked = run_all("solved")
    cells = outputs(page)
    assert errors(cells) == []
    shown = panels(cells)
    assert all('dp-panel dp-pass"' in html for html in shown.values()), shown
    drawn = [
        cell for cell in cells
        if any("<svg" in str(output.get("data", {})) for output in cell["outputs"])
    ]  # fmt: skip
    assert drawn, "no cell shows a drawn graph"
    page.evaluate(
        """source => {
             const notebook = window.jupyterapp.shell.currentWidget.content;
             const index = [...Array(notebook.model.cells.length).keys()]
                 .find(i => notebook.model.cells.get(i).sharedModel.getSource() === source);
             notebook.activeCellIndex = index;
             notebook.scrollToItem(index, 'center');
           }""",
        drawn[0]["source"],
    )
    page.wait_for_timeout(1500)
    svg = page.locator(".jp-OutputArea svg").first
    svg.wait_for(state="visible", timeout=10_000)
    page.screenshot(path=artefacts / "lab03-graph.png")
    keep(page, artefacts, "lab03-passed", PANEL)
    assert elsewhere(asked) == []


def test_a_mistake_is_named_in_the_panel(run_all, artefacts):
    page, asked = run_all("mistaken")
    (wrong,) = [html for html in panels(outputs(page)).values() if 'dp-panel dp-fail"' in html]
    assert "Exercise 3.7" in wrong and "overwritten" in wrong
    page.evaluate(
        """() => {
             const notebook = window.jupyterapp.shell.currentWidget.content;
             const index = [...Array(notebook.model.cells.length).keys()]
                 .find(i => notebook.model.cells.get(i).sharedModel.getSource() === 'check("3.7")');
             notebook.activeCellIndex = index;
             notebook.scrollToItem(index, 'center');
           }"""
    )
    panel = page.locator(".dp-panel.dp-fail").first
    panel.wait_for(state="visible", timeout=10_000)
    page.screenshot(path=artefacts / "lab03-mistake.png")
    panel.screenshot(path=artefacts / "check-panel.png")
    assert elsewhere(asked) == []
