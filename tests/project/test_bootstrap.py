"""bootstrap.py: what it does the first time, the second, after an interruption and a change."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import venv
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "bootstrap.py"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*arguments: str, script: Path = SCRIPT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project folder, with a space in its name, that bootstrap.py has never seen."""
    root = tmp_path / "a folder"
    root.mkdir()
    for name in ("bootstrap.py", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    return root


def without_network(root: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """bootstrap.py of that folder; its installing steps only write down that they were asked."""
    module = load(root / "bootstrap.py")
    done: list[str] = []

    def make_venv() -> None:
        done.append("venv")
        venv.create(module.VENV, clear=True, with_pip=False)

    monkeypatch.setattr(module, "make_venv", make_venv)
    monkeypatch.setattr(module, "install_torch", lambda version: done.append(f"torch {version}"))
    monkeypatch.setattr(module, "install_lock", lambda: done.append("lock"))
    monkeypatch.setattr(module, "install_project", lambda: done.append("project"))
    return SimpleNamespace(module=module, done=done, setup=module.setup)


STEPS = ["torch 2.13.0", "lock", "project"]


# --------------------------------------------------------------------------- set-up


def test_everything_once_and_nothing_twice(tree, monkeypatch):
    first = without_network(tree, monkeypatch)
    first.setup()
    assert first.done == ["venv", *STEPS]
    again = without_network(tree, monkeypatch)
    again.setup()
    assert again.done == []


def test_an_interrupted_setup_starts_afresh(tree, monkeypatch):
    def interrupted() -> None:
        (tree / ".venv" / "half-written").touch()
        raise KeyboardInterrupt

    first = without_network(tree, monkeypatch)
    monkeypatch.setattr(first.module, "install_lock", interrupted)
    with pytest.raises(KeyboardInterrupt):
        first.setup()
    again = without_network(tree, monkeypatch)
    again.setup()
    assert again.done == ["venv", *STEPS]
    assert not (tree / ".venv" / "half-written").exists()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("requirements.lock", "# Generated", "# generated"),
        ("pyproject.toml", 'autograder = "autograder.cli:main"', 'marker = "autograder.cli:main"'),
        ("pyproject.toml", 'version = "2.13.0"', 'version = "2.14.0"'),
    ],
)
def test_a_change_is_installed_into_the_same_environment(tree, monkeypatch, name, old, new):
    without_network(tree, monkeypatch).setup()
    (tree / ".venv" / "my own file").touch()
    text = (tree / name).read_text(encoding="utf-8")
    assert old in text
    (tree / name).write_text(text.replace(old, new), encoding="utf-8")
    again = without_network(tree, monkeypatch)
    again.setup()
    assert [step.split()[0] for step in again.done] == ["torch", "lock", "project"]
    assert (tree / ".venv" / "my own file").exists()


def test_tool_settings_need_no_new_setup(tree, monkeypatch):
    without_network(tree, monkeypatch).setup()
    text = (tree / "pyproject.toml").read_text(encoding="utf-8")
    (tree / "pyproject.toml").write_text(text.replace("line-length = 100", "line-length = 99"))
    again = without_network(tree, monkeypatch)
    again.setup()
    assert again.done == []


def test_an_environment_made_by_hand_is_kept(tree, monkeypatch):
    venv.create(tree / ".venv", with_pip=False)
    (tree / ".venv" / "my own file").touch()
    first = without_network(tree, monkeypatch)
    first.setup()
    assert first.done == STEPS
    assert (tree / ".venv" / "my own file").exists()


def test_a_moved_folder_gets_a_new_environment(tree, monkeypatch):
    without_network(tree, monkeypatch).setup()
    moved = tree.rename(tree.parent / "moved")
    again = without_network(moved, monkeypatch)
    again.setup()
    assert again.done == ["venv", *STEPS]


def test_the_environment_of_another_folder_is_not_emptied(tree, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "kept").touch()
    module = load(tree / "bootstrap.py")
    module.VENV.symlink_to(theirs)
    with pytest.raises(SystemExit, match="Remove the link"):
        module.make_venv()
    assert (theirs / "kept").exists()


def test_a_vanished_python_gets_a_new_environment(tree, monkeypatch):
    first = without_network(tree, monkeypatch)
    first.setup()
    first.module.PYTHON.unlink()
    again = without_network(tree, monkeypatch)
    again.setup()
    assert again.done == ["venv", *STEPS]


def test_two_at_once_do_the_work_once(tree, monkeypatch):
    one = without_network(tree, monkeypatch)
    two = without_network(tree, monkeypatch)
    working, waiting = threading.Event(), threading.Event()

    def slow_lock() -> None:
        one.done.append("lock")
        working.set()
        assert waiting.wait(30), "the second set-up did not wait for the first"

    def say(message: str) -> None:
        if "waiting" in message:
            waiting.set()

    monkeypatch.setattr(one.module, "install_lock", slow_lock)
    monkeypatch.setattr(two.module, "say", say)
    first = threading.Thread(target=one.setup)
    second = threading.Thread(target=two.setup)
    first.start()
    assert working.wait(30)
    second.start()
    first.join()
    second.join()
    assert one.done == ["venv", *STEPS]
    assert two.done == []


# --------------------------------------------------------------------------- torch


@pytest.fixture
def torch_step(monkeypatch) -> SimpleNamespace:
    """install_torch on a made-up machine: what it runs, and what is installed before and after."""
    module = load(SCRIPT)
    step = SimpleNamespace(module=module, asked=[], builds=[None, ("2.13.0+cpu", None)], status=0)

    def pip(*arguments: object) -> int:
        step.asked.append([str(argument) for argument in arguments])
        return step.status

    monkeypatch.setattr(module, "pip", pip)
    monkeypatch.setattr(module, "torch_build", lambda: step.builds.pop(0))
    return step


@pytest.mark.parametrize(
    ("system", "name"),
    [("linux", "torch==2.13.0+cpu"), ("win32", "torch==2.13.0+cpu"), ("darwin", "torch==2.13.0")],
)
def test_only_a_cpu_build_is_asked_for(torch_step, monkeypatch, system, name):
    monkeypatch.setattr(torch_step.module.sys, "platform", system)
    torch_step.module.install_torch("2.13.0")
    (asked,) = torch_step.asked
    assert asked[-1] == name
    assert asked[asked.index("--index-url") + 1].endswith("/whl/cpu")
    assert "--no-deps" in asked


def test_no_cpu_build_stops_with_the_remedy(torch_step):
    torch_step.status = 1
    with pytest.raises(SystemExit, match="no CPU build of torch 2.13.0(.|\n)*PIP_FIND_LINKS"):
        torch_step.module.install_torch("2.13.0")


def test_a_cuda_build_that_slips_in_stops_the_setup(torch_step):
    torch_step.builds = [None, ("2.13.0+cu130", "13.0")]
    with pytest.raises(SystemExit, match="built for CUDA 13.0"):
        torch_step.module.install_torch("2.13.0")


@pytest.mark.parametrize("build", [("2.12.0+cu126", "12.6"), ("2.13.0+cpu", None)])
def test_a_torch_installed_by_hand_is_kept(torch_step, build):
    torch_step.builds = [build]
    torch_step.module.install_torch("2.13.0")
    assert torch_step.asked == []


def test_a_torch_that_is_too_old_is_replaced(torch_step):
    torch_step.builds = [("2.10.1+cpu", None), ("2.13.0+cpu", None)]
    torch_step.module.install_torch("2.13.0")
    assert len(torch_step.asked) == 1


def test_the_build_is_read_without_importing_torch(monkeypatch):
    torch = pytest.importorskip("torch")
    module = load(SCRIPT)
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    assert module.torch_build() == (torch.__version__, torch.version.cuda)


# --------------------------------------------------------------------------- what it says


def test_it_reaches_its_message_on_an_older_python(monkeypatch):
    source = SCRIPT.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    with pytest.raises(SystemExit, match="needs Python 3.11 or newer, and this is Python 3.10"):
        load(SCRIPT)


def test_the_oldest_python_is_the_same_everywhere():
    needed = re.search(r"sys\.version_info < \((\d+), (\d+)\)", SCRIPT.read_text("utf-8"))
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={needed[1]}.{needed[2]}"' in pyproject


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_names_the_package_to_install(tree, monkeypatch, module):
    bootstrap = load(tree / "bootstrap.py")
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == module else found(name, *a)
    )
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv"):
        bootstrap.setup()
    assert not (tree / ".venv").exists()


def test_an_unknown_verb_is_answered_with_the_known_ones():
    answer = run("teach")
    assert answer.returncode != 0
    assert "'teach'" in answer.stderr
    assert "demo" in answer.stderr


def test_clean_takes_away_only_what_setup_made(tree, monkeypatch):
    without_network(tree, monkeypatch).setup()
    marks = tree / "labs" / "gradebook.db"
    marks.parent.mkdir()
    marks.write_bytes(b"marks")
    cache = tree / "dpkit" / "__pycache__"
    cache.mkdir(parents=True)
    assert run("clean", script=tree / "bootstrap.py").returncode == 0
    assert not (tree / ".venv").exists()
    assert not (tree / "build").exists()
    assert not cache.exists()
    assert marks.read_bytes() == b"marks"


def test_the_readme_names_commands_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = set(re.findall(r"(?m)^    (\w+)  +\w", run("help").stdout))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"(?m)^\.PHONY: (.*)$", makefile)[1].split())
    assert verbs | {"help"} == targets
    said = set(re.findall(r"\bmake ([a-z]+)", "\n".join(re.findall(r"`[^`]+`", readme))))
    assert {"demo", "test"} <= said <= targets
    assert set(re.findall(r"bootstrap\.py ([a-z]+)", readme)) <= verbs


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("target", ["demo", "test", "lab"])
def test_make_only_hands_over_to_bootstrap(target):
    command = ["make", "--dry-run", "--no-print-directory", target]
    # This test may itself run under make, whose variables would be handed on.
    drop = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "ARGS", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if name not in drop}
    printed = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert printed.split() == ["python3", "bootstrap.py", target]


def test_jupyterlab_starts_without_asking_about_news():
    settings = json.loads((ROOT / "tools" / "jupyterlab-overrides.json").read_text("utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
