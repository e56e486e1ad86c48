"""Starting a Python inside a sandbox: what it sees, and its environment."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.errors import SandboxUnavailable
from autograder.sandbox import bwrap

__all__ = ["command", "environment", "pack", "unreadable"]

# What a student's process may import of this package: nothing that holds marks, tests or answers.
CHILD_SIDE = (
    "__init__ errors wire frames exercise checker panel probe outputs shell child zygote".split()
    + "sandbox/__init__ sandbox/bwrap sandbox/landlock sandbox/launch sandbox/limits sandbox/linux".split()
    + "sandbox/namespaces sandbox/room sandbox/seccomp sandbox/tree sandbox/trial".split()
)


def pack(folder: Path) -> Path:
    """Copy dpkit and the student's side of this package into `folder`/packages, readable by
    everybody."""
    packages = folder / "packages"
    here = Path(__file__).parent.parent
    for name in CHILD_SIDE:
        source, target = here / f"{name}.py", packages / "autograder" / f"{name}.py"
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    spec = importlib.util.find_spec("dpkit")
    for place in (spec.submodule_search_locations or []) if spec else []:
        shutil.copytree(place, packages / "dpkit", dirs_exist_ok=True)
    for path in [folder, packages, *packages.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return packages


def environment(backend: str, packages: Path, home: str) -> dict[str, str]:
    """All the environment variables of the student's side: none of the marker's own."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(bwrap.PACKAGES if backend == "bwrap" else packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NBGRADER_EXECUTION": "autograde",
    }


def command(
    backend: str,
    arguments: Iterable[str],
    packages: Path,
    *,
    home: str,
    read_only: Sequence[Path] = (),
) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment of `python ARGUMENTS` in the sandbox called
    `backend`."""
    program = [sys.executable, "-P", "-s", *arguments]
    variables = environment(backend, packages, home)
    if backend != "bwrap":
        return program, variables
    inside = {child.name: child for child in packages.iterdir()}
    shown = [path for path in read_only if not path.is_relative_to(packages)]
    return bwrap.command(program, packages=inside, read_only=shown, environment=variables), {}


def unreadable() -> str | None:
    """Root gives up its rights before running students' code: the first folder of this Python that
    nobody else may enter, or None."""
    for prefix in (sys.executable, *bwrap.interpreter()):
        path = Path(os.path.realpath(prefix))
        for folder in [path, *path.parents]:
            if not folder.stat().st_mode & stat.S_IXOTH:
                return str(folder)
    return None


def check_platform() -> None:
    """Raises `SandboxUnavailable` where there is nothing to build a sandbox from."""
    if not hasattr(os, "fork"):
        raise SandboxUnavailable("marking needs Linux; on Windows use WSL, or a virtual machine")
