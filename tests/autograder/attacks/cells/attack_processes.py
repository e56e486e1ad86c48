"""Kills, traces and reads other processes."""

import ctypes
import os
import signal

from target import TARGET, reached

libc = ctypes.CDLL(None, use_errno=True)
for pid in {1, TARGET["judge"], os.getppid()} - {os.getpid(), 0}:
    if libc.ptrace(16, pid, 0, 0) == 0:  # PTRACE_ATTACH
        reached.append(f"ptrace {pid}")
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    if libc.process_vm_readv(pid, vector, 1, vector, 1, 0) >= 0:
        reached.append(f"process_vm_readv {pid}")
try:
    os.kill(TARGET["judge"], 0)  # in earnest only where the judge is out of reach
    reached.append("the judge can be signalled")
except OSError:
    for pid in (-1, 1, os.getppid()):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
            try:
                if pid:
                    os.kill(pid, number)
            except OSError:
                pass
try:
    import resource

    resource.prlimit(TARGET["judge"], resource.RLIMIT_CPU, (1, 1))
    reached.append("prlimit")
except (OSError, ValueError):
    pass
