"""Opens everything that can be opened."""

import os

from target import reached

descriptors = []
try:
    while len(descriptors) < 100_000:
        descriptors.append(os.dup(0))
    reached.append("a hundred thousand descriptors")
except OSError:
    pass
for descriptor in descriptors:
    os.close(descriptor)
