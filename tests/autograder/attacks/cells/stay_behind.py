"""Daemons: forked twice, in sessions of their own, deaf to every signal, holding every
descriptor."""

import os
import signal
import subprocess
import time

for number in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 32):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            while True:
                time.sleep(1)
        os._exit(0)
subprocess.Popen(["sleep", "1000"], start_new_session=True)
