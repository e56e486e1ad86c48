"""A probe beside the student's code: the same call in a notebook and in the sandbox.

    run = compile_probe(source)
    run_probe(run, namespace, {"a": 1.5})        # plain data, or StudentError

A probe is a small function `probe(student, **inputs)`. Through `student` it reaches the names that
the student defined, and nothing else; it returns plain data. Its own text is never shown in a
traceback."""

from __future__ import annotations

import math
import traceback as tracebacks
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograder.borrowed import Closed
from autograder.errors import StudentError
from autograder.wire import BadData, TooLarge, normalise

__all__ = ["Student", "compile_probe", "run_probe"]

FILENAME = "<the exercise>"
MAX_MESSAGE = 2000


class Student:
    """The names that a student defined: `student.Var` is the student's own `Var`, `"Var" in
    student` says whether there is one. A name that is missing raises `StudentError` of kind
    "undefined"."""

    def __init__(self, namespace: Mapping[str, Any]):
        self.__namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.__namespace[name]
        except KeyError:
            raise StudentError(
                "undefined",
                f"`{name}` is not defined. Run the cell that defines it, mend it if it ends "
                "in an error, and keep its name.",
            ) from None

    def __contains__(self, name: str) -> bool:
        return name in self.__namespace

    def rebind(self, name: str, *, without: Iterable[str] = (), **replacements: Any) -> Callable:
        """The student's function `name`, with some of the global names that it uses replaced.

        So a probe can give a function a helper of its own, whatever the student has in the helper's
        place. The student's other functions see the replacements too when this one calls them; a
        class and its methods do not. What `without` names, such as "dpkit.relax", refuses to work
        while they run (`autograder.borrowed`).

        Raises `StudentError` ("undefined") when there is no such name or it is not a plain function,
        and ("borrowed") when it is itself something out of reach."""
        closed = Closed(without)
        function = getattr(self, name)
        if closed.guarded(function) is not function:
            closed.guarded(function)()
        if type(function) is not types.FunctionType:
            raise StudentError("undefined", f"`{name}` should be a function written with `def`.")
        around = function.__globals__
        room = dict(around)
        if without:  # first: a function takes its built-ins along from where it is made
            room.update(closed.room(around))
        movers = _Movers(around, room, closed)
        room.update({each: movers.moved(value) for each, value in room.items()})
        room.update(replacements)
        return movers.moved(function)


class _Movers:
    """Let functions that look their global names up in `around` look them up in `room`. What they
    keep, as defaults or in the variables of a function around them, may not be closed either."""

    def __init__(self, around: dict[str, Any], room: dict[str, Any], closed: Closed):
        self.around, self.room, self.closed = around, room, closed
        self.known: dict[int, types.FunctionType] = {}  # one that calls itself keeps itself

    def moved(self, value: Any) -> Any:
        """The function in its new room; anything else as it is."""
        if type(value) is not types.FunctionType or value.__globals__ is not self.around:
            return value
        if id(value) not in self.known:
            cells = [self.cell(cell) for cell in value.__closure__ or ()]
            moved = types.FunctionType(
                value.__code__, self.room, value.__name__, None, tuple(cells)
            )
            self.known[id(value)] = moved
            moved.__defaults__ = value.__defaults__ and tuple(map(self.kept, value.__defaults__))
            named = value.__kwdefaults__
            moved.__kwdefaults__ = named and {name: self.kept(each) for name, each in named.items()}
            for old, new in zip(value.__closure__ or (), cells, strict=True):
                if new is not old:
                    new.cell_contents = self.kept(old.cell_contents)
        return self.known[id(value)]

    def kept(self, value: Any) -> Any:
        """What stands in the place of something that a function keeps."""
        return self.closed.guarded(self.moved(value))

    def cell(self, old: types.CellType) -> types.CellType:
        """A new, empty cell where what is in it has to be replaced; else the same, which functions
        may share to count in."""
        try:
            value = old.cell_contents
        except ValueError:  # not set yet
            return old
        moves = type(value) is types.FunctionType and value.__globals__ is self.around
        return types.CellType() if moves or self.closed.guarded(value) is not value else old


def compile_probe(source: str, function: str = "probe") -> Callable[..., Any]:
    """The function called `function` in `source`, in a fresh module that knows `np`, `math` and
    `dp`.

    Raises `SyntaxError` or `NameError` where the source does not define it: a defect of the
    exercise."""
    module: dict[str, Any] = {"__name__": "__exercise__", "np": np, "math": math}
    try:
        import dpkit

        module["dp"] = dpkit
    except ImportError:  # a probe that needs no dpkit runs without it
        pass
    exec(compile(source, FILENAME, "exec"), module)
    if not callable(module.get(function)):
        raise NameError(f"the exercise's source defines no function {function!r}")
    return module[function]


def run_probe(
    probe: Callable[..., Any], namespace: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Any:
    """`probe(student, **inputs)` as plain data.

    The inputs are copied first, so nothing the student's code does to them reaches the caller.
    Whatever the student's code raises, SystemExit and a keyboard interrupt included, becomes a
    `StudentError` that shows the student's own lines."""
    given = normalise(dict(inputs))
    try:
        answer = probe(Student(namespace), **given)
    except StudentError:
        raise
    except BaseException as error:
        raise student_error(error, namespace) from None
    try:
        return normalise(answer)
    except TooLarge as error:
        raise StudentError("too_large", str(error)) from None
    except BadData as error:
        raise StudentError("bad_data", str(error)) from None


def student_error(error: BaseException, namespace: Mapping[str, Any]) -> StudentError:
    """What the student is told about an exception: its kind, one line, and the student's own lines
    that led to it."""
    told = _told(error, namespace)
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    told.raised = kinds[0]
    return told


def _told(error: BaseException, namespace: Mapping[str, Any]) -> StudentError:
    name = type(error).__name__
    text = _words(error)
    line = f"{name}: {text}" if text else name
    frames = [
        frame
        for frame in tracebacks.walk_tb(error.__traceback__)
        if _is_students(frame[0], namespace)
    ]
    lines = _quote(frames)
    if isinstance(error, NotImplementedError):
        return StudentError(
            "blank", "This is not filled in yet (NotImplementedError).", "".join([*lines, line])
        )
    if isinstance(error, KeyboardInterrupt):
        return StudentError(
            "timeout", "It was interrupted before it finished.", "".join([*lines, line])
        )
    if isinstance(error, MemoryError):
        return StudentError(
            "memory", "It asked for more memory than there is for it.", "".join([*lines, line])
        )
    if isinstance(error, SystemExit):
        message = "The code called exit(), which ends the program instead of returning an answer."
        return StudentError("raised", message, "".join([*lines, line]))
    if isinstance(error, RecursionError):
        line = f"{name}: the code calls itself without end, or too deeply"
    return StudentError("raised", line, "".join([*lines, line]))


def _is_students(frame: types.FrameType, namespace: Mapping[str, Any]) -> bool:
    """A frame of the notebook: its globals are the notebook's, or a copy of them made by
    `rebind`."""
    if frame.f_code.co_filename == FILENAME:
        return False
    return frame.f_globals is namespace or frame.f_globals.get("__name__") == "__main__"


def _quote(frames: list) -> list[str]:
    """Lines of a traceback, the middle of a long one left out."""
    try:
        summary = tracebacks.StackSummary.extract(
            iter(frames[:5] + frames[-5:] if len(frames) > 10 else frames)
        )
    except Exception:  # sources that the student made unreadable
        return []
    lines = []
    for entry in summary:
        place = f"line {entry.lineno}, in {entry.name}"
        lines.append(f"{place}\n    {entry.line}\n" if entry.line else f"{place}\n")
    if len(frames) > 10:
        lines.insert(5, f"... {len(frames) - 10} more calls ...\n")
    return lines


def _words(error: BaseException) -> str:
    """`str(error)`, which is the student's code too."""
    try:
        text = str(error)
    except BaseException:
        return "(its text could not be made)"
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + " …"
