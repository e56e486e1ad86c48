"""Makes namespaces, mounts, and uses the kernel's side doors."""

import ctypes
import os

from target import TARGET, reached

libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
attempts = {
    "unshare user": lambda: libc.unshare(0x10000000),
    "unshare mount": lambda: libc.unshare(0x00020000),
    "mount": lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b""),
    "umount /proc": lambda: libc.umount2(b"/proc", 2),
    "umount /tmp": lambda: libc.umount2(b"/tmp", 2),
    "chroot": lambda: libc.chroot(b"/"),
    "setuid": lambda: (
        0 if libc.setuid(0) == 0 and os.getuid() == 0 and TARGET["root"] is False else -1
    ),
    "clone user": lambda: libc.syscall(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0),
    "bpf": lambda: libc.syscall(321 if x86 else 280, 0, 0, 0),
    "keyctl": lambda: libc.syscall(250 if x86 else 219, 0, -3, 0),
    "add_key": lambda: libc.syscall(248 if x86 else 217, b"user", b"k", b"v", 1, -3),
    "io_uring": lambda: libc.syscall(425, 8, ctypes.create_string_buffer(256)),
    "perf": lambda: libc.syscall(
        298 if x86 else 241, ctypes.create_string_buffer(128), 0, -1, -1, 0
    ),
    "userfaultfd": lambda: libc.syscall(323 if x86 else 282, 0),
    "memfd": lambda: libc.syscall(319 if x86 else 279, b"m", 0),
    "shmget": lambda: libc.shmget(0, 4096, 0o1600),
    "32 bit personality": lambda: libc.personality(8),
}
for name, attempt in attempts.items():
    if attempt() >= 0:
        reached.append(name)
try:
    os.setns(os.open("/proc/1/ns/net", 0), 0)
    reached.append("setns")
except (OSError, AttributeError):
    pass
try:
    with open("/proc/self/status") as status:
        reached += [row for row in status if row.startswith("CapEff") and int(row.split()[1], 16)]
except OSError:
    pass
