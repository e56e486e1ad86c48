"""Reads the gradebook, the reference solution and another student's work, by every way there is."""

import glob
import os

from target import TARGET, reached


def read(ways):
    for way in ways:
        try:
            with open(way, "rb") as file:
                if TARGET["token"].encode() in file.read():
                    reached.append(way)
        except OSError:
            pass


ways = list(TARGET["secrets"])
for path in TARGET["secrets"]:
    ways += [f"/proc/1/root{path}", f"/proc/self/root{path}", "../" * 12 + path.lstrip("/")]
    for make in (os.symlink, os.link):
        try:
            make(path, f"{make.__name__}_{os.path.basename(path)}")
            ways.append(f"{make.__name__}_{os.path.basename(path)}")
        except OSError:
            pass
read(ways + glob.glob("../../../source/*"))
for top in ("/packages", "/home", "/media", "/mnt", "/root", "/srv", "/work"):
    for number, (folder, _, _) in enumerate(os.walk(top)):
        read([os.path.join(folder, "gradebook.db")])
        if number > 500:
            break
