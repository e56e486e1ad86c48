"""Python, the packages, torch and its GPU, nbgrader's tools, a browser."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.doctor.line import Line

__all__ = ["look"]

PYTHON = (3, 11)
TORCH = (2, 11)
SETUP = "python3 bootstrap.py setup"

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
    "jupyterlab": "labs cannot be opened here, and there is no formgrader",
    "torch": "labs that use torch do not run",
    "distributed": "no marking on several machines (grade --scheduler)",
    "psycopg": "no gradebook on a PostgreSQL server",
    "rapidfuzz": "no hints at answers that are alike (report --similarity)",
    "playwright": "no tests in a browser",
}


def look() -> Iterator[Line]:
    """Line by line."""
    yield _python()
    yield from _packages()
    yield from _torch()
    yield _database_tools()
    yield _chromium()


def _python() -> Line:
    version = platform.python_version()
    return Line(
        "Python",
        sys.version_info >= PYTHON,
        f"{version} ({sys.executable})",
        lost="nothing here is tested with it",
        remedy=f"install Python 3.11 or newer, then {SETUP}",
        needed=True,
    )


def _packages() -> Iterator[Line]:
    for name, lost in {**NEEDED, **WISHED}.items():
        try:
            found, ok = importlib.metadata.version(name), True
        except importlib.metadata.PackageNotFoundError:
            found, ok = "not installed", False
        yield Line(name, ok, found, lost, SETUP, name in NEEDED)


def _torch() -> Iterator[Line]:
    """Its build, and whether it can calculate on a GPU. Said only where torch can be imported."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return
    except OSError as error:  # a library that it needs is missing
        yield Line(
            "torch build", False, f"cannot be loaded ({error})", "labs that use torch do not run", SETUP
        )  # fmt: skip
        return
    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    built = torch.version.cuda
    yield Line(
        "torch build",
        version >= TORCH,
        f"{torch.__version__}, {f'CUDA {built}' if built else 'CPU only'}",
        lost="labs that use torch were written for 2.11 and newer",
        remedy=SETUP,
    )
    yield _cuda(torch)


def _cuda(torch: Any) -> Line:
    """Found out by calculating there: a driver may be too old for the device, or the device busy."""
    from autograder.device import no_cuda

    lost = "no --device cuda; tests marked gpu are skipped"
    if lacking := no_cuda():
        driver = "" if Path("/proc/driver/nvidia").is_dir() else ", and no NVIDIA driver is loaded"
        remedy = "on a machine with a GPU: its driver, and a torch built for CUDA"
        return Line("CUDA", False, f"{lacking}{driver}", lost, remedy)
    try:
        six = float((torch.ones(2, 3, device="cuda") @ torch.ones(3, 2, device="cuda"))[0].sum())
        works, why = six == 6.0, f"2 × 3 came out as {six:g}"
    except RuntimeError as error:
        works, why = False, str(error).splitlines()[0]
    name = torch.cuda.get_device_name()
    free = torch.cuda.mem_get_info()[0] / 1e9 if works else 0.0
    found = f"{name}, {free:.0f} GB free" if works else f"{name} does not calculate ({why})"
    return Line("CUDA", works, found, lost, "a driver as new as torch's CUDA, or a free device")


def _database_tools() -> Line:
    """nbgrader runs the program `alembic` by its name."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    found = shutil.which("alembic", path=places)
    return Line(
        "nbgrader's database tools",
        found is not None,
        found or "there is no program `alembic`",
        lost="no gradebook",
        remedy=SETUP,
        needed=True,
    )


def _chromium() -> Line:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        return Line("Chromium", False, "not found", "no tests in a browser", "apt install chromium")
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    return Line("Chromium", asked.returncode == 0, asked.stdout.strip() or path)
