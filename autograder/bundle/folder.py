"""Keeping a folder in step with what should be in it, without harm to what a person put there.

A note in the folder, `.bundle.json`, says which files are the bundle's and what was in them. Only
those are ever replaced or removed, and only while nobody has edited them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.course import CourseError
from autograder.store import write

__all__ = ["NOTE", "update", "zipped_bytes"]

NOTE = ".bundle.json"
OF_NO_MATTER = {".git", ".DS_Store"}  # in a folder that is as good as empty


def update(
    folder: Path, files: Mapping[str, bytes], *, overwrite: bool = False
) -> tuple[list[str], list[str], list[str]]:
    """Make `files` ({relative name: contents}) the bundle in `folder`; returns the names written,
    removed and unchanged.

    Raises `CourseError`, with nothing touched, when the folder is something else, or when a person's
    edits would be lost and `overwrite` is not set. Killed half-way, it can be run again.
    """
    before = _before(folder)
    now = {name: _digest(data) for name, data in files.items()}
    there = {name: _there(folder / name) for name in (*before, *now)}
    edited = sorted(
        name
        for name, digest in there.items()
        if digest not in (None, before.get(name), now.get(name))
    )
    if edited and not overwrite:
        many = f" and {len(edited) - 5} more" if len(edited) > 5 else ""
        raise CourseError(
            f"{folder}: {', '.join(edited[:5])}{many}: edited, or put there, by somebody; move them "
            "out of the way, or give them up with --overwrite"
        )
    written = sorted(name for name in now if there[name] != now[name])
    for name in written:
        if (folder / name).is_dir():
            raise CourseError(f"{folder / name}: is a folder where a file should be; move it away")
        write(folder / name, files[name])
    removed = sorted(name for name in before if name not in now and there[name] is not None)
    for name in removed:
        (folder / name).unlink()
        _remove_empty((folder / name).parent, folder)
    note = {"made by": "autograder bundle, which replaces these files", "files": now}
    write(folder / NOTE, json.dumps(note, indent=1, sort_keys=True).encode())
    return written, removed, sorted(set(now) - set(written))


def _before(folder: Path) -> dict[str, str]:
    """{name: digest} of the bundle that is there."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise CourseError(f"{folder}: is a file; name a folder")
    note = folder / NOTE
    if note.is_file():
        try:
            known = json.loads(note.read_bytes())["files"]
            if all(isinstance(value, str) and _inside(name) for name, value in known.items()):
                return known
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        raise CourseError(f"{note}: is damaged; bundle into a new folder")
    if any(path.name not in OF_NO_MATTER for path in folder.iterdir()):
        raise CourseError(
            f"{folder}: is not empty and no earlier bundle; name a new or an empty folder"
        )
    return {}


def _inside(name: str) -> bool:
    """Somebody else may have written the note: it may lead nowhere but into the folder."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _there(path: Path) -> str | None:
    """The digest of what is at `path`; None where there is nothing."""
    if path.is_symlink() or path.is_dir():
        return "no file"
    return _digest(path.read_bytes()) if path.exists() else None


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def zipped_bytes(files: Mapping[str, bytes], top: str) -> bytes:
    """A zip of the files in a folder called `top`; the same files give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{top}/{name}")  # of 1980, the first year that zips know
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, files[name])
    return archive.getvalue()
