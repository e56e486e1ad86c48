"""`--device cuda`: what a student's process then has, and what is said where there is no device."""

import resource

import nbformat
import pytest
from nbformat import v4

from autograder import cli, device
from autograder.errors import DeviceUnavailable
from autograder.judge import Job, Settings, Worker
from autograder.sandbox import bwrap, devices, launch
from autograder.sandbox.limits import Limits
from autograder.session import Zygote
from tests.autograder.test_remote import cell

LOOK = """
import os, resource
shown = sorted(os.listdir("/proc")) if os.path.isdir("/proc/driver") or os.listdir("/proc") else []
addresses = resource.getrlimit(resource.RLIMIT_AS)[0]
try:
    open("/proc/mine", "w")
    wrote = True
except OSError:
    wrote = False
"""


def test_the_processor_is_always_there():
    assert device.choose_device("cpu") == "cpu"


def test_a_device_nobody_has():
    with pytest.raises(DeviceUnavailable, match="'tpu' is no device; there are cpu and cuda"):
        device.choose_device("tpu")


@pytest.mark.parametrize("lacking", ["torch is not installed", "torch 9 is a build without CUDA"])
def test_without_a_gpu_one_line_says_why(lacking, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(device, "no_cuda", lambda: lacking)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "exercises.py").write_text("")
    status = cli.main(["grade", "lab", "--device", "cuda", "--course", str(tmp_path)])
    said = capsys.readouterr().err.strip().splitlines()
    assert status == 1
    assert said == [
        f"autograder: --device cuda: {lacking}; mark with --device cpu, or see `autograder doctor`"
    ]


def test_what_is_shown_of_the_system_for_cuda_and_only_for_it(monkeypatch):
    monkeypatch.setattr(
        devices.glob, "glob", lambda pattern: ["/dev/null"] * ("caps" not in pattern)
    )
    assert devices.nodes("cpu") == [] and devices.nodes("cuda") == ["/dev/null"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    packages = launch.Path("/there/are/none")
    assert "CUDA_VISIBLE_DEVICES" not in launch.environment("bwrap", packages, "/tmp")
    assert launch.environment("bwrap", packages, "/tmp", "cuda")["CUDA_VISIBLE_DEVICES"] == "3"
    argv = bwrap.command(["true"], packages={}, devices=devices.nodes("cuda"))
    assert argv[argv.index("--dev-bind") :][:3] == ["--dev-bind", "/dev/null", "/dev/null"]


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.parametrize("name", device.DEVICES)
def test_a_room_with_a_device_differs_in_what_the_driver_needs(name):
    """torch stays out of it: the room is the same whether there is a device or not."""
    with Zygote(limits=Limits(device=name), preload=("numpy",)) as zygote, zygote.open() as room:
        run = room.run_cell(LOOK)
        assert run.status == "ok", run.outputs
        shown, addresses, wrote = (room.get(what) for what in ("shown", "addresses", "wrote"))
    assert wrote is False
    if name == "cpu":
        assert shown == [] and addresses > 0
    else:
        assert set(shown) <= {path.split("/")[2] for path in devices.PROC} and "cpuinfo" in shown
        assert addresses == resource.RLIM_INFINITY


def test_one_submission_at_a_time_has_the_device(tmp_path, monkeypatch):
    from filelock import FileLock, Timeout

    monkeypatch.setattr(device.tempfile, "gettempdir", lambda: str(tmp_path))
    with device.turn("cuda"):
        (lock,) = tmp_path.glob("autograder-*/cuda-*.lock")
        with pytest.raises(Timeout):
            FileLock(lock).acquire(timeout=0)
    FileLock(lock).acquire(timeout=0)


@pytest.mark.gpu
@pytest.mark.usefixtures("bubblewrap")
def test_gradient_tests_run_on_the_gpu():
    settings = Settings(limits=Limits(device="cuda"), preload=("torch",))
    student = "def f(x): return (x**2).sum()\ndef where(x): return str(x.device.type)"
    test = (
        "x = torch.arange(3.0, dtype=torch.float64, requires_grad=True)\n"
        "assert where(x) == 'cuda'\n"
        "assert torch.autograd.gradcheck(f, x)"
    )
    cells = [
        cell("import torch", "setup", locked=True),
        cell(student, "ex", solution=True),
        cell(test, "check", grade=True, locked=True, points=3),
    ]
    notebook = nbformat.writes(v4.new_notebook(cells=cells))
    worker = Worker(settings)
    try:
        outcome = worker.mark(Job("ada", notebook, b"k" * 32))
    finally:
        worker.close()
    assert [result["score"] for result in outcome.results] == [3.0], outcome.results
