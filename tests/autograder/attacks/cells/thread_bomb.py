"""Starts threads until there are no more."""

import threading
import time

from target import reached

count = 0
try:
    while count < 5000:
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        count += 1
    reached.append(f"{count} threads")
except RuntimeError:
    pass
