"""The parts of the sandbox: the filter's instructions, the choice, the report, what stands
inside."""

from __future__ import annotations

import errno
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.errors import SandboxUnavailable
from autograder.sandbox import bwrap, landlock, launch, seccomp, tree, trial
from autograder.session import Zygote

ROOT = Path(__file__).parents[2]
EPERM = 0x00050000 | errno.EPERM
ENOSYS = 0x00050000 | errno.ENOSYS
ALLOW, KILL = 0x7FFF0000, 0x80000000
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}


def verdict(program: bytes, number: int, arguments=(), architecture=0xC000003E) -> int:
    """What the kernel would answer: the few instructions of classic BPF that the filter uses."""
    words = [0] * 6
    words[: len(arguments)] = arguments
    data = struct.pack("<IIQ6Q", number, architecture, 0, *words)
    code = [struct.unpack_from("HBBI", program, at) for at in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        operation, then, other, value = code[at]
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
            continue
        holds = {
            0x15: accumulator == value,
            0x35: accumulator >= value,
            0x45: bool(accumulator & value),
        }[operation]
        at += then if holds else other


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("signals", [True, False])
def test_the_filter_refuses_what_it_should_and_nothing_else(machine, alone, signals):
    column, architecture = COLUMN[machine], ARCHITECTURE[machine]
    program = seccomp.program(machine, alone=alone, signals=signals)

    def ask(call, *arguments):
        return verdict(program, call[column], arguments, architecture)

    for name, numbers in seccomp.CALLS.items():
        if numbers[column] is not None:
            assert ask(numbers) == EPERM, name
    for numbers in seccomp.SIGNALS.values():
        assert ask(numbers) == (ALLOW if signals else EPERM)
    for numbers in [*seccomp.OTHERS.values(), (42, 203), (49, 200)]:
        assert ask(numbers) == (ALLOW if alone else EPERM)
    assert ask(seccomp.CLONE3) == ENOSYS
    assert ask(seccomp.CLONE, 17) == ALLOW
    assert ask(seccomp.CLONE, 0x003D0F00) == ALLOW  # a thread
    for flag in (
        0x00020000,
        0x02000000,
        0x04000000,
        0x08000000,
        0x10000000,
        0x20000000,
        0x40000000,
    ):
        assert ask(seccomp.CLONE, flag | 17) == EPERM
    assert ask(seccomp.SOCKET, 1, 1) == (ALLOW if alone else EPERM)
    for family in (2, 10, 16, 17, 40):
        assert ask(seccomp.SOCKET, family, 1) == EPERM
    assert ask(seccomp.SOCKETPAIR, 1, 1 | 0o2000000) == ALLOW
    assert ask(seccomp.SOCKETPAIR, 1, 2) == (ALLOW if alone else EPERM)
    assert ask(seccomp.SOCKETPAIR, 2, 1) == EPERM
    assert ask(seccomp.IOCTL, 0, 0x5412) == EPERM
    assert ask(seccomp.IOCTL, 0, 0x541C) == EPERM
    assert ask(seccomp.IOCTL, 0, 0x5401) == ALLOW
    assert ask(seccomp.PRLIMIT, 0) == ALLOW
    assert ask(seccomp.PRLIMIT, 1) == (ALLOW if alone else EPERM)
    for everyday in ((0, 63), (1, 64), (9, 222), (231, 94), (59, 221), (257, 56), (318, 278)):
        assert ask(everyday) == ALLOW  # read write mmap exit_group execve openat getrandom
    assert verdict(program, 1, architecture=0x40000003) == KILL  # 32-bit
    if machine == "x86_64":
        assert verdict(program, 0x40000000 | 1) == EPERM  # x32


def test_the_numbers_of_the_calls_are_the_kernels():
    tables = [
        Path(f"/usr/include/{name}")
        for name in ("x86_64-linux-gnu/asm/unistd_64.h", "asm-generic/unistd.h")
    ]
    if not all(table.is_file() for table in tables):
        pytest.skip("the kernel's headers (linux-libc-dev for x86_64) are not installed")
    known = [
        {
            match[1]: int(match[2])
            for match in re.finditer(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", table.read_text())
        }
        for table in tables
    ]
    ours = seccomp.CALLS | seccomp.SIGNALS | seccomp.CONNECT | seccomp.OTHERS | seccomp.INODES
    ours |= {"clone": seccomp.CLONE, "clone3": seccomp.CLONE3, "socket": seccomp.SOCKET}
    ours |= {"socketpair": seccomp.SOCKETPAIR, "ioctl": seccomp.IOCTL}
    ours |= {"prlimit64": seccomp.PRLIMIT}
    newest = max(known[0].values())
    for name, numbers in ours.items():
        if numbers[0] is None or numbers[0] <= newest:
            assert [table.get(name) for table in known] == list(numbers), name


# The choice


@pytest.fixture
def troubles(monkeypatch):
    """Pretend that sandboxes do not work, each for its reason."""
    found = {"bwrap": None, "landlock": None, "off": None}
    monkeypatch.setattr(trial, "trouble", lambda backend: found[backend])
    return found


def test_the_strongest_that_works_is_chosen(troubles):
    assert sandbox.choose() == "bwrap"
    troubles["bwrap"] = "it is not installed"
    assert sandbox.choose() == "landlock"


def test_without_a_sandbox_there_is_no_marking_but_by_name(troubles):
    troubles["bwrap"] = troubles["landlock"] = "no"
    with pytest.raises(SandboxUnavailable, match="install bubblewrap"):
        sandbox.choose()
    assert sandbox.choose("off") == "off"


def test_a_sandbox_asked_for_by_name_is_not_replaced(troubles):
    troubles["bwrap"] = "it is not installed"
    with pytest.raises(SandboxUnavailable, match="'bwrap' does not work here: it is not installed"):
        sandbox.choose("bwrap")
    with pytest.raises(ValueError, match="no sandbox called 'firejail'"):
        sandbox.choose("firejail")


def test_a_missing_bubblewrap_is_found_out_by_trying(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    trial.trouble.cache_clear()
    assert "apt install bubblewrap" in trial.trouble("bwrap")
    trial.trouble.cache_clear()


def test_the_report_names_every_loss(troubles):
    best = {line.name: line.available for line in sandbox.report()}
    assert all(best.values())
    troubles["bwrap"] = "it is not installed"
    worse = {line.name: line for line in sandbox.report()}
    assert not worse["processes hidden from each other"].available
    assert not worse["bubblewrap sandbox"].available
    assert worse["bubblewrap sandbox"].remark == "it is not installed"
    assert worse["no network"].available
    assert list(worse) == list(best)


def test_a_server_that_cannot_start_says_why(monkeypatch):
    pack = launch.pack

    def incomplete(folder):
        packages = pack(folder)
        (packages / "autograder" / "zygote.py").unlink()
        return packages

    monkeypatch.setattr(launch, "pack", incomplete)
    with pytest.raises(
        SandboxUnavailable, match="did not start.*No module named autograder.zygote"
    ):
        Zygote("off")


# What stands inside


@pytest.fixture(scope="module")
def inside():
    """A session in the strongest sandbox."""
    try:
        sandbox.choose("bwrap")
    except SandboxUnavailable as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    with Zygote("bwrap", preload=("numpy",)) as zygote, zygote.open() as session:
        yield session


def look(session, expression):
    run = session.run_cell(f"import os, sys\nlooked = {expression}")
    assert run.status == "ok", run.outputs
    return session.get("looked")


def test_the_root_folder_holds_nothing_of_the_course(inside):
    assert not look(inside, f"os.path.exists({str(ROOT / 'labs')!r})")
    assert not look(inside, f"os.path.exists({str(ROOT / 'autograder' / 'session.py')!r})")
    modules = look(inside, "sorted(os.listdir('/packages/autograder'))")
    assert set(modules) <= {Path(name).parts[0] for name in launch.CHILD_SIDE} | {
        f"{name}.py" for name in launch.CHILD_SIDE
    }
    for secret in ("judge.py", "session.py", "grade.py", "execute.py"):
        assert secret not in modules


def test_nobody_is_there(inside):
    assert look(inside, "os.getuid()") == bwrap.NOBODY
    assert look(inside, "os.listdir('/proc')") == []
    assert look(inside, "os.getpid()") == 2
    assert look(inside, "os.uname().nodename") == "sandbox"
    assert (
        look(inside, "[os.path.exists(p) for p in ('/etc/passwd', '/sys', '/run', '/var')]")
        == [False] * 4
    )
    with open("/proc/self/environ") as environ:
        assert "AUTOGRADER" not in environ.read()
    assert set(look(inside, "sorted(os.environ)")) >= {"HOME", "PATH"}
    assert not set(look(inside, "list(os.environ)")) & {"SSH_AUTH_SOCK", "CI", "VIRTUAL_ENV"}


def test_libraries_work_inside(inside):
    assert look(inside, "float(__import__('numpy').linalg.det([[2, 0], [0, 3]]))") == 6.0
    assert look(inside, "__import__('tempfile').gettempdir()") == "/tmp"
    assert look(inside, "__import__('subprocess').check_output(['echo', 'hi'])") == b"hi\n"


@pytest.mark.skipif(not shutil.which("fc-list"), reason="there is no fontconfig here")
def test_fontconfig_finds_its_settings(inside):
    said = "__import__('subprocess').run(['fc-list'], capture_output=True, text=True).stderr"
    assert look(inside, said) == ""


# The process tree


def test_usage_counts_the_living_and_the_dead():
    program = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    while time.process_time() < 0.3: pass\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "if os.fork() == 0:\n"
        "    hoard = bytearray(b'x') * 50_000_000\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        handle = os.pidfd_open(process.pid)
        assert tree.pid_of(handle) == process.pid
        usage = tree.usage(process.pid)
        assert usage.processes == 2
        assert usage.cpu_seconds >= 0.25
        assert usage.memory_bytes >= 50_000_000
        assert 50_000_000 <= tree.memory(process.pid) < min(usage.memory_bytes, 200_000_000)
        process.stdin.close()
        process.wait()
        assert tree.pid_of(handle) is None
        os.close(handle)
    assert tree.usage(process.pid).processes == 0


def test_disk_usage_is_counted_and_hostile_folders_are_removed(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    for number in range(10):
        (folder / str(number)).write_bytes(b"x" * 10_000)
    os.symlink("/usr", folder / "link")
    usage = tree.disk_usage(folder, 10**9)
    assert 100_000 <= usage < 400_000
    assert tree.disk_usage(folder, 1000) <= usage
    here = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(2500):
            os.mkdir("d", dir_fd=here)
            inner = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
    finally:
        os.close(here)
    (folder / "0").chmod(0)
    folder.chmod(0o500)
    tree.remove(folder)
    assert not folder.exists()
    assert Path("/usr").is_dir()


def test_landlock_reports_its_version():
    assert landlock.abi() >= 0
    assert (landlock.missing() is None) == (landlock.abi() > 0)


def test_a_python_below_tmp_is_shown_after_the_tmp_that_would_hide_it(monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/tmp/somewhere/.venv")
    arguments = bwrap.command(["true"], packages={})
    (hiding,) = [at for at, word in enumerate(arguments) if word == "--tmpfs"]
    shown = [at for at, word in enumerate(arguments) if word.startswith("/tmp/somewhere")]
    assert len(shown) >= 3  # the folder on the way, and the bind's two ends
    assert min(shown) > hiding
