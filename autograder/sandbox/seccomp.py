"""A filter on system calls, assembled by hand: no library is needed beyond the kernel.

The list is of what is *refused*; everything else stays as it is, so that numpy, torch and
matplotlib run unchanged. A refused call fails with EPERM (or ENOSYS, where the C library has an
older way to do the same), which student code sees as an ordinary PermissionError."""

from __future__ import annotations

import ctypes
import errno
import struct

from autograder.sandbox import linux

__all__ = ["install", "supported"]

# name: (x86_64, aarch64); None where the architecture has no such call.
CALLS = {
    # looking into or acting on other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # the shape of the file system and the namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    # doors into the kernel that a lab never needs
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "personality": (135, 92),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "iopl": (172, None),
    "ioperm": (173, None),
    "uselib": (134, None),
    "nfsservctl": (180, 42),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    # memory that outlives or escapes the limits
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
SIGNALS = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
}
CONNECT = {"socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201)}
OTHERS = {
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "setpriority": (141, 140),
}
# Landlock rules on opening files; what a file's owner may do without opening it, it leaves alone.
INODES = {
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
PRLIMIT = (302, 261)  # allowed on oneself only
CLONE, CLONE3, SOCKET, SOCKETPAIR, IOCTL = (56, 220), (435, 435), (41, 198), (53, 199), (16, 29)
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
AF_UNIX = 1
DATAGRAM = 2  # the bit that SOCK_DGRAM and SOCK_RAW have, SOCK_STREAM and SOCK_SEQPACKET have not

NEW_NAMESPACES = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32_BIT = 0x40000000

LOAD, JEQ, JSET, JGE, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
NUMBER, ARCHITECTURE, ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data


def supported() -> str | None:
    """None where filters can be installed; otherwise the reason."""
    if linux.machine() not in _ARCHITECTURES:
        return f"no system-call filter is written for {linux.machine()} (only x86_64 and aarch64)"
    try:
        with open("/proc/sys/kernel/seccomp/actions_avail") as file:
            return None if "errno" in file.read() else "this kernel's seccomp cannot refuse calls"
    except FileNotFoundError:
        return "this kernel has no seccomp filters"
    except OSError:
        return None


def install(*, alone: bool, signals: bool) -> None:
    """Put the filter on this process and all it starts; it cannot be taken off.

    Args: alone: namespaces of its own stand behind the process, so it may make Unix sockets (other
        families never) and
            set limits on the processes that it sees.
        signals: a pid namespace or a Landlock scope stands behind it, so it may send signals.

    Raises `OSError` where the kernel refuses.
    """
    code = program(linux.machine(), alone=alone, signals=signals)
    linux.keep_no_privileges()
    buffer = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    )
    linux.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(header))


def program(machine: str, *, alone: bool, signals: bool) -> bytes:
    """The filter as BPF instructions for `machine`."""
    column, architecture = _ARCHITECTURES[machine]
    refuse = RETURN, 0, 0, 0x00050000 | errno.EPERM
    code = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JEQ, 1, 0, architecture),  # a 32-bit call on a 64-bit kernel has other numbers
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        code += [(JGE, 0, 1, X32_BIT), refuse]
    code += [(JEQ, 0, 1, CLONE3[column]), (RETURN, 0, 0, 0x00050000 | errno.ENOSYS)]

    refused = dict(CALLS)
    if not signals:
        refused |= SIGNALS
    if not alone:
        refused |= CONNECT | OTHERS | INODES
    for numbers in refused.values():
        if (number := numbers[column]) is not None:
            code += [(JEQ, 0, 1, number), refuse]

    # clone() with a new namespace among its flags
    code += [
        (JEQ, 0, 4, CLONE[column]),
        (LOAD, 0, 0, ARGUMENT),
        (JSET, 0, 1, NEW_NAMESPACES),
        refuse,
    ]
    code += [(RETURN, 0, 0, ALLOW)]
    # pushing characters into a terminal
    code += [
        (JEQ, 0, 5, IOCTL[column]),
        (LOAD, 0, 0, ARGUMENT + 8),
        (JEQ, 1, 0, TIOCSTI),
        (JEQ, 0, 1, TIOCLINUX),
    ]
    code += [refuse, (RETURN, 0, 0, ALLOW)]
    if not alone:
        code += [
            (JEQ, 0, 4, PRLIMIT[column]),
            (LOAD, 0, 0, ARGUMENT),
            (JEQ, 1, 0, 0),
            refuse,
            (LOAD, 0, 0, NUMBER),
        ]
        # a datagram pair can send to any socket there is; a stream pair only to its other end
        code += [
            (JEQ, 0, 4, SOCKETPAIR[column]),
            (LOAD, 0, 0, ARGUMENT + 8),
            (JSET, 0, 1, DATAGRAM),
            refuse,
        ]
        code += [(LOAD, 0, 0, NUMBER)]
    # sockets of any family but Unix
    for call in (SOCKET, SOCKETPAIR):
        code += [(JEQ, 0, 4, call[column]), (LOAD, 0, 0, ARGUMENT), (JEQ, 1, 0, AF_UNIX), refuse]
        code += [(RETURN, 0, 0, ALLOW)]
    code += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)
