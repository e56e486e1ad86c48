"""Tests that do not end by themselves."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autograder.overrun import Overrun, counting, limited

ROOT = Path(__file__).resolve().parents[2]


def test_what_ends_in_time_is_left_alone():
    with limited(5.0, 5.0):
        result = sum(range(1000))
    assert result == 499500
    time.sleep(0.3)  # nothing comes later


def test_a_loop_is_ended_by_processor_time_even_where_it_catches_everything():
    with pytest.raises(Overrun) as over, limited(0.3, 60.0):
        while True:
            try:
                int("x")
            except Exception:
                pass
    assert over.value.args == ("processor",)


def test_a_test_that_sleeps_is_ended_by_the_clock():
    started = time.thread_time()
    with pytest.raises(Overrun) as over, limited(60.0, 0.3):
        while True:
            time.sleep(0.01)
    assert time.thread_time() - started < 0.3
    assert over.value.args == ("wall",)


def test_time_with_a_clock_of_its_own_does_not_count():
    with limited(60.0, 0.5):
        with counting(False):
            time.sleep(1.0)
    with pytest.raises(Overrun), limited(60.0, 0.5):
        with counting(False):
            time.sleep(0.3)
            with counting(True):  # as where the student's code calls the judge's
                while True:
                    time.sleep(0.01)
    with counting(False):  # by itself it means nothing
        pass


def test_nor_does_it_for_the_last_resort():
    ended = subprocess.run([sys.executable, "-c", UNCOUNTED.format("time.sleep(2.0)")], cwd=ROOT)
    assert ended.returncode == 0
    for_ever = UNCOUNTED.format("9 ** 9 ** 9 ** 9")
    assert subprocess.run([sys.executable, "-c", for_ever], cwd=ROOT, timeout=60).returncode == 1


UNCOUNTED = """
import time
from autograder import overrun
overrun.expendable, overrun.PATIENCE = True, 0.5
with overrun.limited(30.0, 0.5), overrun.counting(False):
    {}
"""


def test_only_the_thread_that_ran_on_is_ended():
    caught, done = [], threading.Event()

    def other():
        try:
            with limited(0.2, 60.0):
                while True:
                    pass
        except Overrun:
            caught.append(True)
        done.set()

    threading.Thread(target=other).start()
    assert done.wait(30) and caught == [True]


def test_one_after_the_other():
    for _ in range(3):
        with pytest.raises(Overrun), limited(0.1, 60.0):
            while True:
                pass
        with limited(60.0, 60.0):
            time.sleep(0.15)


def test_the_last_resort_ends_a_process_that_hears_nothing():
    code = "from autograder.overrun import doomed\nwith doomed(0.5): 9 ** 9 ** 9"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60)
    assert ended.returncode == 1


def test_the_last_resort_leaves_alone_what_ends_in_time():
    code = (
        "import time\nfrom autograder.overrun import doomed\n"
        "with doomed(0.3): pass\ntime.sleep(0.6)\nprint('alive')"
    )
    lived = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, capture_output=True)
    assert (lived.returncode, lived.stdout) == (0, b"alive\n")
