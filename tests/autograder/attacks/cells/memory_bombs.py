"""Many processes, each within its own limit."""

import os
import time

for _ in range(12):
    if os.fork() == 0:
        hoard = bytearray(b"x" * 100_000_000)
        time.sleep(1000)
time.sleep(1000)
