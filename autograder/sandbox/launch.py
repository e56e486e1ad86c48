"""Starting a Python inside a sandbox: what it sees, and its environment."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.errors import SandboxUnavailable
from autograder.sandbox import bwrap
from autograder.sandbox.devices import nodes

__all__ = ["command", "environment", "pack", "stamp", "unreadable"]

# What a student's process may import of this package: nothing that holds marks, tests or answers.
CHILD_SIDE = (
    "__init__ errors wire frames exercise mark checker helpers panel borrowed probe".split()
    + "outputs shell stage child zygote".split()
    + "across/__init__ across/callbacks across/containers across/deeds across/dpkit_calls".split()
    + "across/foreign across/library across/torch_calls".split()
    + "sandbox/__init__ sandbox/bwrap sandbox/landlock sandbox/launch sandbox/limits sandbox/linux".split()
    + "sandbox/devices sandbox/namespaces sandbox/room sandbox/seccomp sandbox/tree sandbox/trial".split()
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


def stamp() -> str:
    """What `pack` would copy now, and for which Python: equal while nothing of it has changed."""
    here = Path(__file__).parent.parent
    files = [here / f"{name}.py" for name in CHILD_SIDE]
    spec = importlib.util.find_spec("dpkit")
    for place in (spec.submodule_search_locations or []) if spec else []:
        files += sorted(path for path in Path(place).rglob("*.py"))
    state = [sys.executable, sys.version]
    for path in files:
        if path.is_file():
            status = path.stat()
            state += [str(path), str(status.st_size), str(status.st_mtime_ns)]
    return hashlib.sha256("\0".join(state).encode()).hexdigest()


def environment(backend: str, packages: Path, home: str, device: str = "cpu") -> dict[str, str]:
    """All the environment variables of the student's side: none of the marker's own, but which of
    several CUDA devices are meant."""
    chosen = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER") if device == "cuda" else ()
    return {
        **{name: os.environ[name] for name in chosen if name in os.environ},
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "XDG_CACHE_HOME": f"{home}/.cache",
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
    device: str = "cpu",
) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment of `python ARGUMENTS` in the sandbox called
    `backend`."""
    program = [sys.executable, "-P", "-s", *arguments]
    variables = environment(backend, packages, home, device)
    if backend != "bwrap":
        return program, variables
    inside = {child.name: child for child in packages.iterdir()}
    shown = [path for path in read_only if not path.is_relative_to(packages)]
    return (
        bwrap.command(
            program,
            packages=inside,
            read_only=shown,
            devices=nodes(device),
            environment=variables,
        ),
        {},
    )


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
