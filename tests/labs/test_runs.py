"""The notebooks in a real kernel: solved they show everything, blank they run to the end."""

from __future__ import annotations

import subprocess
import sys

import pytest
from nbclient import NotebookClient

from autograder.leaks import cut_hidden
from tests.labs.conftest import BENCHES


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a notebook of a lab to the end, in a folder like a student's; returns its outputs."""

    def run(lab, notebook):
        monkeypatch.setenv("PYTHONPATH", str(lab.folder.parents[1]))
        source = lab.folder / "exercises.py"
        checks = cut_hidden(source.read_text(encoding="utf-8"), source)
        (tmp_path / "checks.py").write_text(checks, encoding="utf-8")
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
        return [
            output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
        ]

    return run


def text(outputs):
    plain = [output.get("data", {}).get("text/plain", "") for output in outputs]
    return "\n".join([*plain, *(output.get("text", "") for output in outputs)])


def pictures(outputs):
    """Outputs that show a picture: SVG, or HTML with one in it."""
    shown = (output.get("data", {}) for output in outputs)
    return [
        d
        for d in shown
        if "image/svg+xml" in d or "<img" in (html := d.get("text/html", "")) or "<svg" in html
    ]


def test_solved(lab, run, tmp_path):
    outputs = run(lab, lab.notebook.copy())
    assert not [o for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    shown = text(outputs)
    assert "comes alive" not in shown
    assert shown.count(": passed") == len(lab.exercises.exercises)
    assert pictures(outputs)
    if any("dp.carry.save" in cell.source for cell in lab.notebook.cells):
        assert "Saved to mylab/" in shown
        engine = tmp_path / "mylab" / f"{lab.folder.name.split('_')[0]}.py"
        subprocess.run([sys.executable, "-c", engine.read_text(encoding="utf-8")], check=True)


def test_blank(lab, run):
    """Nothing is solved, nothing fails: every check answers, and the worked example is drawn."""
    outputs = run(lab, lab.blank.copy())
    shown = text(outputs)
    assert shown.count(": not started") == len(lab.exercises.exercises)
    assert "comes alive" in shown
    assert pictures(outputs)


@pytest.mark.slow
def test_lab_5_trains_on_the_engine_that_was_built_in_lab_4(run):
    benches = {bench.folder.name.split("_")[0]: bench for bench in BENCHES}
    run(benches["lab04"], benches["lab04"].notebook.copy())
    lab = benches["lab05"]
    shown = text(run(lab, lab.notebook.copy()))
    assert "using YOUR engine from mylab/lab04.py" in shown
    assert "comes alive" not in shown
    assert shown.count(": passed") == len(lab.exercises.exercises)
