"""Fills the disk: one large file, then many small ones, then shared memory."""

import os

from target import TARGET, reached

written = 0
block = b"x" * 2**20
for folder in (".", "/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~")):
    for number in range(400):
        try:
            with open(f"{folder}/fill{number}", "wb") as file:
                for _ in range(8):
                    written += file.write(block)
        except OSError:
            break
if written > 2 * TARGET["disk"]:
    reached.append(f"{written} bytes")
