#!/usr/bin/env python3
"""Set the project up and run it, from a bare Python 3.11 or newer.

    python3 bootstrap.py VERB [ARGUMENTS…]

    setup    prepare .venv; every other verb does this first, and it is done once
    demo     build the lab, make a class of submissions, mark it, write the report
    test     run every test that this machine can run; arguments go to pytest
    lab      open JupyterLab on the labs; arguments go to jupyter lab
    slides   build the lecture decks into build/slides; arguments name weeks, such as week03
    lint     check style, types and generated files
    lock     write requirements.lock and its companions again; --upgrade takes newer versions
    doctor   say what this machine can and cannot do
    clean    remove .venv, build and caches; never labs, submissions or marks

Set-up makes a virtual environment in .venv, installs the CPU build of PyTorch, then everything
in requirements.lock, whose files are checked against their hashes, then the project itself. A
stamp is written last: while it fits, nothing is done again and no network is needed.

Only the standard library is used here, and nothing newer than Python 3.7 is written in it, so
that an older Python gets as far as the message below.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "dpkit needs Python 3.11 or newer, and this is Python {}.{} ({}).\n"
        "Install a newer one from https://www.python.org/downloads/ or your system's packages,\n"
        "then run this script with it, for example: python3.12 bootstrap.py demo".format(
            sys.version_info[0], sys.version_info[1], sys.executable
        )
    )

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BUILD = ROOT / "build"
STAMP = VENV / "dpkit-stamp.json"
UNFINISHED = VENV / "dpkit-unfinished"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


# --------------------------------------------------------------------------- small things


def stop(message: str) -> NoReturn:
    sys.exit("\ndpkit: " + message)


def say(message: str) -> None:
    print("dpkit: " + message, file=sys.stderr, flush=True)


def call(*command: object, **options) -> "subprocess.CompletedProcess[str]":
    """Run a command at the root; the caller reads the exit status."""
    return subprocess.run([str(part) for part in command], cwd=ROOT, text=True, **options)


def pip(*arguments: object) -> int:
    return call(PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments).returncode


# --------------------------------------------------------------------------- what is wanted


def wanted() -> dict:
    """What a finished environment was made from. A stamp that says the same needs no work."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # What the project's own installation is made from; tool settings for ruff and the like are not.
    described = [project["build-system"], project["project"], project["tool"]["hatch"]]
    torch = project["tool"]["uv"]["dependency-metadata"][0]
    return {
        "lock": hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest(),
        "project": hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest(),
        "torch": torch["version"],
        # The environment holds absolute paths, so a moved or copied one has to be made again.
        "root": str(ROOT),
    }


def read_stamp() -> dict:
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def venv_python() -> str:
    """The version of the Python in .venv, such as "3.11"; "" when there is none that runs."""
    show = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return call(PYTHON, "-I", "-S", "-c", show, capture_output=True).stdout.strip()
    except OSError:
        return ""


# --------------------------------------------------------------------------- the steps


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep two set-ups at the same time from treading on each other. Dies with its process."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "setup.lock", "w") as handle:
        waited = False
        while True:
            try:
                if os.name == "nt":
                    import msvcrt

                    msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not waited:
                    say("another set-up is running in this folder; waiting for it")
                waited = True
                time.sleep(0.5)
        yield


def make_venv() -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        here = "python{}.{}".format(*sys.version_info[:2])
        stop(
            f"this Python has no module {missing[0]}, which makes virtual environments.\n"
            f"On Debian and Ubuntu it is a package of its own: sudo apt install {here}-venv\n"
            "Then run the same command again."
        )
    if VENV.is_symlink():  # it would be emptied first, and may serve somebody else
        stop(
            f"{VENV} is a link to {VENV.resolve()}, an environment that was made for another folder. "
            "Remove the link, and run the same command again."
        )
    say(f"making .venv with Python {platform.python_version()}")
    if call(sys.executable, "-m", "venv", "--clear", VENV).returncode:
        stop(f"no virtual environment could be made in {VENV}; the lines above say why.")


def torch_build() -> "tuple[str, str | None] | None":
    """(version, CUDA version or None) of the torch in .venv; None when there is none.

    Read from the file that names the build: importing torch takes seconds, and fails while its
    own dependencies are still to come.
    """
    show = """
import importlib.util, json, pathlib, runpy
torch = importlib.util.find_spec("torch")
named = runpy.run_path(str(pathlib.Path(torch.origin).with_name("version.py")))
print(json.dumps([str(named["__version__"]), named["cuda"]]))
"""
    answer = call(PYTHON, "-I", "-c", show, capture_output=True)
    if answer.returncode:
        return None
    version, cuda = json.loads(answer.stdout)
    return version, cuda


def install_torch(version: str) -> None:
    """The CPU build, by name: the Linux build on PyPI is the CUDA one, which is gigabytes."""
    found = torch_build()
    release = tuple(int(n) for n in re.findall(r"\d+", found[0])[:2]) if found else (0, 0)
    if found and release >= (2, 11):
        if found[0].split("+")[0] != version:
            say(f"keeping torch {found[0]}, which is in .venv already")
        return
    # Only a CPU wheel carries this name on Linux and Windows; macOS has no other kind.
    exact = version if sys.platform == "darwin" else version + "+cpu"
    say(f"installing torch {exact}")
    failed = pip(
        "install", "--no-deps", "--retries", 2, "--timeout", 15,
        "--index-url", TORCH_INDEX, "torch==" + exact,
    )  # fmt: skip
    if failed:
        stop(
            f"no CPU build of torch {version} was found for Python {platform.python_version()} "
            f"on {platform.system()} {platform.machine()}.\n"
            f"It comes from {TORCH_INDEX}: is that reachable from here?\n"
            "With the wheel in a folder of your own, name the folder and run the same command:\n"
            f"    PIP_FIND_LINKS=/path/to/folder python3 bootstrap.py {' '.join(sys.argv[1:])}\n"
            "The CUDA build is never taken in its place."
        )
    found = torch_build()
    if found is None:
        stop("pip reported success but left no torch in .venv; the lines above may say why.")
    if found[1] is not None:
        stop(f"the torch just installed ({found[0]}) is built for CUDA {found[1]}, not for CPU.")


def install_lock() -> None:
    """Everything in the lock, by the uv that the lock itself pins; by pip where there is no uv."""
    lock = ROOT / "requirements.lock"
    pinned = re.search(r"(?m)^uv==(?:.*\\\n)*.*$", lock.read_text(encoding="utf-8"))
    if pinned is None:
        stop(f"{lock} names no uv; take the file from the repository again.")
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder, "uv.txt")
        only_uv.write_text(pinned.group() + "\n", encoding="utf-8")
        no_uv = pip("install", "--quiet", "--no-deps", "--require-hashes", "-r", only_uv)
    checked = ["install", "--no-deps", "--require-hashes", "-r", lock]
    checked += [] if sys.stderr.isatty() else ["--quiet"]
    say("installing requirements.lock")
    # Compiled now, the modules start fast even where Python is told to write no .pyc files.
    if no_uv or call(
        PYTHON, "-m", "uv", "pip", *checked, "--python", PYTHON, "--compile-bytecode"
    ).returncode:  # fmt: skip
        say("uv could not do it; trying again with pip, which is slower")
        if pip(*checked):
            stop(
                "the packages in requirements.lock could not all be installed; the lines above\n"
                "name the one that failed. With no network at the moment, run this again later."
            )


def install_project() -> None:
    say("installing dpkit itself, editable")
    if pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT):
        stop("dpkit itself could not be installed; the lines above say why.")
    if pip("check"):
        stop("the packages in .venv do not fit together, as the lines above say.")


def setup() -> None:
    """Bring .venv in line with the lock; no work, and well under a second, when it is already."""
    want = wanted()

    def finished() -> bool:
        stamp = read_stamp()
        python = stamp.pop("python", None)
        return stamp == want and python is not None and venv_python() == python

    if finished():
        return
    with alone():
        if finished():  # by the set-up that this one waited for
            return
        started = time.monotonic()
        stamp = read_stamp()
        moved = bool(stamp) and stamp.get("root") != want["root"]
        changed = bool(stamp) and stamp.get("python") != venv_python()
        if UNFINISHED.exists() or moved or changed or not venv_python():
            make_venv()
        UNFINISHED.touch()
        STAMP.unlink(missing_ok=True)
        install_torch(want["torch"])
        install_lock()
        install_project()
        written = STAMP.with_suffix(".new")
        written.write_text(json.dumps({**want, "python": venv_python()}), encoding="utf-8")
        UNFINISHED.unlink()
        written.replace(STAMP)
        say(f"ready, after {time.monotonic() - started:.0f} s of set-up")


# --------------------------------------------------------------------------- the verbs


def hand_over(*command: object, folder: Path = ROOT) -> NoReturn:
    """Become the command, as if it had been typed in `folder` in an activated environment."""
    environment = {
        **os.environ,
        "VIRTUAL_ENV": str(VENV),
        "PATH": str(BIN) + os.pathsep + os.environ.get("PATH", ""),
    }
    environment.pop("PYTHONHOME", None)
    words = [str(PYTHON), *(str(part) for part in command)]
    os.chdir(folder)
    if os.name != "nt":
        os.execve(words[0], words, environment)
    # Windows has no exec: wait, and leave Ctrl-C to the command itself.
    process = subprocess.Popen(words, env=environment)
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:
            continue


def run_tests(arguments: "list[str]") -> NoReturn:
    # The whole suite runs on two processes; a choice of tests runs as pytest is told to.
    hand_over("-m", "pytest", *(arguments or ["-n", "2", "--dist", "loadscope"]))


def open_lab(arguments: "list[str]") -> NoReturn:
    notebooks = ROOT / "labs" / "release"
    if not notebooks.is_dir():
        stop(f"there are no notebooks in {notebooks} yet; make them: .venv/bin/autograder release")
    # Jupyter refuses root without being told; in a container, root is all there is.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # nbgrader takes the folder that the server starts in for the course, so that has to be this.
    hand_over("-m", "jupyterlab", *root, *arguments, folder=notebooks)


def lint(arguments: "list[str]") -> NoReturn:
    if arguments:
        stop("lint takes no arguments; for one file, use .venv/bin/ruff or .venv/bin/mypy.")
    failed = [
        name
        for name, command in {
            "style": ["ruff", "check"],
            "format": ["ruff", "format", "--check"],
            "types": ["mypy"],
        }.items()
        if call(PYTHON, "-m", *command).returncode
    ]
    if call(PYTHON, ROOT / "tools" / "lock.py", "--check").returncode:
        failed.append("generated files")
    if failed:
        stop("these checks failed: " + ", ".join(failed))
    sys.exit(0)


def clean() -> None:
    caches = [
        ROOT / name for name in (".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis")
    ]
    for package in ("autograder", "benchmarks", "dpkit", "labs", "tests", "tools"):
        caches += (ROOT / package).rglob("__pycache__")
    for folder in (VENV, BUILD, ROOT / "__pycache__", *caches):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
            say(f"removed {folder.relative_to(ROOT)}")


def main() -> None:
    verb, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if verb in ("", "help", "-h", "--help"):
        print(__doc__.split("Only the standard")[0].strip())
        sys.exit(0 if verb else 2)
    verbs = {
        "setup": lambda: None,
        "demo": lambda: hand_over("-m", "autograder", "demo", *arguments),
        "doctor": lambda: hand_over("-m", "autograder", "doctor", *arguments),
        "lab": lambda: open_lab(arguments),
        "lint": lambda: lint(arguments),
        "lock": lambda: hand_over(ROOT / "tools" / "lock.py", *arguments),
        "slides": lambda: hand_over("-m", "tools.slides", *arguments),
        "test": lambda: run_tests(arguments),
    }
    if verb == "clean":
        clean()
    elif verb in verbs:
        setup()
        verbs[verb]()
    else:
        stop(f"there is no verb {verb!r}; choose from: {', '.join([*verbs, 'clean'])}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\ndpkit: interrupted; the same command goes on from here.")
