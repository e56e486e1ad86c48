"""Judges on many machines: a `concurrent.futures.Executor` on a dask.distributed cluster.

    with Cluster("tcp://head:8786") as cluster:
        grade(course, lab, executor=cluster, workers=cluster.width)

The cluster's workers run what `autograder.pool` runs here: `mark(settings, job)`, in a sandbox of
theirs. They are trusted: they see the hidden tests and the course's key, and dask unpickles what its
peers send. Students' code is never a peer. The gradebook stays with the process that asked.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.code import code_digest, environment
from autograder.course import CourseError
from autograder.errors import DeviceUnavailable, SandboxUnavailable
from autograder.judge import Job, Outcome, Settings, mark
from autograder.sandbox import choose

__all__ = ["Cluster", "describe"]

REACH = 15.0  # seconds to wait for an answer from the scheduler
JOIN = 60.0  # seconds to wait for the first worker
SILENCE = 20.0  # seconds without the scheduler after which it is given up
AHEAD = 32  # submissions under way at least: a cluster may grow while it works
SAFE = "what is recorded is safe; run the same command again and it goes on"

# Asked by name of what every Python has, so that a worker that lacks our packages can say so.
DESCRIBE = "__import__('autograder.scheduler', fromlist=['describe']).describe({sandbox!r})"


@dataclass(frozen=True, repr=False)
class Parcel:
    """Something that stays out of dask's logs and dashboards, which show the arguments of what they
    run: hidden tests, a student's work, the course's key."""

    content: Any

    def __repr__(self) -> str:
        return "<parcel>"


class Cluster:
    """A running cluster, asked for judges.

    Args:
        address: of its scheduler, tcp://HOST:PORT or tls://HOST:PORT (certificates as dask's own
            configuration has them), or the path of a scheduler file.
        device: "cuda" asks for workers with a GPU, which were started with --resources GPU=1.
        sandbox: what every worker has to have.

    Entering it connects and looks at every worker. Raises `CourseError` that says what is amiss and
    where: nobody answers, no worker, other versions, several threads in one.
    """

    def __init__(self, address: str, device: str = "cpu", sandbox: str = "auto"):
        self.address, self.device, self.sandbox = address, device, sandbox
        self._client: Any = None
        self._looked_at: dict[str, str] = {}

    def __enter__(self) -> Cluster:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, workers: int, settings: Settings) -> Executor:
        """Judges for `grade`; connects again where the connection was lost."""
        if self._client is None or self._client.status != "running":
            self.close()
            try:
                self._connect()
            except CourseError as error:
                raise CourseError(f"{error} (the cluster was there before; {SAFE})") from None
        return _Judges(self._client, self._resources, self.address)

    @property
    def width(self) -> int:
        """Submissions to have under way."""
        return max(AHEAD, len(self._looked_at))

    @property
    def workers(self) -> list[str]:
        """The addresses of the workers that were there and are fit to mark."""
        return sorted(self._looked_at)

    @property
    def exposed(self) -> str:
        """What to say of a cluster that others in the network could listen to; "" of any other."""
        address = self._client.scheduler.address
        host = address.rpartition("://")[2].rpartition(":")[0].strip("[]")
        if not address.startswith("tcp://") or host == "localhost" or _loopback(host):
            return ""
        return (
            f"{address} is not encrypted: hidden tests and the course's key travel in the open, and "
            "whoever reaches a port of the cluster runs code there; use tls:// (course/operations.md)"
        )

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception), _quietly():
                client.close(timeout=2)

    @property
    def _resources(self) -> dict[str, int]:
        return {"GPU": 1} if self.device == "cuda" else {}

    def _connect(self) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise CourseError(
                "--scheduler needs dask's `distributed`, which is not installed; "
                'install the extra: pip install "dpkit[cluster]"'
            ) from None
        for name in ("", ".client", ".core", ".comm", ".batched"):  # what is amiss is told below
            logging.getLogger(f"distributed{name}").setLevel(logging.CRITICAL)
        file = Path(self.address)
        where = {"scheduler_file": str(file)} if file.is_file() else {"address": self.address}
        try:
            with _quietly():
                self._client = Client(
                    **where, timeout=REACH, set_as_default=False, heartbeat_interval="2s"
                )
                self._look()
        except Exception as error:
            self.close()
            if isinstance(error, CourseError | SandboxUnavailable | DeviceUnavailable):
                raise
            raise CourseError(
                f"{self.address}: no dask scheduler answers there ({_said(error)}); start one with "
                "`dask scheduler`, or name its address or its scheduler file with --scheduler"
            ) from None

    def _look(self) -> None:
        """See that every worker may mark."""
        client = self._client
        with contextlib.suppress(TimeoutError):
            client.wait_for_workers(1, timeout=JOIN)
        known = client.scheduler_info(n_workers=-1)["workers"]
        if not known:
            raise CourseError(
                f"{self.address}: the cluster has no workers; start some with "
                f"`dask worker {self.address} --nthreads 1`"
            )
        chosen = {
            address: worker
            for address, worker in known.items()
            if self.device != "cuda" or worker.get("resources", {}).get("GPU")
        }
        if not chosen:
            raise DeviceUnavailable(
                f"--device cuda: no worker of {self.address} has a GPU to give; start those that do "
                'with --resources "GPU=1"'
            )
        for address, worker in chosen.items():
            if worker["nthreads"] != 1:
                raise CourseError(_threads(_name(worker, address), worker["nthreads"]))
        question = DESCRIBE.format(sandbox=self.sandbox)
        answers = client.run(eval, question, workers=list(chosen), on_error="return")
        for address, answer in answers.items():
            name = _name(chosen[address], address)
            if isinstance(answer, BaseException):
                raise CourseError(
                    f"{name} cannot mark ({_said(answer)}); install the same version there"
                )
            if why := _other(answer["digest"], answer["environment"]):
                raise CourseError(f"{name} {why}")
            if not answer["sandbox"]:
                raise SandboxUnavailable(f"{name}: {answer['why']}")
        self._looked_at = {address: _name(chosen[address], address) for address in answers}


class _Judges(Executor):
    """dask's own executor, with what is wrong on a worker told by the worker's name, and an end to
    waiting when the cluster is gone."""

    def __init__(self, client: Any, resources: dict[str, int], address: str):
        self._client, self._address = client, address
        asked = {"resources": resources} if resources else {}
        self._executor = client.get_executor(pure=False, **asked)
        self._running: dict[Future, Future] = {}
        self._over = threading.Event()
        threading.Thread(target=self._listen, name="cluster", daemon=True).start()

    def submit(self, function: Callable, /, *args: Any, **kwargs: Any) -> Future:
        if self._over.is_set():
            raise BrokenExecutor(f"{self._address}: the cluster is gone")
        outer: Future = Future()
        outer.set_running_or_notify_cancel()
        with _quietly():
            if function is mark:
                settings, job = args
                inner = self._executor.submit(_mark, Parcel(code_digest()), Parcel(environment()),
                                              Parcel(settings), Parcel(job))  # fmt: skip
            else:
                inner = self._executor.submit(function, *args, **kwargs)
        self._running[outer] = inner
        inner.add_done_callback(lambda done: self._settle(outer, done))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """What has begun on a worker ends there; its outcome is not waited for unless `wait`."""
        self._over.set()
        with contextlib.suppress(Exception), _quietly():
            self._executor.shutdown(wait=wait and not cancel_futures)

    def _settle(self, outer: Future, inner: Future) -> None:
        """Hand on what came of a job. In dask's thread."""
        if self._running.pop(outer, None) is None:
            return  # given up before
        try:
            answer = inner.result()
        except BaseException as error:
            broken = error if isinstance(error, Exception) else BrokenExecutor(_said(error))
            outer.set_exception(broken)
            return
        if not isinstance(answer, Parcel):
            outer.set_result(answer)
            return
        result = answer.content
        outer.set_result(result) if isinstance(result, Outcome) else outer.set_exception(result)

    def _listen(self) -> None:
        """End the waiting when the scheduler has not been heard of for a while."""
        silent = 0.0
        while not self._over.wait(1.0):
            silent = 0.0 if self._client.status == "running" else silent + 1.0
            if silent < SILENCE and self._client.status != "closed":
                continue
            self._over.set()
            lost = BrokenExecutor(f"{self._address}: the cluster is gone")
            for outer in list(self._running):
                if self._running.pop(outer, None) is not None:
                    outer.set_exception(lost)


# --------------------------------------------------------------------------------------------------------------------
# On a worker


def describe(sandbox: str) -> dict[str, Any]:
    """What a worker is: its code, its versions, and the sandbox it would use ("" and why not)."""
    answer = {"digest": code_digest(), "environment": environment(), "sandbox": "", "why": ""}
    try:
        answer["sandbox"] = choose(sandbox)
    except SandboxUnavailable as error:
        answer["why"] = str(error)
    return answer


def _mark(digest: Parcel, versions: Parcel, settings: Parcel, job: Parcel) -> Parcel:
    """`mark` with an answer in every case: what a task raises, dask logs with all its arguments.
    A worker that joined after the first look is looked at here."""
    from distributed import get_worker

    state = get_worker().state
    name = f"dask worker {state.address}"
    if state.nthreads != 1:
        return Parcel(CourseError(_threads(name, state.nthreads)))
    if why := _other(digest.content, versions.content, here="the main process"):
        return Parcel(CourseError(f"{name} {why}"))
    return Parcel(_marked(name, settings.content, job.content))


def _marked(name: str, settings: Settings, job: Job) -> Outcome | Exception:
    try:
        return mark(settings, job)
    except SandboxUnavailable as error:
        return SandboxUnavailable(f"{name}: {error}")
    except DeviceUnavailable as error:
        return DeviceUnavailable(f"{name}: {error}")
    except Exception as error:  # it may be of a kind that cannot be sent
        return RuntimeError(f"{type(error).__name__} on {name}: {error}")


def _other(digest: str, versions: dict[str, str], here: str = "it") -> str:
    """Why code with that digest and those versions gives other marks than ours; "" if the same."""
    if digest == code_digest():
        return ""
    ours = environment()
    differing = [
        f"{name} {versions.get(name) or 'missing'} against {ours[name] or 'none'}"
        for name in ours
        if versions.get(name) != ours[name]
    ]
    what = ", ".join(differing) or "another version of autograder or dpkit"
    return f"does not have the same code ({what}); install the same version there"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _threads(name: str, count: int) -> str:
    return (
        f"{name} has {count} threads, and a judge needs a process for itself; "
        "start it with --nthreads 1 (and --nworkers for as many as there are cores)"
    )


def _name(worker: dict[str, Any], address: str) -> str:
    name = str(worker.get("name") or address)
    return f"dask worker {address}" if name == address else f"dask worker {address} ({name})"


def _said(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]:.200}" if text else type(error).__name__


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """dask warns of what is checked here, and of jobs larger than it likes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
