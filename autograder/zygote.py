"""The fork server: imports everything once, then forks a ready process for each submission.

It runs inside the sandbox, never runs a line of a student's, and never starts a thread: a lock held
by another thread at the moment of a fork would stay locked in the child for ever. Importing alone
leaves much undone (the first figure, the first display), so it warms up by doing each once.

Started by `session.Zygote` as `python -m autograder.zygote`; not meant to be run by hand.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from autograder.sandbox.room import Room
    from autograder.shell import Shell

NOBODY = 65534


def main() -> None:
    options = _options()
    if os.getuid() == 0 and options.backend != "off":
        _step_down()
    control = socket.socket(fileno=options.control)

    from autograder.sandbox.limits import Limits
    from autograder.sandbox.room import Room

    room = Room(
        backend=options.backend,
        limits=Limits(**json.loads(options.limits)),
        read=tuple(filter(None, options.read.split(os.pathsep))),
    )
    warm, cold = _warm_up([name for name in options.preload.split(",") if name])
    hello = {"ready": True, "sandbox": room.backend, "cold": cold}
    if (threads := _threads()) != 1:
        error = f"{threads} threads run after the imports; there must be one"
        hello = {"ready": False, "error": error}
    _serve(control, room, warm, hello)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="autograder.zygote", description=__doc__)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--backend", choices=["bwrap", "landlock", "off"], required=True)
    parser.add_argument("--preload", default="")
    parser.add_argument("--limits", default="{}")
    parser.add_argument("--read", default="")
    return parser.parse_args()


def _step_down() -> None:
    """Root becomes nobody: root's folders were opened for us by bubblewrap, which is all that root
    was needed for."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _warm_up(preload: list[str]) -> tuple[Shell, dict[str, str]]:
    """Import and exercise; the shell, and what could not be imported with the reason."""
    cold = {}
    for name in ["numpy", *preload]:
        try:
            importlib.import_module(name)
        except Exception as error:
            cold[name] = f"{type(error).__name__}: {error}"
    import autograder.child  # noqa: F401
    from autograder.shell import draw_figures_once, make_shell

    shell = make_shell()
    exercise = [
        "print('warm')\n1 + 1",
        "1 / 0",
        "from IPython.display import HTML\nHTML('<b>warm</b>')",
    ]
    if "matplotlib.pyplot" in sys.modules:
        exercise += [
            "%matplotlib inline",
            "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nplt.title('$x$');",
        ]
    if "torch" in sys.modules:
        exercise += [
            "import torch\ntorch.set_num_threads(1)",
            "t = torch.ones(2, dtype=torch.float64, requires_grad=True)\n"
            "torch.autograd.gradcheck(lambda t: (t * t).sum(), t)",
        ]
    shown: list[dict] = []
    shell.begin(shown.append)
    for cell in exercise:
        shell.run_cell(cell, store_history=True)
    draw_figures_once(shell)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    shell.reset(new_session=True)
    shell.execution_count = 1
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise copy every page it touches
    if sys.platform == "linux":
        from autograder.sandbox.linux import join_pages

        join_pages()
    return shell, cold


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _serve(control: socket.socket, room: Room, shell: Shell, hello: dict) -> NoReturn:
    """One request, one fork, until the judge hangs up: a room for a submission, or, where a control
    socket came with it alone, a server like this one for another judge."""
    from autograder.child import serve
    from autograder.sandbox import linux
    from autograder.sandbox.room import open_room
    from autograder.wire import decode, encode

    linked = hasattr(os, "pidfd_open")
    if linked:
        linux.subreaper()
        linux.set_dumpable(False)
    # The end of this process is the end of the sandbox: the judge gets a handle on it.
    handles = [os.pidfd_open(os.getpid())] if linked else []
    socket.send_fds(control, [encode(hello)], handles)
    while hello["ready"]:
        ready, _, _ = select.select([control], [], [], 1.0)
        _bury()
        if not ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
        if not message:
            break
        request = decode(message)
        ends = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if request.get("copy"):
            if os.fork() == 0:
                control.close()
                _serve(ends[0], room, shell, hello)
            ends[0].close()
            continue
        line, report = ends
        here = replace(
            room, folder=request["folder"], processes_already=request["processes_already"]
        )
        if os.fork() == 0:
            gc.unfreeze()
            open_room(here, line, report, partial(serve, line, shell, here.limits))
        line.close()
        report.close()
    if room.backend == "bwrap":
        _end_rooms()
    os._exit(0)


def _end_rooms() -> None:
    """A copy is not process 1: its end is not everybody's. (Without namespaces a room's supervisor
    asks for a signal at our end.)"""
    from autograder.sandbox import tree

    if os.getpid() == 1:
        return
    for pid in tree.children(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _bury() -> None:
    """Reap what has ended, so that no table fills up."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main()
