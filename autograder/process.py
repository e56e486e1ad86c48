"""One student's process, as the judge sees it.

Everything that comes from the process is checked as if its author wished the judge ill: it can be
wrong, late, endless or missing, and costs this session only.
"""

from __future__ import annotations

import logging
import os
import secrets
import select
import signal
import socket
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.clock import TICK_SECONDS, Clock, Waiting, by_the_wall
from autograder.ends import cause_of_death, reported_status, send_signal
from autograder.errors import KINDS, StudentError
from autograder.frames import Closed, Line
from autograder.outputs import Collector
from autograder.overrun import counting
from autograder.sandbox import tree
from autograder.sandbox.limits import Limits
from autograder.wire import BadData, Foreign, Ref, decode

__all__ = ["CellRun", "Session"]

log = logging.getLogger("autograder")

WEIGH_SECONDS = 1.0
STRAY_MESSAGES = 20_000
CALLBACK_DEPTH = 8
MAX_TEXT = 20_000
ERROR_NAMES = {
    "timeout": "Timeout",
    "memory": "OutOfMemory",
    "killed": "ProcessEnded",
    "process": "ProcessEnded",
}


@dataclass
class CellRun:
    """What came of running one cell.

    Attributes:
        outputs: nbformat v4 output dictionaries.
        status: "ok", "error" (the cell raised), "timeout", "memory" or "killed".
        execution_count: the number in the cell's brackets.
        cpu_seconds: processor time of the whole process tree; NaN when nobody lived to tell.
        message: a sentence where the status is none of the first two.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    status: str = "ok"
    execution_count: int | None = None
    cpu_seconds: float = 0.0
    message: str = ""


class Session:
    """One student's process. Made by `Zygote.open`.

    Attributes:
        last_output: the text printed by the last probe or call.
        waiting: what of its time the submission has slept away; its copies share it.
    """

    def __init__(
        self,
        limits: Limits,
        line: socket.socket,
        report: socket.socket,
        supervisor: int,
        student: int,
        *,
        alone: bool,
        folder: Path | None,
        forget: Callable[[Session], None],
    ):
        """
        Args:
            line: to the student's process.
            report: from its supervisor.
            supervisor, student: pidfds; closed with the session, as are the sockets.
            alone: the supervisor is process 1 of a namespace, whose end is everybody's.
            folder: the session's private folder, where namespaces do not make one.
            forget: called when the session is closed.
        """
        self.limits = limits
        self.last_output = ""
        self.waiting = Waiting(limits.idle_seconds)
        self._alone, self._folder, self._forget = alone, folder, forget
        self._line = Line(line, limit=self.limits.frame_bytes)
        self._report, self._supervisor, self._student = report, supervisor, student
        self._pid = tree.pid_of(supervisor)
        self._ended: tuple[str, str] | None = None  # why the judge ended it: kind, sentence
        self._epitaph: StudentError | None = None
        self._lock = threading.Lock()
        self._open = True
        self.foreign: Foreign | None = None  # what makes tensors of what arrives; see `wire.decode`
        self._callbacks: dict[int, types.FunctionType] = {}
        self._numbers: dict[types.FunctionType, int] = {}  # of these
        self._copies: set[Session] = set()
        self._trial: Session | None = None  # the one of them that is being asked at present
        self._ledger = threading.Lock()
        self._seen = self._vanished = 0.0  # processor seconds; those that nobody counts any more
        self._weight = (float("-inf"), 0, 0)  # when, and the room's memory: quickly, exactly
        self._output_left = self.limits.output_bytes_total
        self._cells = 0
        self._depth = 0
        self._doing = "the start"
        self._deadline = time.monotonic() + limits.wall_seconds(limits.cpu_seconds_total)

    # Asking

    @property
    def alive(self) -> bool:
        """Whether anything can still be asked."""
        return self._open and self._epitaph is None

    def run_cell(self, source: str, *, cell_id: str = "") -> CellRun:
        """Run a code cell as Jupyter would. A cell that crashes or runs on ends the session, which
        the result's status and message say; a session that has ended already raises `StudentError`
        ("killed")."""
        self._must_live()
        self._cells += 1
        collector = Collector(self.limits, self._output_left, self._cells)
        before = self._usage().cpu_seconds
        run = CellRun(collector.outputs, execution_count=self._cells)
        self._doing = f"cell {cell_id or self._cells}"
        try:
            answer, why = self._ask({"op": "cell", "source": source}, collector=collector)
            if why:
                run.status, run.message = "timeout", why
                if not any(output["output_type"] == "error" for output in collector.outputs):
                    collector.fail("Timeout", run.message)
            elif type(answer) is not dict or answer.get("ok") is not True:
                run.status = "error"
        except StudentError as error:
            if self.alive:  # the request itself could not be carried out
                run.status = "error"
            else:
                run.status = error.kind if error.kind in ("timeout", "memory") else "killed"
            run.message = error.message
            collector.fail(ERROR_NAMES.get(error.kind, "StudentError"), error.message)
        self._output_left -= collector.used
        run.outputs = collector.outputs
        run.cpu_seconds = (
            max(self._usage().cpu_seconds - before, 0.0) if self.alive else float("nan")
        )
        return run

    def probe(
        self,
        source: str,
        function: str,
        inputs: Mapping[str, Any],
        *,
        cpu_seconds: float | None = None,
    ) -> Any:
        """Run the exercise's `function`, defined by `source`, beside the student's code; its answer
        is plain data.

        Raises `StudentError` when the student's code raises, runs on, or gives something else;
        `BadData` when `inputs` are not plain data (a defect of the exercise)."""
        self._doing = f"a probe ({function})"
        request = {"op": "probe", "source": source, "function": function, "inputs": dict(inputs)}
        return self._value(request, cpu_seconds, refs=False)

    def has(self, names: Iterable[str]) -> set[str]:
        """Those of `names` that the student's code has defined, by its own word."""
        names = list(names)
        answer = self._value({"op": "has", "names": names}, None, refs=False)
        return (
            set(names) & {name for name in answer if type(name) is str}
            if type(answer) is list
            else set()
        )

    def get(self, name: str) -> Any:
        """What the student's `name` stands for: plain data by value, anything else as a `Ref`."""
        self._doing = f"reading {name}"
        return self._value({"op": "get", "name": name}, None)

    def attribute(self, target: Ref, name: str) -> Any:
        """An attribute of a student's object, as `get` gives it."""
        self._doing = f"reading .{name}"
        return self._value({"op": "attribute", "target": target, "name": name}, None)

    def call(
        self,
        target: str | Ref,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        method: str = "",
        cpu_seconds: float | None = None,
        doing: str = "",
    ) -> Any:
        """Call the student's `target`, or its `method`; the result as `get` gives it. `doing` says in
        words what for, should the process end in it.

        Arguments are plain data, `Ref`s, and plain Python functions. Such a function reaches the
        student's code as one that asks back: it runs here. Arrays go by value, so nothing done to
        them there is seen here."""
        name = target if isinstance(target, str) else target.type_name
        self._doing = doing or f"calling {name}{'.' + method if method else ''}"
        request = {
            "op": "call",
            "target": target,
            "method": method,
            "args": list(args),
            "kwargs": dict(kwargs or {}),
        }
        return self._value(request, cpu_seconds)

    def cpu_seconds(self) -> float:
        """Processor time of the whole process tree up to now."""
        return self._usage().cpu_seconds

    def forget(self, objects: Sequence[int]) -> None:
        """Let go of objects in the student's process that no `Ref` here stands for any more."""
        self._value({"op": "forget", "objects": list(objects)}, None, refs=False)

    def forget_callbacks(self) -> None:
        """From now on the student's code can call none of the functions that it was given."""
        self._callbacks, self._numbers = {}, {}

    @contextmanager
    def checkpoint(self) -> Iterator[Session]:
        """A copy of the process as it is at this moment, to ask what a graded cell has to ask.

            with session.checkpoint() as trial:
                trial.probe(…)      # a crash here, or a changed global, is the copy's own affair

        At the end of the block the copy and all that it started are gone, and this process is as it
        was. The two share open files and the working folder: what the copy writes there stays.
        Objects met before the block are known to the copy too; those met in it end with it.

        No copy can be made of a process with more than one thread (in the copy the locks of the
        others would never open again), nor where the limits leave no room for one more process, nor
        of one that has ended: `trial` is then this session itself."""
        copy = self.copied()
        if copy is None:
            yield self
            return
        with copy:
            yield copy

    def copied(self) -> Session | None:
        """As `checkpoint`, for later: a copy that sleeps until `with copy:`, while this process may
        go on. None where no copy can be made.

        It is asked within that block only, and this process not at all meanwhile: whatever starts
        then is ended with the copy. The end of this process is the end of its copies."""
        from autograder.checkpoint import copy_of  # it builds on this module

        return copy_of(self)

    def begin(self, seed: int, files: dict[str, bytes]) -> None:
        """Put `files` into the working folder and set every seed: the first thing asked."""
        try:
            self._value({"op": "begin", "seed": int(seed), "files": files}, None, refs=False)
        except BaseException:
            self.close()
            raise

    # The conversation

    def _value(
        self,
        request: dict[str, Any],
        cpu_seconds: float | None,
        refs: bool = True,
        descriptor: int | None = None,
    ) -> Any:
        collector = Collector(self.limits, self.limits.output_bytes_per_cell)
        limit = cpu_seconds or self.limits.cpu_seconds_per_cell
        try:
            answer, why = self._ask(
                request, collector=collector, cpu_seconds=limit, descriptor=descriptor
            )
        finally:
            self.last_output = collector.text
        if why:
            raise StudentError("timeout", why)
        if type(answer) is not bytes:
            raise StudentError("process", "The student's process gave no proper answer.")
        try:
            foreign = self.foreign if refs else None
            return decode(answer, refs=refs, foreign=foreign, limit=self.limits.frame_bytes)
        except BadData as error:
            raise StudentError("bad_data", f"The answer is not plain data: {error}") from None

    def _ask(
        self,
        request: dict[str, Any],
        *,
        collector: Collector,
        cpu_seconds: float | None = None,
        descriptor: int | None = None,
    ) -> tuple[Any, str]:
        """Send a request, with a descriptor for the process to keep if it needs one, and see it
        through: its answer, and why it had to be interrupted, if it had.

        Raises `StudentError` when the student's process reports one, or ends.
        """
        with counting(False):  # it has a clock of its own
            return self._asked(request, collector, cpu_seconds, descriptor)

    def _asked(
        self,
        request: dict[str, Any],
        collector: Collector,
        cpu_seconds: float | None,
        descriptor: int | None,
    ) -> tuple[Any, str]:
        self._must_live()
        number = secrets.randbits(62)
        self._line.post({"id": number, **request}, self._outgoing, descriptor)
        clock = Clock(self, cpu_seconds or self.limits.cpu_seconds_per_cell)
        allowed = self._allowance()
        strays = calls = 0
        try:
            while True:
                gone = clock.gone
                messages = self._line.pump(0 if gone else TICK_SECONDS)
                for message in messages:
                    if type(message) is not dict or message.get("id") != number:
                        strays += 1
                    elif "done" in message:
                        return message["done"], clock.interrupted
                    elif "error" in message:
                        raise _students_word(message["error"], clock.interrupted)
                    elif "callback" in message:
                        calls += 1
                        strays += not self._callbacks
                        if calls > self.limits.callbacks_per_call:
                            self._end(
                                "process", f"The code called back more than {calls - 1} times."
                            )
                        allowed = self._allowance()
                        with clock.ours():
                            self._call_back(number, message)
                    else:
                        strays += 1
                        collector.add(message.get("out"))
                if strays > STRAY_MESSAGES or self._line.received > allowed:
                    self._end(
                        "process", "The student's process sent far more than it was asked for."
                    )
                    raise Closed
                if gone and (not messages or clock.too_late):
                    raise Closed  # somebody else holds its end of the line open
                clock.tick()
        except Closed:
            raise self._bury() from None
        except BadData as error:
            self._end(
                "process", f"The student's process sent something that is not a message: {error}"
            )
            raise self._bury() from None

    def _allowance(self) -> int:
        """How many bytes may have come in by the end of an answer that begins now."""
        return self._line.received + self.limits.frame_bytes + 4 * self.limits.output_bytes_per_cell

    def _outgoing(self, value: Any) -> Ref | None:
        """Only a plain function can be called back; a library's function would bring the library
        with it."""
        if type(value) is not types.FunctionType:
            return None
        number = self._numbers.setdefault(value, len(self._numbers))
        if number >= self.limits.callbacks_per_call:
            raise RuntimeError("too many functions were given to the student's code")
        self._callbacks[number] = value
        return Ref(number, value.__name__, getattr(value, "crosses_as", "callback"))

    def _call_back(self, number: int, message: dict) -> None:
        """Call one of the judge's functions for the student's code, and post the result."""
        which = message["callback"]
        try:
            if type(which) is not int or which not in self._callbacks:
                raise RuntimeError("there is no such function, or the test it belongs to is over")
            if self._depth >= CALLBACK_DEPTH:
                raise RecursionError("calls back and forth are nested too deeply")
            limit = self.limits.frame_bytes
            args = decode(message["args"], refs=True, foreign=self.foreign, limit=limit)
            kwargs = decode(message["kwargs"], refs=True, foreign=self.foreign, limit=limit)
            self._depth += 1
            try:
                result = self._callbacks[which](*args, **kwargs)
            finally:
                self._depth -= 1
            answer = {"id": number, "value": result}
            self._line.post(answer, self._outgoing)
        except Exception as error:
            kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
            kind = "RuntimeError" if kinds[0] == "Exception" else kinds[0]
            self._line.post({"id": number, "raise": kind, "message": str(error)[:300]})

    # Limits

    def _usage(self) -> tree.Usage:
        if not self._open or self._pid is None or tree.pid_of(self._supervisor) is None:
            return tree.Usage()
        with self._ledger:
            usage = tree.usage(self._pid)
            if usage.cpu_seconds + self._vanished < self._seen:
                # Somebody was being buried just now, or disowned: a parent that ignores the death of
                # its children is not charged for them. What was seen once stays counted.
                usage = tree.usage(self._pid)
                self._vanished = max(self._vanished, self._seen - usage.cpu_seconds)
            self._seen = usage.cpu_seconds + self._vanished
            memory = self._weighed(self._pid, usage.memory_bytes)
            return replace(usage, cpu_seconds=self._seen, memory_bytes=memory)

    def _weighed(self, pid: int, quick: int) -> int:
        """The memory of the room, as exactly as it matters.

        `quick` counts what processes share for each of them. When that is too much, they are
        weighed on the exact scales, which takes milliseconds for each; then for a second what was
        added since tells enough, unless it tells of too much."""
        limit = self.limits.memory_bytes
        if quick > limit:
            now, (then, quick_then, weight) = time.monotonic(), self._weight
            added = max(quick - quick_then, 0)
            if now > then + WEIGH_SECONDS or weight + added > limit:
                self._weight = (now, quick, tree.memory(pid))
                return self._weight[2]
            return weight + added
        return quick

    def check_usage(self) -> None:
        """Called by the watcher, from its own thread."""
        with self._lock:
            if not self.alive or self._ended:
                return
            usage = self._usage()
        trial = self._trial
        if usage.memory_bytes > self.limits.memory_bytes:
            (trial or self)._end(
                "memory",
                f"The code took more than {_megabytes(self.limits.memory_bytes)} of memory.",
            )
        elif usage.processes > self.limits.processes + 2 + len(self._copies):
            (trial or self)._end(
                "process", f"The code started more than {self.limits.processes} processes."
            )
        elif self._disk_usage() > self.limits.disk_bytes:
            self._end("killed", f"The code wrote more than {_megabytes(self.limits.disk_bytes)}.")
        elif usage.cpu_seconds > self.limits.cpu_seconds_total:
            seconds = self.limits.cpu_seconds_total
            self._end(
                "timeout",
                f"The notebook took more than {seconds:g} s of processor time altogether.",
            )
        elif time.monotonic() > self._deadline:
            seconds = self.limits.wall_seconds(self.limits.cpu_seconds_total)
            self._end("timeout", f"The notebook was stopped after {by_the_wall(seconds)}")

    def _disk_usage(self) -> int:
        """Where the private folder has no size of its own."""
        return tree.disk_usage(self._folder, self.limits.disk_bytes) if self._folder else 0

    def _interrupt(self) -> None:
        send_signal(self._student, signal.SIGINT)

    # The end

    def _must_live(self) -> None:
        if self._epitaph is not None:
            raise StudentError("killed", self._epitaph.message)
        if not self._open:
            raise StudentError("killed", "The student's process has been closed.")

    def _end(self, kind: str, message: str) -> None:
        """End the process for a reason; whoever waits for its answer finds the line closed."""
        with self._lock:
            if self._ended is None and self._open:
                self._ended = kind, message
                self._kill()

    def _kill(self) -> None:
        send_signal(self._supervisor, signal.SIGKILL if self._alone else signal.SIGTERM)

    def _bury(self) -> StudentError:
        """The process is gone: find out why, once, and make sure that all of it is."""
        if self._epitaph is None:
            kind, why = self._ended or ("killed", cause_of_death(reported_status(self._report)))
            self._kill()
            self._wait()
            self._epitaph = self._died(kind, why)
        return self._epitaph

    def _died(self, kind: str, why: str) -> StudentError:
        return StudentError(kind, f"The student's process ended in {self._doing}: {_small(why)}")

    def _wait(self) -> None:
        """Wait for the supervisor, which ends last."""
        if not select.select([self._supervisor], [], [], 5.0)[0]:
            if self._pid is not None and tree.pid_of(self._supervisor) is not None:
                for pid in reversed(tree.descendants(self._pid)):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
            if not select.select([self._supervisor], [], [], 5.0)[0]:
                log.warning("process %s of a student's code does not end", self._pid)

    def close(self, why: StudentError | None = None) -> None:
        """End the process and everything it started, and remove its folder. `why` is what whoever
        asks it afterwards is told."""
        self._epitaph = self._epitaph or why
        for copy in list(self._copies):
            copy.close()
        with self._lock:
            if not self._open:
                return
            self._kill()
            self._wait()
            self._open = False
            self._line.close()
            self._report.close()
            os.close(self._supervisor)
            os.close(self._student)
        self._forget(self)
        if self._folder is not None:
            tree.remove(self._folder)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _students_word(error: Any, interrupted: str) -> StudentError:
    """A `StudentError` from what the student's process says, which may be anything."""
    if type(error) is not dict:
        return StudentError("process", "The student's process gave no proper answer.")
    kind, message, traceback = (error.get(key) for key in ("kind", "message", "traceback"))
    if (
        type(kind) is not str
        or kind not in KINDS
        or type(message) is not str
        or type(traceback) is not str
    ):
        return StudentError("process", "The student's process gave no proper answer.")
    if interrupted:
        return StudentError("timeout", interrupted, traceback[:MAX_TEXT])
    raised = error.get("raised")
    raised = raised if type(raised) is str else ""
    return StudentError(kind, message[:MAX_TEXT], traceback[:MAX_TEXT], raised[:100])


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _megabytes(count: int) -> str:
    return f"{count // 2**20} MB"
