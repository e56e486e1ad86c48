"""Which code this is: judges in other processes, or on other machines, must run the same."""

from __future__ import annotations

import functools
import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import autograder
import dpkit

__all__ = ["code_digest", "environment"]

LIBRARIES = ("numpy", "torch", "matplotlib", "ipython")  # what an answer's last digits depend on


@functools.cache
def code_digest() -> str:
    """A digest of every module of `autograder` and `dpkit` as it was when this process first
    asked, and of `environment()`."""
    digest = hashlib.sha256(repr(sorted(environment().items())).encode())
    for package in (autograder, dpkit):
        home = Path(str(package.__file__)).parent
        for file in sorted(home.rglob("*.py")):
            digest.update(b"\0" + str(file.relative_to(home.parent)).encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@functools.cache
def environment() -> dict[str, str]:
    """The versions that a mark may depend on; "" for what is not installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
