"""A million empty files, very deep."""

import os

from target import reached

try:
    for number in range(1_000_000):
        open(f"f{number}", "w").close()
    reached.append("a million files")
except OSError:
    pass
try:
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
except OSError:
    pass
