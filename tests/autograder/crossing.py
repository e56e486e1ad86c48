"""One ordinary test against one student's code, as the judge runs it: beside the fork server, and
without the notebook around it."""

from __future__ import annotations

import contextlib
import hashlib
import warnings

import numpy as np

from autograder.marking import _evaluate
from autograder.remote import TrustedNames
from autograder.session import Zygote

PRELOAD = ("numpy", "dpkit", "torch")


def seed(what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"course key {what}".encode()).digest()[:16], "big")


class Judge:
    """Runs tests.

    Attributes:
        session: the latest student's process, closed by now.
    """

    def __init__(self, **options):
        self.zygote = Zygote(**{"preload": PRELOAD, **options})
        self.session = None

    def value(self, student, test, locked=""):
        """What the test's last line gives. Raises what the test raises."""
        return self.values(student, [test], locked)[0]

    def values(self, student, tests, locked=""):
        """What several tests of one notebook give, each beginning afresh."""
        return [outcome() for outcome in self._outcomes(student, tests, locked)]

    def errors(self, student, tests, locked=""):
        """The exceptions of several tests of one notebook; None for one that passes."""
        return [_error_of(outcome) for outcome in self._outcomes(student, tests, locked)]

    def _outcomes(self, student, tests, locked):
        with self.zygote.open(seed=7) as self.session:
            names = TrustedNames(self.session, check=None, seed=seed)
            for source in (locked, student):
                run = self.session.run_cell(source)
                assert run.status in ("ok", "error"), run.message
            names.learn(locked)
            outcomes = []
            for number, test in enumerate(tests):
                try:
                    value = self._run(names, f"test{number}", test)
                    outcomes.append(lambda value=value: value)
                except Exception as error:
                    outcomes.append(_raising(error))
            return outcomes

    def _run(self, names, name, test):
        with (
            self.session.checkpoint() as trial,
            names.cell(name, test, trial),
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            return _evaluate(test, names)

    def error(self, student, test, locked=""):
        """The exception of a test that fails; None for one that does not."""
        return self.errors(student, [test], locked)[0]

    def passes(self, student, test, locked=""):
        return self.error(student, test, locked) is None

    def close(self):
        self.zygote.close()


def _raising(error):
    def outcome():
        raise error

    return outcome


def _error_of(outcome):
    try:
        outcome()
    except Exception as error:
        return error
    return None


@contextlib.contextmanager
def a_judge(**options):
    judge = Judge(**options)
    try:
        yield judge
    finally:
        judge.close()
