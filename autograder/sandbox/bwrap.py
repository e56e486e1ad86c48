"""The outer room, made by bubblewrap: the fork server sees the system read-only, and nothing of the
course."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["PACKAGES", "command", "missing"]

PACKAGES = Path("/packages")  # where the fork server finds dpkit and its own modules
NOBODY = 65534
SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/nix/store",
    "/gnu/store",
)
SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/fonts",  # Matplotlib asks fontconfig, which complains without them
)


def missing() -> str | None:
    """None where bubblewrap is installed; otherwise how to get it."""
    if shutil.which("bwrap"):
        return None
    return "bubblewrap is not installed (apt install bubblewrap, dnf install bubblewrap, …)"


def command(
    program: Iterable[str],
    *,
    packages: Mapping[str, Path],
    read_only: Iterable[Path] = (),
    devices: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """The command line that runs `program` in the sandbox.

    Args:
        program: the command to run inside.
        packages: path below `PACKAGES` → file or folder to show there.
        read_only: more files and folders to show, where they are.
        devices: files in /dev that it may use besides the ordinary ones.
        environment: all the environment variables there will be.
    """
    arguments = [shutil.which("bwrap") or "bwrap"]
    for namespace in ("pid", "net", "ipc", "uts", "cgroup-try"):
        arguments.append(f"--unshare-{namespace}")
    # As process 1 the program takes everything in its namespace with it when it ends.
    arguments += [
        "--as-pid-1",
        "--hostname",
        "sandbox",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
    ]
    if os.geteuid() == 0:
        # Folders of root's own (a Python below /root) are bound by root; the fork server then steps
        # down by itself.
        arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        arguments += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    for name, value in (environment or {}).items():
        arguments += ["--setenv", name, value]

    binds = {path: path for path in [*interpreter(), *map(str, read_only)]}
    binds |= {str(PACKAGES / inside): str(outside) for inside, outside in packages.items()}
    for path in SYSTEM:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            arguments += ["--ro-bind", path, path]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    for node in devices:
        arguments += ["--dev-bind", node, node]
    # bubblewrap makes the folders on the way to a bind for root alone, and we are about to be
    # somebody else. (A Python below /tmp comes after the /tmp that would hide it.)
    for folder in sorted(
        {str(parent) for path in (*binds, *SETTINGS) for parent in Path(path).parents}
        - {"/", "/tmp"}
    ):
        if not _in_system(folder):
            arguments += ["--perms", "0755", "--dir", folder]
    for path in SETTINGS:
        arguments += ["--ro-bind-try", path, path]
    for inside, outside in binds.items():
        arguments += ["--ro-bind", outside, inside]
    return [*arguments, "--remount-ro", "/", "--chdir", "/", "--", *program]


def interpreter() -> list[str]:
    """The folders of this Python that the system folders do not hold."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
    return sorted(prefix for prefix in prefixes if not _in_system(prefix))


def _in_system(path: str) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in SYSTEM)
