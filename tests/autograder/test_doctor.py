"""The doctor says what is there, what is lost by what is not, and whether marking would be refused."""

import importlib.metadata
import json
import shutil

import numpy
import pytest

from autograder import doctor, sandbox
from autograder.errors import SandboxUnavailable


@pytest.fixture
def holds(monkeypatch):
    """A sandbox that works, whatever this machine has."""
    monkeypatch.setattr(sandbox, "choose", lambda name: "bwrap")
    protections = [sandbox.Protection("no network", True, "by namespaces")]
    monkeypatch.setattr(sandbox, "report", lambda: protections)


def without(monkeypatch, *missing):
    real = importlib.metadata.version

    def version(name):
        if name in missing:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


def test_tells_versions_and_that_marking_is_possible(holds, capsys):
    assert doctor.examine() == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"✓ numpy: {numpy.__version__}" in lines
    assert "✓   no network: by namespaces" in lines
    assert lines[-1] == "submissions can be marked here"


def test_no_sandbox_is_a_refusal_with_its_remedy(monkeypatch, capsys):
    def choose(name):
        raise SandboxUnavailable("install bubblewrap (apt install bubblewrap)")

    protections = [sandbox.Protection("no network", False, "needs bwrap")]
    monkeypatch.setattr(sandbox, "choose", choose)
    monkeypatch.setattr(sandbox, "report", lambda: protections)
    assert doctor.examine() == 1
    lines = capsys.readouterr().out.splitlines()
    refusal = "✗ sandbox: install bubblewrap (apt install bubblewrap); grade refuses"
    assert refusal in lines
    assert "–   no network: needs bwrap" in lines
    assert lines[-1] == "submissions cannot be marked here"


def test_a_package_that_marking_needs(holds, monkeypatch, capsys):
    without(monkeypatch, "nbgrader")
    assert doctor.examine() == 1
    said = capsys.readouterr().out
    assert "✗ nbgrader: not installed; no marking; python3 bootstrap.py setup" in said


def test_a_package_that_marking_does_without(holds, monkeypatch, capsys):
    without(monkeypatch, "jupyterlab")
    assert doctor.examine() == 0
    said = capsys.readouterr().out
    assert "– jupyterlab: not installed; labs cannot be opened here" in said


def test_no_chromium_costs_the_browser_tests_only(holds, monkeypatch, capsys):
    real = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, *a, **k: None if "chrom" in name else real(name, *a, **k)
    )
    assert doctor.examine() == 0
    said = capsys.readouterr().out
    assert "– Chromium: not found; no tests in a browser; apt install chromium" in said


def test_no_database_tools_is_a_refusal(holds, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name, *a, **k: None)
    assert doctor.examine() == 1
    assert "✗ nbgrader's database tools: there is no program `alembic`" in capsys.readouterr().out


def test_a_full_disk_is_said(holds, monkeypatch, capsys):
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=200_000_000))
    doctor.examine()
    assert "– free disk space: 0.2 GB in" in capsys.readouterr().out


def test_json_says_the_same(holds, monkeypatch, capsys):
    without(monkeypatch, "rich")
    assert doctor.examine(as_json=True) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["can_grade"] is False
    (rich,) = (line for line in answer["lines"] if line["what"] == "rich")
    assert (rich["ok"], rich["needed"]) == (False, True)


def test_the_sandbox_that_is_named_is_the_one_that_marking_would_choose(capsys):
    try:
        best = sandbox.choose("auto")
    except SandboxUnavailable:
        best = None
    assert doctor.examine() == (0 if best else 1)
    if best:
        assert f"✓ sandbox: {best}" in capsys.readouterr().out.splitlines()
