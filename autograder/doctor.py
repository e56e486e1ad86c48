"""`autograder doctor`: what this machine can and cannot do, what is lost by that, and the remedy."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder import sandbox
from autograder.errors import SandboxUnavailable

__all__ = ["Line", "examine", "look"]

PYTHON = (3, 11)
FREE_GB = 1.0
TORCH = (2, 11)

# distribution: what is lost without it
NEEDED = {
    "numpy": "nothing runs",
    "nbgrader": "no marking",
    "nbformat": "no marking",
    "jupytext": "no releases, no marking",
    "ipython": "no marking",
    "matplotlib": "no figures in labs and reports",
    "jinja2": "no class report",
    "rich": "no tables, no progress bars",
}
WISHED = {
    "jupyterlab": "labs cannot be opened here",
    "torch": "labs that use torch do not run",
    "playwright": "no tests in a browser",
}


@dataclass(frozen=True)
class Line:
    """One line: what was looked at, whether it is well, what was found, and what to do about it.

    `needed`: marking is refused without it.
    """

    what: str
    ok: bool
    found: str
    lost: str = ""
    remedy: str = ""
    needed: bool = False

    def __str__(self) -> str:
        sign = "✓" if self.ok else "✗" if self.needed else "–"
        line = f"{sign} {self.what}: {self.found}"
        if self.ok:
            return line
        return line + "".join(f"; {text}" for text in (self.lost, self.remedy) if text)


def examine(as_json: bool = False) -> int:
    """Print what `look` finds; returns 1 when `autograder grade` would refuse to mark here, otherwise 0."""
    lines = list(look())
    refused = any(line.needed and not line.ok for line in lines)
    if as_json:
        plain = [asdict(line) for line in lines]
        print(json.dumps({"can_grade": not refused, "lines": plain}, indent=1))
    else:
        for line in lines:
            print(line)
        print("submissions cannot be marked here" if refused else "submissions can be marked here")
    return int(refused)


def look() -> Iterator[Line]:
    """Everything there is to say about this machine, line by line."""
    yield _python()
    yield from _packages()
    yield from _torch()
    yield _nbgrader()
    yield from _sandbox()
    yield _chromium()
    yield _disk(Path.cwd())


def _python() -> Line:
    version = platform.python_version()
    return Line(
        "Python",
        sys.version_info >= PYTHON,
        f"{version} ({sys.executable})",
        lost="nothing here is tested with it",
        remedy="install Python 3.11 or newer, then python3 bootstrap.py setup",
        needed=True,
    )


def _packages() -> Iterator[Line]:
    for name, lost in {**NEEDED, **WISHED}.items():
        try:
            found, ok = importlib.metadata.version(name), True
        except importlib.metadata.PackageNotFoundError:
            found, ok = "not installed", False
        yield Line(name, ok, found, lost, "python3 bootstrap.py setup", name in NEEDED)


def _torch() -> Iterator[Line]:
    """Its build, and whether it sees a GPU. Said only where torch can be imported."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return
    except OSError as error:  # a library that it needs is missing
        yield Line(
            "torch build", False, f"cannot be loaded ({error})", "labs that use torch do not run"
        )
        return
    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    built = torch.version.cuda
    yield Line(
        "torch build",
        version >= TORCH,
        f"{torch.__version__}, {f'CUDA {built}' if built else 'CPU only'}",
        lost="labs that use torch were written for 2.11 and newer",
        remedy="python3 bootstrap.py setup",
    )
    if torch.cuda.is_available():
        yield Line("CUDA", True, torch.cuda.get_device_name())
    else:
        why = "torch sees no GPU" if built else "this torch is built without it"
        yield Line("CUDA", False, why, "tests marked gpu are skipped")


def _nbgrader() -> Line:
    """nbgrader runs the program `alembic` by its name."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    found = shutil.which("alembic", path=places)
    return Line(
        "nbgrader's database tools",
        found is not None,
        found or "there is no program `alembic`",
        lost="no gradebook",
        remedy="python3 bootstrap.py setup",
        needed=True,
    )


def _sandbox() -> Iterator[Line]:
    """Which sandbox marking would use, then each protection."""
    try:
        best = sandbox.choose("auto")
    except SandboxUnavailable as error:
        yield Line("sandbox", False, str(error), lost="grade refuses", needed=True)
    else:
        yield Line("sandbox", True, best)
    for name, available, remark in sandbox.report():
        yield Line(f"  {name}", available, remark or ("yes" if available else "no"))


def _chromium() -> Line:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        return Line("Chromium", False, "not found", "no tests in a browser", "apt install chromium")
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    return Line("Chromium", asked.returncode == 0, asked.stdout.strip() or path)


def _disk(folder: Path) -> Line:
    free = shutil.disk_usage(folder).free / 1e9
    return Line(
        "free disk space",
        free >= FREE_GB,
        f"{free:.1f} GB in {folder}",
        lost="marking may stop for want of room",
        remedy="make room",
    )
