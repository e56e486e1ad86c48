"""The allocator is told to keep memory, does so, and can be told to stop."""

import platform
import subprocess
import sys

import pytest

from dpkit import allocator

glibc = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc",
    reason="only glibc can be told to keep memory",
)

# Page faults count how often the kernel had to provide a page of memory; they do not depend on the
# speed of the machine. A process of its own, because the settings concern the whole of it.
PROGRAM = """
import resource, sys
import numpy as np
from dpkit.allocator import restore, tune_allocator

def faults(size=40 << 20, times=10):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        np.ones(size // 8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
usual = faults()
assert tune_allocator() and tune_allocator()
faults()
tuned = faults()
assert restore()
faults()
print(usual, tuned, faults())
"""


@glibc
def test_memory_is_kept_and_given_back():
    answer = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    usual, tuned, restored = map(int, answer.stdout.split())
    pages = 10 * (40 << 20) / 4096
    assert usual > 0.001 * pages  # (transparent huge pages make faults few, never none)
    assert tuned < 0.01 * usual
    assert restored > 0.5 * usual


def test_importing_dpkit_tunes_nothing():
    program = "import ctypes, dpkit, sys; assert 'dpkit.allocator' not in sys.modules"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("system, library", [("darwin", ("", "")), ("linux", ("musl", "1.2"))])
def test_elsewhere_nothing_happens(monkeypatch, system, library):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    monkeypatch.setattr(allocator.ctypes, "CDLL", None)  # would raise if it were touched
    assert allocator.tune_allocator() is False
    assert allocator.restore() is False


def test_a_refusal_is_undone(monkeypatch):
    state = dict(allocator._USUAL)

    def mallopt(parameter, value):
        if parameter == allocator._TOP_PAD and value:
            return 0
        state[parameter] = value
        return 1

    monkeypatch.setattr(allocator, "_mallopt", lambda: mallopt)
    assert allocator.tune_allocator() is False
    assert state == allocator._USUAL
