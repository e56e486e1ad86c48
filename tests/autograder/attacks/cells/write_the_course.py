"""Changes the gradebook (a trigger that raises everybody's score) and other submissions."""

import os
import shutil
import sqlite3

from target import TARGET, reached


def ways_to_change(path):
    yield lambda: open(path, "ab").write(b"x")
    yield lambda: os.truncate(path, 0)
    yield lambda: os.chmod(path, 0o777)
    yield lambda: os.chown(path, os.getuid(), os.getgid())
    yield lambda: os.utime(path, (0, 0))
    yield lambda: os.setxattr(path, "user.mark", b"100")
    yield lambda: os.rename(path, "mine")
    yield lambda: os.unlink(path)
    yield lambda: shutil.rmtree(os.path.dirname(path))


try:
    base = sqlite3.connect(TARGET["secrets"][0])
    base.execute("CREATE TABLE grade (score)")
    base.execute("CREATE TRIGGER t AFTER UPDATE ON grade BEGIN UPDATE grade SET score = 99; END")
    base.commit()
    reached.append("a trigger")
except sqlite3.Error:
    pass
for path in TARGET["secrets"]:
    for change in ways_to_change(path):
        try:
            change()
            reached.append(path)
        except OSError:
            pass
