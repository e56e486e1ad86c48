"""Marking on a cluster gives the marks that marking here gives, whatever happens to its workers."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import scheduler
from autograder.build import build_release, read_lab, read_variants
from autograder.course import Course, CourseError
from autograder.errors import DeviceUnavailable, SandboxUnavailable
from autograder.grade import grade
from autograder.judge import Job, Settings, mark
from autograder.scheduler import Cluster
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course
from tests.conftest import unmet

try:
    import distributed
except ImportError:
    distributed = None

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("bubblewrap", "needs_dask")
KEY = b"the course's secret 0123456789"


@pytest.fixture(scope="module")
def needs_dask():
    if distributed is None:
        unmet("distributed is not installed (the extra `cluster`)")


@pytest.fixture(scope="module")
def machines(needs_dask):
    """Two workers, a process each, as on two machines. Nothing of them is left at the end."""
    before = descendants()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
        env={"PYTHONPATH": str(ROOT)},
    ) as machines:  # fmt: skip
        yield machines
        ours = descendants() - before
    assert ours  # the workers, and the sandboxes that they have opened
    for _ in range(100):
        left = {pid for pid in ours if Path(f"/proc/{pid}").exists() and not zombie(pid)}
        if not left:
            break
        time.sleep(0.1)
    assert left == set()


def descendants():
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    found, new = set(), {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    # multiprocessing's own helper stays as long as Python does.
    return {pid for pid in found if "resource_tracker" not in command(pid)}


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def cluster(machines):
    machines.wait_for_workers(2, timeout=30)
    with Cluster(machines.scheduler_address) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def marked_here(tmp_path_factory):
    """A class, marked on this machine alone; and its marks."""
    course = toy_course(tmp_path_factory.mktemp("toy"))
    build_release(course, LAB)
    solved = read_lab(course.root / LAB / "lab.py")
    wrong = read_variants(course.root / LAB / "mutants")
    for number in range(6):
        notebook = solved if number % 2 else wrong[number // 2 % len(wrong)].put_into(solved)
        folder = course.submitted / f"student{number}" / LAB
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "lab.ipynb")
    fresh = course.root.parent / "fresh"
    shutil.copytree(course.root, fresh)
    assert grade(course, LAB, workers=2).problems == []
    return fresh, marks(course)


@pytest.fixture
def course(marked_here, tmp_path):
    """The class as it was before it was marked."""
    shutil.copytree(marked_here[0], tmp_path / "course")
    return Course.at(tmp_path / "course")


def marks(course):
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        return {
            submission.student.id: {
                one.name: one.auto_score
                for notebook in submission.notebooks
                for one in notebook.grades
            }
            for submission in gradebook.assignment_submissions(LAB)
        }


def asked(cluster, what):
    """What each worker says."""
    with distributed.Client(cluster.address, set_as_default=False) as client:
        return client.run(eval, what)


def test_the_marks_are_those_of_one_machine_and_all_workers_had_a_share(
    course, marked_here, cluster
):
    grading = grade(course, LAB, workers=cluster.width, executor=cluster)
    assert grading.problems == [] and len(grading.marked) == 6
    assert marks(course) == marked_here[1]
    assert marks(course)["student1"] and sum(
        score or 0 for score in marks(course)["student1"].values()
    ) == MACHINE_POINTS  # fmt: skip
    judges = asked(cluster, "len(__import__('autograder.judge', fromlist=['x'])._workers)")
    assert sorted(judges) == cluster.workers and set(judges.values()) == {1}


def test_a_worker_killed_in_the_middle_costs_no_mark(course, marked_here, cluster):
    victim = next(iter(asked(cluster, "__import__('os').getpid()").values()))

    def kill():
        while not list(course.state.glob(f"{LAB}/*.done")):
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    grading = grade(course, LAB, workers=cluster.width, executor=cluster)
    killer.join()
    assert grading.problems == [] and marks(course) == marked_here[1]
    assert not Path(f"/proc/{victim}").exists() or zombie(victim)


def test_what_a_dead_worker_had_in_hand_is_done_by_another(cluster, tmp_path):
    been = f"__import__('pathlib').Path({str(tmp_path / 'been here')!r})"
    die = f"({been}.touch(), __import__('os').kill(__import__('os').getpid(), 9))"
    judges = cluster(2, None)
    assert judges.submit(eval, f"{been}.exists() or {die}").result(timeout=60) is True


def test_from_the_command_line(course, marked_here, machines):
    machines.wait_for_workers(2, timeout=30)
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", LAB, "--course", str(course.root),
         "--scheduler", machines.scheduler_address],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "6 marked" in done.stdout and "distributed" not in done.stderr
    assert marks(course) == marked_here[1]


# --------------------------------------------------------------------------- who may mark


def test_workers_with_another_version_are_refused_by_name(cluster, monkeypatch):
    judges = cluster(2, None)
    monkeypatch.setattr(scheduler, "code_digest", lambda: "of something else")
    with pytest.raises(CourseError, match="another version of autograder or dpkit") as error:
        Cluster(cluster.address).__enter__()
    assert any(worker in str(error.value) for worker in cluster.workers)
    monkeypatch.setattr(scheduler, "environment", lambda: {"python": "3.9.0", "numpy": "1.0"})
    with pytest.raises(CourseError, match=r"numpy \S+ against 1.0"):
        Cluster(cluster.address).__enter__()
    # One that came after that look is looked at before it marks.
    late = judges.submit(mark, Settings(), Job("ada", "{}", KEY))
    with pytest.raises(CourseError, match="does not have the same code") as error:
        late.result(timeout=30)
    assert any(worker in str(error.value) for worker in cluster.workers)


def test_such_a_worker_ends_the_run_and_not_one_submission_after_the_other(
    course, cluster, monkeypatch
):
    monkeypatch.setattr(scheduler, "code_digest", lambda: "of something else")
    with pytest.raises(CourseError, match="dask worker .* does not have the same code"):
        grade(course, LAB, workers=cluster.width, executor=cluster)
    assert not list(course.state.glob(f"{LAB}/*.done"))


def test_a_worker_without_a_sandbox_is_named(cluster):
    path = os.environ["PATH"]
    find_out_anew = "__import__('autograder.sandbox.trial', fromlist=['x']).trouble.cache_clear()"
    asked(cluster, "__import__('os').environ.update(PATH='/nowhere')")
    asked(cluster, find_out_anew)
    try:
        with pytest.raises(SandboxUnavailable, match="bubblewrap|bwrap") as error:
            Cluster(cluster.address, sandbox="bwrap").__enter__()
    finally:
        asked(cluster, f"__import__('os').environ.update(PATH={path!r})")
        asked(cluster, find_out_anew)
    assert any(worker in str(error.value) for worker in cluster.workers)


def test_several_threads_in_a_worker_are_refused(tmp_path):
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as machines:
        with pytest.raises(CourseError, match="has 2 threads.*--nthreads 1"):
            Cluster(machines.scheduler_address).__enter__()
        with pytest.raises(DeviceUnavailable, match="no worker of .* has a GPU"):
            Cluster(machines.scheduler_address, device="cuda").__enter__()


def test_a_gpu_is_asked_for_by_resource():
    """Only the worker that has one to give is asked, one submission at a time."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0",
        resources={"GPU": 1},
    ) as machines:  # fmt: skip
        with Cluster(machines.scheduler_address, device="cuda") as cluster:
            judges = cluster(1, None)
            futures = [judges.submit(_under_way) for _ in range(3)]
            assert [future.result(timeout=30) for future in futures] == [1, 1, 1]


_count = [0]


def _under_way():
    _count[0] += 1
    seen = _count[0]
    time.sleep(0.05)
    _count[0] -= 1
    return seen


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:1", "no dask scheduler answers there"),
        ("nonsense", "no dask scheduler answers there"),
        ("tls://127.0.0.1:1", "no dask scheduler answers there"),
    ],
)
def test_nobody_there_is_one_sentence(address, words, monkeypatch):
    monkeypatch.setattr(scheduler, "REACH", 0.5)
    with pytest.raises(CourseError, match=words) as error:
        Cluster(address).__enter__()
    assert address in str(error.value) and "\n" not in str(error.value)


def test_a_cluster_without_workers_is_one_sentence(monkeypatch):
    monkeypatch.setattr(scheduler, "JOIN", 0.5)
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as machines:
        with pytest.raises(CourseError, match="has no workers; start some with `dask worker"):
            Cluster(machines.scheduler_address).__enter__()


def test_a_scheduler_file_names_it_too(machines, tmp_path):
    import json

    machines.wait_for_workers(2, timeout=30)
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps(machines.scheduler.identity()))
    with Cluster(str(file)) as cluster:
        assert len(cluster.workers) == 2


def test_certificates_are_those_of_dasks_configuration(tmp_path, monkeypatch):
    """With them the cluster is reached, without them it is not, and only tcp:// is warned of."""
    import dask

    if shutil.which("openssl") is None:
        unmet("openssl is not installed (sudo apt install openssl)")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    parts = {f"distributed.comm.tls.{who}.{what}": path for who in ("scheduler", "worker", "client")
             for what, path in (("key", key), ("cert", certificate))}  # fmt: skip
    monkeypatch.setattr(scheduler, "REACH", 2.0)
    with dask.config.set({**parts, "distributed.comm.tls.ca-file": certificate}):
        machines = distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0",
            protocol="tls://", host="127.0.0.1", security=distributed.security.Security(),
        )  # fmt: skip
        with machines, Cluster(machines.scheduler_address) as cluster:
            assert cluster.address.startswith("tls://") and cluster.exposed == ""
            assert cluster(1, None).submit(abs, -3).result(timeout=30) == 3
            with dask.config.set({f"distributed.comm.tls.client.{what}": None for what in ("key", "cert")}):  # fmt: skip
                with pytest.raises(CourseError, match="no dask scheduler answers there"):
                    Cluster(machines.scheduler_address).__enter__()


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("tcp://10.0.0.7:8786", True),
        ("tcp://head.cluster.uni.edu:8786", True),
        ("tcp://[fd00::1]:8786", True),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("tls://10.0.0.7:8786", False),
        ("inproc://10.0.0.7/1/1", False),
    ],
)
def test_a_cluster_that_others_could_listen_to_is_warned_of(address, warned):
    from types import SimpleNamespace

    cluster = Cluster(address)
    cluster._client = SimpleNamespace(scheduler=SimpleNamespace(address=address))
    assert ("not encrypted" in cluster.exposed) == warned


# --------------------------------------------------------------------------- troubles on the way


@pytest.mark.slow
def test_a_cluster_that_goes_away_keeps_what_is_recorded(course, marked_here, monkeypatch):
    monkeypatch.setattr(scheduler, "REACH", 1.0)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0",
        env={"PYTHONPATH": str(ROOT)},
    ) as machines:  # fmt: skip
        with Cluster(machines.scheduler_address) as cluster:

            def end():
                while not list(course.state.glob(f"{LAB}/*.done")):
                    time.sleep(0.01)
                machines.close(timeout=5)

            closer = threading.Thread(target=end)
            closer.start()
            with pytest.raises(CourseError, match="what is recorded is safe") as error:
                grade(course, LAB, workers=1, executor=cluster)
            closer.join()
    assert machines.scheduler_address in str(error.value)
    again = grade(course, LAB, workers=2)
    assert again.unchanged  # those that were recorded
    assert marks(course) == marked_here[1]


def test_what_waits_is_given_up_at_once(cluster):
    judges = cluster(2, None)
    futures = [judges.submit(time.sleep, 2) for _ in range(20)]
    started = time.monotonic()
    judges.shutdown(wait=False, cancel_futures=True)
    with distributed.Client(cluster.address, set_as_default=False) as client:
        while client.run_on_scheduler(_tasks):
            assert time.monotonic() - started < 20  # not the 20 seconds that they would take
            time.sleep(0.1)
    assert len(futures) == 20


def _tasks(dask_scheduler):
    return len(dask_scheduler.tasks)


@pytest.mark.attack
def test_no_log_holds_the_key_or_the_work(cluster):
    judges = cluster(2, None)
    broken = judges.submit(mark, Settings(exercises="hidden = 42 +"), Job("ada", "their work", KEY))
    with pytest.raises(Exception, match="on dask worker tcp://"):
        broken.result(timeout=30)
    with distributed.Client(cluster.address, set_as_default=False) as client:
        logs = repr(client.get_worker_logs()) + repr(client.get_scheduler_logs())
        story = repr(client.run_on_scheduler(_everything))
    assert "Starting Worker" in logs
    for secret in ("course's secret", "their work", "hidden = 42"):
        assert secret not in logs and secret not in story


def _everything(dask_scheduler):
    """What the dashboard and a cluster's dump have to show."""
    tasks = [str(task.run_spec) for task in dask_scheduler.tasks.values()]
    return tasks, dask_scheduler.get_events(), list(dask_scheduler.transition_log)
