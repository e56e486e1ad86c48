"""Exceptions of the student's code, as a test may expect them.

    try:
        area(-1.0)
    except ValueError:
        pass

What arrives is a `StudentError`, which no such test would catch. It becomes one that is a
`ValueError` too, by the name of the built-in exception that the student's process gives. A test
that accepts an exception accepts the student's word that it was raised: the student may raise it
at will."""

from __future__ import annotations

import builtins

from autograder.errors import StudentError

__all__ = ["as_raised", "undefined"]

EXPECTED = (
    "ArithmeticError AssertionError AttributeError FloatingPointError IndexError KeyError "
    "LookupError NameError OverflowError RuntimeError TypeError ValueError ZeroDivisionError"
).split()
KINDS = {
    name: type(f"Student{name}", (StudentError, getattr(builtins, name)), {}) for name in EXPECTED
}


def as_raised(error: StudentError) -> StudentError:
    """`error` as an exception of the built-in type that the student's code raised."""
    kind = KINDS.get(error.raised) if error.kind == "raised" else None
    return error if kind is None else kind(error.kind, error.message, error.traceback, error.raised)


def undefined(error: StudentError) -> StudentError:
    """`error`, which says that there is no such name, as a `NameError`."""
    return KINDS["NameError"](error.kind, error.message, error.traceback, error.raised)
