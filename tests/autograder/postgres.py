"""A PostgreSQL server of a test's own: in a temporary folder, on a Unix socket, without a port."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PASSWORD = "s3cret-pass%word/@"
USER = "teacher"


def find(program):
    """The path of one of PostgreSQL's programs; Debian keeps them out of PATH. None: not there."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    return shutil.which(program) or (str(kept[0]) if kept else None)


class Server:
    """Started when made; `stop` and `start` at will. Asks for a password, as a real one does."""

    def __init__(self):
        # A socket's path may be no longer than about a hundred characters: no folder of pytest's.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.owner = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to serve as root
            user = _somebody()
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run("initdb", "-D", str(self.data), "-U", USER, "-A", "scram-sha-256", "-N",
                  f"--pwfile={secret}", "-E", "UTF8", "--locale=C")  # fmt: skip
        self.start()

    @property
    def data(self):
        return self.folder / "data"

    def url(self, database="postgres"):
        """What goes into `c.CourseDirectory.db_url`."""
        from urllib.parse import quote

        return (
            f"postgresql+psycopg://{USER}:{quote(PASSWORD, safe='')}@/{database}?host={self.folder}"
        )

    def start(self):
        """Returns when it answers."""
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-o", options,
                  "-l", str(self.folder / "log"), "start")  # fmt: skip

    def stop(self, how="immediate"):
        """As a power cut ends it, or ("fast") as an administrator does."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def new_database(self, name):
        import psycopg

        where = dict(user=USER, password=PASSWORD, host=str(self.folder), dbname="postgres")
        with psycopg.connect(**where, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def connections(self):
        """How many clients there are, this question aside."""
        import psycopg

        where = dict(user=USER, password=PASSWORD, host=str(self.folder), dbname="postgres")
        asked = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        with psycopg.connect(**where) as connection:
            return connection.execute(asked).fetchone()[0] - 1

    def close(self):
        self.stop()
        for _ in range(20):  # its last process may still be writing
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.1)

    def _run(self, program, *arguments):
        done = subprocess.run(
            [find(program), *arguments], cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **self.owner,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _somebody():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no user `postgres` or `nobody` to run a PostgreSQL server as")
