"""Arrays that a derivative depends on stay as they were, and are as writeable afterwards as before."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import dpkit as dp


def test_guards_of_two_threads_may_end_in_any_order():
    memory = np.ones(6)
    view = memory[:3]
    held, done = threading.Event(), threading.Event()
    found = []

    def slow(x):
        y = dp.sum(x * memory)
        held.set()
        assert done.wait(10)
        return y

    thread = threading.Thread(target=lambda: found.append(dp.grad(slow)(np.ones(6))))
    thread.start()
    assert held.wait(10)
    np.testing.assert_array_equal(dp.grad(lambda x: dp.sum(x * view))(np.ones(3)), np.ones(3))
    assert not view.flags.writeable  # its memory is still in use
    np.testing.assert_array_equal(dp.grad(lambda x: dp.sum(x * view))(np.ones(3)), np.ones(3))
    done.set()
    thread.join()
    np.testing.assert_array_equal(found[0], np.ones(6))
    assert memory.flags.writeable and view.flags.writeable


def test_what_comes_after_a_derivative_is_finished_locks_nothing():
    constant, kept = np.ones(3), []

    def f(x):
        kept.append(x)
        return dp.sum(x)

    dp.grad(f)(np.ones(3))
    with pytest.raises(RuntimeError, match="finished"):
        dp.sum(kept[0] * constant)
    assert constant.flags.writeable


def test_memory_that_was_read_only_before_stays_so():
    constant = np.ones(3)
    constant.flags.writeable = False
    dp.grad(lambda x: dp.sum(x * constant))(np.ones(3))
    assert not constant.flags.writeable
