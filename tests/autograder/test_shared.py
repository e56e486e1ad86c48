"""One warm fork server for several judges: each has its own sessions, and nobody's end leaves
anything behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import pytest

from autograder import scratch
from autograder.door import Door
from autograder.errors import SandboxUnavailable
from autograder.sandbox import choose, launch, tree, trial
from autograder.server import Server, Wish
from autograder.session import Limits, Zygote
from tests.autograder.sandboxes import sandbox_or_skip

LIMITS = Limits(cpu_seconds_per_cell=2.0, wall_slack=20.0)
PRELOAD = ("numpy",)


@pytest.fixture(scope="module", params=["bwrap", "landlock", "off"])
def owner(request):
    sandbox_or_skip(request.param)
    with Zygote(request.param, preload=PRELOAD, limits=LIMITS) as owner:
        yield owner


def join(owner, **changes):
    wish = {"sandbox": owner.sandbox, "preload": PRELOAD, "limits": LIMITS, **changes}
    return Zygote(**wish, shared=owner.share())


def joined(zygote) -> bool:
    return zygote._process is None


def value(session, expression):
    run = session.run_cell(f"looked = {expression}")
    assert run.status == "ok", run
    return session.get("looked")


def wait_until(condition):
    while not condition():
        time.sleep(0.01)


def test_a_judge_that_joins_has_sessions_of_its_own(owner):
    before = tree.living(owner._process.pid)
    with join(owner) as one, join(owner) as other, owner.open() as first:
        assert joined(one) and joined(other)
        assert (one.sandbox, one.cold) == (owner.sandbox, owner.cold)
        with one.open(seed=3, files={"x": b"1"}) as second, other.open(seed=3) as third:
            for session in (first, second, third):
                assert value(session, "__import__('numpy').__name__") == "numpy"
            assert value(second, "open('x').read()") == "1"
            assert value(third, "__import__('os').path.exists('x')") is False
            second.run_cell("n = 1")
            assert third.has(["n"]) == set()
            with third.checkpoint() as trial:
                assert trial is not third
    wait_until(lambda: tree.living(owner._process.pid) == before)


def test_numbers_do_not_depend_on_whose_copy_it_is(owner):
    drawn = []
    with join(owner) as guest:
        for zygote in (owner, guest):
            with zygote.open(seed=7) as session:
                session.run_cell("import random, numpy as np")
                drawn.append(value(session, "[random.random(), np.random.rand(), hash('x')]"))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"preload": ("numpy", "json")},
        {"limits": replace(LIMITS, processes=7)},
        {"read_only": ("/usr",)},
    ],
)
def test_another_wish_gets_a_server_of_its_own(owner, changes):
    with join(owner, **changes) as guest, guest.open() as session:
        assert not joined(guest)
        assert value(session, "1") == 1


def test_a_judge_does_not_end_up_without_a_sandbox_by_chance(monkeypatch):
    with Zygote("off", preload=PRELOAD, limits=LIMITS) as unsafe:
        monkeypatch.setattr(trial, "trouble", lambda backend: "it does not work")
        for name in ("auto", "bwrap"):
            with pytest.raises(SandboxUnavailable):
                Zygote(name, preload=PRELOAD, limits=LIMITS, shared=unsafe.share())


def test_auto_is_the_wish_for_what_it_comes_to():
    best = choose("auto")
    with Zygote("auto", preload=PRELOAD, limits=LIMITS) as owner:
        for name in ("auto", best):
            with Zygote(name, preload=PRELOAD, limits=LIMITS, shared=owner.share()) as guest:
                assert joined(guest) and guest.sandbox == best


def test_changed_code_is_another_wish(owner, monkeypatch):
    address = owner.share()
    monkeypatch.setattr(launch, "stamp", lambda: "newer")
    refused = owner._wish.to_json()
    monkeypatch.undo()
    assert owner._admit(refused, None) != ""
    assert owner.share() == address


def test_nobody_at_the_address(owner):
    with Zygote("off", preload=PRELOAD, shared="autograder-nobody") as alone:
        assert not joined(alone)


def test_only_the_same_user_is_let_in(monkeypatch):
    asked = []
    door = Door(lambda wish, control: asked.append(wish) or "")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    try:
        with pytest.raises(SandboxUnavailable):
            Server.join(Wish("off", PRELOAD, LIMITS, ()), door.address)
    finally:
        monkeypatch.undo()
        door.close()
    assert asked == []


# Ends


def test_a_copy_that_died_is_replaced(owner):
    with join(owner) as guest:
        with guest.open() as session:
            signal.pidfd_send_signal(guest._server.handle, signal.SIGKILL)
            assert select.select([guest._server.handle], [], [], 10)[0]
            if owner.sandbox == "bwrap":  # without namespaces its rooms end with it
                assert value(session, "5") == 5
            with guest.open() as following:
                assert value(following, "6") == 6
        assert guest.restarts == 1
        assert joined(guest)


def test_when_the_owner_is_gone_a_judge_goes_on_alone(caplog):
    with Zygote(preload=PRELOAD, limits=LIMITS) as owner:
        guest = Zygote(preload=PRELOAD, limits=LIMITS, shared=owner.share())
    with guest:
        with guest.open() as session:
            assert value(session, "1 + 1") == 2
        assert not joined(guest)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_an_owner_whose_server_died_starts_it_again_for_its_guests():
    with Zygote(preload=PRELOAD, limits=LIMITS) as owner:
        owner._process.kill()
        os.kill(tree.pid_of(owner._server.handle), signal.SIGKILL)
        owner._process.wait()
        with Zygote(preload=PRELOAD, limits=LIMITS, shared=owner.share()) as guest:
            with guest.open() as session:
                assert value(session, "1 + 1") == 2


def test_nothing_is_left_open(owner):
    owner.share()
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with join(owner) as guest, guest.open():
            pass
    assert len(os.listdir("/proc/self/fd")) == descriptors


GUEST = """
    import sys, time
    from autograder.session import Limits, Zygote
    limits = Limits(cpu_seconds_per_cell=2.0, wall_slack=20.0)
    zygote = Zygote({sandbox!r}, preload=("numpy",), limits=limits, shared={address!r})
    session = zygote.open()
    session.run_cell("import os, time\\nif os.fork() == 0:\\n    os.setsid(); time.sleep(1000)")
    print("joined" if zygote._process is None else "alone", flush=True)
    session.run_cell("import time\\ntime.sleep(1000)")
"""
OWNER = """
    import time
    from autograder.session import Limits, Zygote
    limits = Limits(cpu_seconds_per_cell=2.0, wall_slack=20.0)
    zygote = Zygote({sandbox!r}, preload=("numpy",), limits=limits)
    print(zygote.share(), flush=True)
    time.sleep(1000)
"""


def start(program, **names):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program.format(**names))],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return process, process.stdout.readline().strip()


def test_a_judge_that_is_killed_takes_its_sessions_with_it(owner):
    before = tree.living(owner._process.pid)
    guest, said = start(GUEST, sandbox=owner.sandbox, address=owner.share())
    assert said == "joined"
    assert len(tree.living(owner._process.pid)) > len(before) + 2
    guest.kill()
    guest.wait()
    wait_until(lambda: tree.living(owner._process.pid) == before)
    with join(owner) as following, following.open() as session:
        assert value(session, "1") == 1


def test_nothing_outlives_an_owner_that_is_killed(owner):
    killed, address = start(OWNER, sandbox=owner.sandbox)
    guest, said = start(GUEST, sandbox=owner.sandbox, address=address)
    assert said == "joined"
    everybody = [os.pidfd_open(pid) for pid in tree.descendants(killed.pid)]
    assert len(everybody) >= 6
    killed.kill()
    killed.wait()
    time.sleep(0.5)
    guest.kill()
    guest.wait()
    for handle in everybody:
        assert select.select([handle], [], [], 60)[0], "a process outlived both"
        os.close(handle)


def test_what_a_killed_owner_left_on_disk_goes_with_the_next(tmp_path, monkeypatch):
    """And nothing that somebody alive needs, or that is another container's."""
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    mine = scratch.make()
    gone = subprocess.Popen(["sleep", "0"])
    dead = tmp_path / f"{scratch.PREFIX}{scratch._name(gone.pid)}-abc"
    gone.wait()
    here = scratch._container()
    reused = tmp_path / f"{scratch.PREFIX}{here}-{os.getpid()}-1-abc"
    strange = tmp_path / f"{scratch.PREFIX}{here}-me-too-abc"
    elsewhere = tmp_path / f"{scratch.PREFIX}{here + 1}-{gone.pid}-1-abc"
    for folder in (dead, reused, strange, elsewhere):
        folder.mkdir()
        (folder / "file").write_text("x")
    again = scratch.make()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in (mine, strange, elsewhere, again)
    )
