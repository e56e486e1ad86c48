"""Begins a message and never ends it."""

import os
import time

for descriptor in range(3, 256):
    try:
        os.write(descriptor, (1000).to_bytes(4, "little") + b"d")
    except OSError:
        pass
while True:
    time.sleep(1000)
