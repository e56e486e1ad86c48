"""The doctor says what is there, what is lost by what is not, and whether marking would be refused."""

import importlib.metadata
import json
import shutil
import tempfile
from types import SimpleNamespace

import numpy
import pytest

from autograder import device, doctor, sandbox
from autograder.build import build_release
from autograder.cli import main
from autograder.doctor import machine, software
from autograder.errors import SandboxUnavailable
from tests.autograder.toy import LAB, toy_course


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
    assert doctor.examine()[0] == 0
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
    assert doctor.examine()[0] == 1
    lines = capsys.readouterr().out.splitlines()
    refusal = "✗ sandbox: install bubblewrap (apt install bubblewrap); grade refuses"
    assert refusal in lines
    lost = "students' code can ask, and tell, the network; apt install bubblewrap"
    assert any(line.startswith(f"–   no network: needs bwrap; {lost}") for line in lines)
    assert lines[-1] == "submissions cannot be marked here"


def test_a_package_that_marking_needs(holds, monkeypatch, capsys):
    without(monkeypatch, "nbgrader")
    assert doctor.examine()[0] == 1
    said = capsys.readouterr().out
    assert "✗ nbgrader: not installed; no marking; python3 bootstrap.py setup" in said


def test_a_package_that_marking_does_without(holds, monkeypatch, capsys):
    without(monkeypatch, "jupyterlab")
    assert doctor.examine()[0] == 0
    said = capsys.readouterr().out
    assert (
        "– jupyterlab: not installed; labs cannot be opened here, and there is no formgrader"
        in said
    )


def test_no_chromium_costs_the_browser_tests_only(holds, monkeypatch, capsys):
    real = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, *a, **k: None if "chrom" in name else real(name, *a, **k)
    )
    assert doctor.examine()[0] == 0
    said = capsys.readouterr().out
    assert "– Chromium: not found; no tests in a browser; apt install chromium" in said


def test_no_database_tools_is_a_refusal(holds, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name, *a, **k: None)
    assert doctor.examine()[0] == 1
    assert "✗ nbgrader's database tools: there is no program `alembic`" in capsys.readouterr().out


def test_a_full_disk_is_said(holds, monkeypatch, capsys):
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=200_000_000))
    doctor.examine()
    assert "– free disk space: 0.2 GB in" in capsys.readouterr().out


def test_json_says_the_same(holds, monkeypatch, capsys, tmp_path):
    without(monkeypatch, "rich")
    assert main(["doctor", "--json", "--course", str(toy_course(tmp_path).root)]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["can_grade"] is False
    (rich,) = (line for line in answer["lines"] if line["what"] == "rich")
    assert (rich["ok"], rich["needed"]) == (False, True)


def test_the_sandbox_that_is_named_is_the_one_that_marking_would_choose(capsys):
    try:
        best = sandbox.choose("auto")
    except SandboxUnavailable:
        best = None
    assert doctor.examine()[0] == (0 if best else 1)
    if best:
        assert f"✓ sandbox: {best}" in capsys.readouterr().out.splitlines()


# ---------------------------------------------------------------------------------------- the machine


def test_a_clock_that_differs_from_the_disks_is_said(holds, monkeypatch, capsys):
    real = machine.time.time
    monkeypatch.setattr(machine.time, "time", lambda: real() + 3600)
    doctor.examine()
    said = capsys.readouterr().out
    assert "– clock: " in said and "the disk's is -3600 s; late submissions are told by it" in said


def test_a_folder_that_cannot_be_written_is_a_refusal(holds, monkeypatch, capsys):
    def refuse(**kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert doctor.examine()[0] == 1
    assert "✗ the right to write: " in capsys.readouterr().out


def test_little_memory_is_said(holds, monkeypatch, capsys):
    class Path(type(machine.Path())):
        def read_text(self, **kwargs):
            return "MemTotal: 4000000 kB\nMemAvailable: 500000 kB\n"

    monkeypatch.setattr(machine, "Path", Path)
    (line,) = [line for line in machine.look(machine.Path.cwd()) if line.what == "memory"]
    assert not line.ok and line.found == "0.5 of 4.1 GB free; one submission may take 3.2"


def a_torch(ones=lambda *shape, device: numpy.ones(shape)):
    """As much of torch as is asked for a GPU; numpy does the sum."""
    memory = SimpleNamespace(
        get_device_name=lambda: "Imaginary 9000", mem_get_info=lambda: (5e9, 9e9)
    )
    return SimpleNamespace(ones=ones, cuda=memory)


def test_a_gpu_is_found_out_by_calculating_on_it(monkeypatch):
    monkeypatch.setattr(device, "no_cuda", lambda: "")
    line = software._cuda(a_torch())
    assert line.ok and line.found == "Imaginary 9000, 5 GB free"

    def too_old(*shape, device):
        raise RuntimeError("CUDA error: no kernel image is available\nmore of this")

    line = software._cuda(a_torch(too_old))
    assert (
        not line.ok
        and "does not calculate (CUDA error: no kernel image is available)" in line.found
    )
    line = software._cuda(a_torch(lambda *shape, device: 2 * numpy.ones(shape)))
    assert not line.ok and "came out as 24" in line.found


def test_without_a_gpu_it_says_why(monkeypatch):
    monkeypatch.setattr(device, "no_cuda", lambda: "torch sees no CUDA device")
    line = software._cuda(a_torch())
    assert not line.ok and not line.needed
    assert line.found.startswith("torch sees no CUDA device") and "no --device cuda" in line.lost


# ----------------------------------------------------------------------------------------- the course


@pytest.fixture
def course(tmp_path):
    return toy_course(tmp_path)


def told(course):
    _, answer = doctor.examine(course, say=lambda line: None)
    return {line["what"]: line for line in answer["lines"]}


def test_a_course_that_is_in_order(holds, course):
    lines = told(course)
    for what in ("course", "gradebook", "formgrader", "service"):
        assert lines[what]["ok"], lines[what]
    assert all(line["ok"] for what, line in lines.items() if what.startswith("nbgrader: "))
    assert lines["gradebook"]["found"].endswith("not there yet; the first release makes it")
    assert not (course.root / "gradebook.db").exists()  # looking changes nothing
    build_release(course, LAB)
    assert told(course)["gradebook"]["found"].endswith("gradebook.db: 0 submissions")


def test_a_stock_configuration_would_mark_unjudged(holds, course):
    config = course.root / "nbgrader_config.py"
    config.write_text(
        config.read_text().replace(
            "autograder.execute.JudgeExecute", "nbgrader.preprocessors.Execute"
        )
    )
    line = told(course)["nbgrader: Autograde.autograde_preprocessors"]
    assert not line["ok"] and "run tests in the student's process" in line["lost"]


def test_a_gradebook_that_cannot_be_read_is_a_refusal(holds, course):
    (course.root / "gradebook.db").write_bytes(b"no database at all, " * 100)
    line = told(course)["gradebook"]
    assert not line["ok"] and line["needed"] and "not a database" in line["found"]


def test_a_server_that_does_not_answer_is_a_refusal_and_its_password_is_not_told(holds, course):
    away = course.elsewhere(db_url="postgresql+psycopg://me:secret@127.0.0.1:1/grades")
    line = told(away)["gradebook"]
    assert not line["ok"] and line["needed"]
    assert "secret" not in json.dumps(line) and "127.0.0.1:1" in line["found"]


def test_a_broken_configuration_is_told_with_its_file(holds, course):
    (course.root / "nbgrader_config.py").write_text("c = get_config(\n")
    line = told(course)["nbgrader_config.py"]
    assert not line["ok"] and "SyntaxError" in line["found"]
