"""A message of a million nested lists."""

import os

body = b"l\x01\x00\x00\x00" * 1_000_000 + b"N"
for descriptor in range(3, 256):
    try:
        os.write(descriptor, len(body).to_bytes(4, "little") + body)
    except OSError:
        pass
