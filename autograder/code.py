"""Which code this is: judges in other processes, or on other machines, must run the same."""

from __future__ import annotations

import functools
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import autograder
import dpkit
from autograder.store import fingerprint

__all__ = ["code_digest", "environment"]

LIBRARIES = ("numpy", "torch", "matplotlib", "ipython")  # what an answer's last digits depend on


@functools.cache
def code_digest() -> str:
    """A digest of `autograder` and `dpkit` as they were when this process first asked, and of
    `environment()`."""
    code = [Path(str(package.__file__)).parent for package in (autograder, dpkit)]
    return fingerprint(sorted(environment().items()), *code)


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
