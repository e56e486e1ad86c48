"""Prints one string of 200 MB, and writes as much to the descriptor."""

import os

print("y" * 200_000_000)
try:
    while True:
        os.write(1, b"z" * 1_000_000)
except OSError:
    pass
