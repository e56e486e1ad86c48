"""Looks for the marker's secrets in the environment and the memory of every process."""

import glob
import os

from target import TARGET, reached

token = TARGET["token"]
reached += [name for name, value in os.environ.items() if token in value]
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        if token in open(path, "rb").read().decode(errors="replace"):
            reached.append(path)
    except OSError:
        pass
try:
    others = set(map(int, filter(str.isdigit, os.listdir("/proc"))))
except OSError:
    others = set()
for pid in (others | {1, os.getppid(), TARGET["judge"]}) - {0, os.getpid()}:
    for path in (f"/proc/{pid}/mem", f"/proc/{pid}/maps"):
        try:
            open(path, "rb").close()
            reached.append(path)
        except OSError:
            pass
