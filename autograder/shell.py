"""A notebook's shell without a notebook server: IPython whose displays become nbformat outputs.

Everything a cell shows is handed to `shell.emit` as a dictionary in the form of nbformat version 4,
in order: printed text, results, figures, errors. It is what ipykernel does, less the message
queues, threads and event loops that could not be carried over a fork."""

from __future__ import annotations

import base64
import builtins
import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

__all__ = ["Shell", "draw_figures_once", "make_shell"]

Emit = Callable[[dict[str, Any]], None]


class Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of a cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, shell: Shell, fd: int):
        self.name, self._shell, self._fd = name, shell, fd

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.emit({"output_type": "stream", "name": self.name, "text": text})
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._fd


class ResultHook(DisplayHook):
    """The value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    shell: Shell

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        self.shell.emit(
            {
                "output_type": "execute_result",
                "execution_count": self.shell.execution_count,
                "data": _as_text(format_dict),
                "metadata": md_dict or {},
            }
        )

    def finish_displayhook(self) -> None:
        pass


class Publisher(DisplayPublisher):
    """`display(…)`, figures among it."""

    def publish(  # type: ignore[override]
        self,
        data: dict,
        metadata: dict | None = None,
        *,
        transient: dict | None = None,
        update: bool = False,
        **_: object,
    ) -> None:
        self.shell.emit(
            {
                "output_type": "update_display_data" if update else "display_data",
                "data": _as_text(data),
                "metadata": metadata or {},
                "display_id": (transient or {}).get("display_id"),
            }
        )

    def clear_output(self, wait: bool = False) -> None:
        self.shell.emit({"output_type": "clear_output", "wait": bool(wait)})


class Shell(InteractiveShell):
    """IPython for one notebook. `emit` receives its outputs; set it before running cells."""

    displayhook_class = ResultHook
    display_pub_class = Publisher
    emit: Emit = staticmethod(lambda output: None)

    def enable_gui(self, gui: object = None) -> None:
        """There are no windows; figures are shown inline."""

    def ask_exit(self) -> None:
        """`exit` in a notebook that is being marked does nothing."""

    def _showtraceback(self, etype: type, evalue: object, stb: list) -> None:
        self.emit(
            {
                "output_type": "error",
                "ename": getattr(etype, "__name__", str(etype)),
                "evalue": _text_of(evalue),
                "traceback": list(map(str, stb)),
            }
        )

    def system_piped(self, cmd: str) -> None:
        done = subprocess.run(
            self.var_expand(cmd, depth=1),
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        sys.stdout.write(done.stdout)
        self.user_ns["_exit_code"] = done.returncode

    system = system_piped

    def begin(self, emit: Emit) -> None:
        """Send outputs to `emit`, and the process's own streams with them."""
        self.emit = emit
        sys.stdout, sys.stderr = Stream("stdout", self, 1), Stream("stderr", self, 2)
        builtins.input = _no_input


def make_shell() -> Shell:
    """The shell of this process, with its history off (that would start a thread)."""
    config = Config()
    config.HistoryManager.enabled = False
    return Shell.instance(config=config)


def draw_figures_once(shell: Shell) -> None:
    """Leave out a drawing that nobody sees.

    When a cell ends, pyplot brings every figure's window up to date, and then the inline backend,
    which has no windows, draws each anew to show it. The picture is the same without the first,
    unless a layout engine moves the axes a little at each drawing."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    update = getattr(pyplot, "_draw_all_if_interactive", None)
    callbacks = shell.events.callbacks["post_execute"]
    if update not in callbacks:  # no pyplot, or one that does it in another way
        return

    def update_layouts() -> None:
        for number in pyplot.get_fignums() if pyplot.isinteractive() else ():
            figure = pyplot._pylab_helpers.Gcf.figs[number].canvas.figure
            if figure.stale and figure.get_layout_engine() is not None:
                figure.canvas.draw_idle()

    callbacks[callbacks.index(update)] = update_layouts  # before the figures are shown, and closed
    pyplot._draw_all_if_interactive = update_layouts  # where `plt.ioff()` looks for it


def _no_input(prompt: object = "") -> str:
    raise StdinNotImplementedError(
        "input() cannot be answered while a notebook is being marked: nobody is there"
    )


def _as_text(data: dict[str, Any]) -> dict[str, Any]:
    """Pictures as base64 text, as notebooks store them."""
    return {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


def _text_of(value: object) -> str:
    try:
        return str(value)
    except BaseException:
        return "(its text could not be made)"
