"""The student's process: runs cells and probes, and answers the judge. Nothing it says is trusted.

It is written as if the student's code left it alone, which that code need not do: it lives in the
same process. Every rule that matters is enforced elsewhere, by the sandbox around it and by the
judge at the other end of the line.

A request is a dictionary with an `id` and an `op`; while it is worked on, `{"id", "out"}` messages
carry outputs and `{"id", "callback", …}` messages ask the judge to call a function of its own;
`{"id", "done"}` or `{"id", "error"}` ends it. Values travel as bytes within a message, so that a
bad value never spoils the conversation."""

from __future__ import annotations

import fcntl
import importlib
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, NoReturn

from autograder import stage
from autograder.across.callbacks import callback
from autograder.across.deeds import DEEDS, Held
from autograder.across.library import by_name
from autograder.errors import StudentError
from autograder.frames import Closed, Line
from autograder.probe import Student, compile_probe, run_probe, student_error
from autograder.sandbox.limits import Limits
from autograder.shell import Shell
from autograder.wire import BadData, Ref, TooLarge, encode

__all__ = ["serve"]

FLUSH_BYTES, FLUSH_SECONDS = 8192, 0.2


class Outputs:
    """Sends what cells show; joins small writes; falls silent just beyond the limit, where the
    judge takes note."""

    def __init__(self, tell: Callable[[dict], None], limits: Limits):
        self.tell, self.limits = tell, limits
        self.request = 0
        self.begin(0)

    def begin(self, request: int) -> None:
        self.request, self.left = request, self.limits.output_bytes_per_cell
        self.name, self.held, self.since = "", 0, time.monotonic()
        self.pieces: list[str] = []

    def __call__(self, output: dict[str, Any]) -> None:
        if output["output_type"] != "stream":
            self.flush()
            self.send(output, sum(len(str(value)) for value in output.get("data", output).values()))
            return
        text = output["text"]
        if output["name"] != self.name:
            self.flush()
            self.name = output["name"]
        self.pieces.append(text[: max(self.left + 1 - self.held, 0)])
        self.held += len(text)
        if self.held > FLUSH_BYTES or time.monotonic() - self.since > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        text = "".join(self.pieces).encode(errors="replace").decode()
        self.pieces, self.held, self.since = [], 0, time.monotonic()
        if text:
            self.send({"output_type": "stream", "name": self.name, "text": text}, len(text))

    def send(self, output: dict[str, Any], size: int) -> None:
        if self.left < 0:
            return
        if size > self.left + 1:
            output = {"output_type": "too_long"}
        self.left -= size
        try:
            self.tell({"id": self.request, "out": output})
        except BadData:
            self.tell({"id": self.request, "out": {"output_type": "unreadable"}})


class Captured:
    """What programs and C code write straight to a file descriptor: kept in a file, shown after the
    cell."""

    def __init__(self, fd: int, name: str, emit: Outputs):
        self.name, self.emit, self.target = name, emit, fd
        self.renew()

    def renew(self) -> None:
        """Begin a file of one's own: two processes must not write into one."""
        self.file = tempfile.TemporaryFile(prefix="output-")
        self.fd = self.file.fileno()
        fcntl.fcntl(self.fd, fcntl.F_SETFL, os.O_APPEND)
        os.dup2(self.fd, self.target)

    def drain(self) -> None:
        size = os.fstat(self.fd).st_size
        if not size:
            return
        data = os.pread(self.fd, self.emit.limits.output_bytes_per_cell + 1, 0)
        os.ftruncate(self.fd, 0)
        self.emit(
            {"output_type": "stream", "name": self.name, "text": data.decode(errors="replace")}
        )


class Child:
    """Answers one judge."""

    def __init__(self, sock: socket.socket, shell: Shell, limits: Limits):
        self.line = Line(sock, limit=2 * limits.frame_bytes, refs=True)
        self.shell, self.limits = shell, limits
        self.outputs = Outputs(self.tell, limits)
        self.captured = [Captured(1, "stdout", self.outputs), Captured(2, "stderr", self.outputs)]
        self.objects: dict[int, Any] = {}
        self.probes: dict[tuple[str, str], Callable] = {}
        self.pid = os.getpid()
        self.busy = self.talking = self.interrupted = False
        self.request = 0
        self.copies: dict[int, int] = {}  # process → the judge's number for it
        self.buried: dict[int, int] = {}  # that number → how it ended, as `os.wait` has it
        shell.begin(self.outputs)
        signal.signal(signal.SIGINT, self.interrupt)

    def interrupt(self, number: int, frame: object) -> None:
        """The judge's request to stop: meant for the student's code, and for nothing else here."""
        if self.talking:
            self.interrupted = True
        elif self.busy:
            self.busy = False
            raise KeyboardInterrupt

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Half a message would spoil the conversation: an interrupt waits until this is over."""
        before, self.talking = self.talking, True
        try:
            yield
        finally:
            self.talking = before
        if self.interrupted and not before:
            self.interrupted = False
            self.interrupt(signal.SIGINT, None)

    def tell(self, message: dict) -> None:
        with self.undisturbed():
            self.line.send(message)

    def run(self) -> NoReturn:
        """Answer until the judge hangs up; then end the process."""
        try:
            while True:
                self.answer(self.line.receive())
        except (Closed, OSError, BadData):
            pass
        finally:
            os._exit(0)

    def answer(self, request: dict) -> None:
        before, self.request = self.request, request["id"]
        talking, self.talking = self.talking, False
        self.bury()
        self.outputs.flush()
        self.outputs.begin(self.request)
        try:
            reply = {"done": getattr(self, "do_" + request["op"])(request)}
        except BaseException as error:  # a StudentError, a late interrupt, or the student's doing
            reply = {"error": self.describe(error)}
        self.busy = False
        if os.getpid() != self.pid:  # the cell forked, and this is the copy
            os._exit(0)
        self.finish()
        self.line.send({"id": self.request, **reply})
        self.request = self.outputs.request = before
        self.talking, self.interrupted = talking, False

    def describe(self, error: BaseException) -> dict[str, str]:
        if isinstance(error, TooLarge):
            error = StudentError("too_large", str(error))
        elif isinstance(error, BadData):
            error = StudentError("bad_data", str(error))
        elif not isinstance(error, StudentError):
            error = student_error(error, self.shell.user_ns)
        told = {"kind": error.kind, "message": error.message, "traceback": error.traceback}
        return {**told, "raised": error.raised}

    def pack(self, value: Any) -> bytes:
        """An answer, with references to what cannot cross."""
        return encode(value, opaque=self.keep, foreign=True, limit=self.limits.frame_bytes - 1024)

    def finish(self) -> None:
        """Send what is left of the outputs."""
        try:
            for captured in self.captured:
                captured.drain()
            self.outputs.flush()
        except (OSError, KeyboardInterrupt):
            pass

    # What can be asked

    def do_begin(self, request: dict) -> bytes:
        """Put the submission's files into the working folder, and set every seed."""
        for name, data in request["files"].items():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise StudentError(
                    "process", f"the file {name!r} would lie outside the working folder"
                )
            if len(path.parts) > 1:
                os.makedirs(path.parent, exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        seed = request["seed"]
        random.seed(seed)
        if (numpy := sys.modules.get("numpy")) is not None:
            numpy.random.seed(seed % 2**32)
        if (torch := sys.modules.get("torch")) is not None:
            torch.manual_seed(seed)
            if self.limits.device != "cpu":
                torch.set_default_device(self.limits.device)
        return encode(None)

    def do_checkpoint(self, request: dict) -> bytes:
        """Make a copy of this process, which answers on the line that came with the request until
        the judge ends it. The judge has seen to it that there is one thread only."""
        line = socket.socket(fileno=self.line.descriptors.pop())
        state = random.getstate()  # which Python replaces in every copy
        try:
            copy = os.fork()
        except OSError as error:
            raise StudentError("process", f"no copy could be made: {error}") from None
        finally:
            if os.getpid() == self.pid:
                line.close()
        if copy == 0:
            random.setstate(state)
            self.take_over(line)
        self.copies[copy] = request["number"]
        return encode(True)

    def do_buried(self, request: dict) -> bytes:
        return encode(self.buried.get(request["number"]))

    def take_over(self, line: socket.socket) -> NoReturn:
        """Become another's child: what a copy does first."""
        try:
            self.line.close()
            self.line = Line(line, limit=self.line.limit, refs=True)
            self.pid, self.copies = os.getpid(), {}
            for captured in self.captured:
                captured.renew()
            self.run()
        finally:
            os._exit(1)

    def bury(self) -> None:
        """The student's code should not find children that it knows nothing of."""
        for copy in list(self.copies):
            try:
                pid, status = os.waitpid(copy, os.WNOHANG)
                if pid:
                    self.buried[self.copies.pop(copy)] = status
            except ChildProcessError:
                del self.copies[copy]

    def do_cell(self, request: dict) -> dict:
        self.busy = True
        result = self.shell.run_cell(request["source"], store_history=True)
        self.busy = False
        return {"ok": result.success, "execution_count": self.shell.execution_count - 1}

    def do_probe(self, request: dict) -> bytes:
        key = request["source"], request["function"]
        if key not in self.probes:
            self.probes[key] = compile_probe(*key)
        self.busy = True
        try:
            return encode(run_probe(self.probes[key], self.shell.user_ns, request["inputs"]))
        finally:
            self.busy = False
            _close_figures()

    def do_has(self, request: dict) -> bytes:
        return encode([name for name in request["names"] if name in self.shell.user_ns])

    def do_get(self, request: dict) -> bytes:
        return self.pack(getattr(Student(self.shell.user_ns), request["name"]))

    def do_attribute(self, request: dict) -> bytes:
        return self.pack(self.attempt(getattr, self.receive(request["target"]), request["name"]))

    def do_call(self, request: dict) -> bytes:
        target = request["target"]
        if isinstance(target, str):
            target = getattr(Student(self.shell.user_ns), target)
        else:
            target = self.receive(target)
        if request["method"]:
            target = self.attempt(getattr, target, request["method"])
        args, kwargs = self.receive(request["args"]), self.receive(request["kwargs"])
        return self.pack(self.attempt(target, *args, **kwargs))

    def do_forget(self, request: dict) -> bytes:
        for number in request["objects"]:
            self.objects.pop(number, None)
        return encode(None)

    def attempt(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        self.busy = True
        try:
            return function(*args, **kwargs)
        except StudentError:
            raise
        except BaseException as error:
            raise student_error(error, self.shell.user_ns) from None
        finally:
            self.busy = False

    # Objects that do not cross

    def keep(self, value: Any) -> Ref:
        """A reference that stands for `value` at the judge's."""
        if type(value) is Held:
            value = value.value
        number = id(value)
        self.objects[number] = value
        kind = type(value)
        return Ref(number, str(kind.__name__), str(kind.__module__))

    def receive(self, value: Any) -> Any:
        """`value` with references and callbacks made into what they stand for."""
        if type(value) is Ref:
            if value.module == "callback":
                return self.callback(value.id)
            if value.module == "function":
                return callback(self.callback(value.id))
            if value.module == "deed":
                return DEEDS[value.type_name]
            if value.module == "library":
                return by_name(value.type_name)
            if value.id not in self.objects:
                raise StudentError(
                    "process",
                    "an object of the student's process is asked for that it does not know",
                )
            return self.objects[value.id]
        if type(value) in (list, tuple):
            return type(value)(self.receive(item) for item in value)
        if type(value) is dict:
            return {key: self.receive(item) for key, item in value.items()}
        return value

    def callback(self, number: int) -> Callable:
        """A function that asks the judge to call one of its own."""

        def function(*args: Any, **kwargs: Any) -> Any:
            packed = {"args": self.pack(list(args)), "kwargs": self.pack(kwargs)}
            busy = self.busy
            with self.undisturbed():
                self.line.send({"id": self.request, "callback": number, **packed})
                # Before it answers, the judge's function may ask something in its turn.
                while "op" in (answer := self.line.receive()):
                    self.answer(answer)
                self.busy = busy
            if "raise" in answer:
                kind = getattr(importlib.import_module("builtins"), answer["raise"], RuntimeError)
                raise kind(answer["message"])
            return self.receive(answer["value"])

        return function


def serve(sock: socket.socket, shell: Shell, limits: Limits) -> NoReturn:
    """Answer the judge until it hangs up; then end the process."""
    tempfile.tempdir = None  # the fork server's answer is not ours
    sys.path.insert(0, "")  # as in Jupyter: modules beside the notebook
    stage.watched = False
    Child(sock, shell, limits).run()


def _close_figures() -> None:
    """Figures drawn by a probe are nobody's output."""
    if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
        try:
            pyplot.close("all")
        except Exception:
            pass
