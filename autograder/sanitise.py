"""Whatever comes in, the notebook that is marked has the source's own cells in the source's own
order.

A student's notebook is data from a stranger: cells duplicated, deleted, retyped, moved, their
metadata edited (a tag `skip-execution` on a test once earned full marks). So nothing of a
submission's structure is believed. The source notebook is the skeleton; from the submission come
only the text of the solution cells and the student's own extra cells, each after the cell that it
followed.
"""

from __future__ import annotations

import copy
import functools
import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.copies import LONGEST_CELL

__all__ = ["BadSubmission", "RebuildOnSource", "load_submission", "rebuild"]

MAX_BYTES = 50_000_000
MAX_CELLS = 2000
KINDS = ("code", "markdown", "raw")
CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "YOUR ANSWER HERE"
PICTURES = ("image/png", "image/jpeg", "image/gif")
FILE_NAME = re.compile(r"[\w.-]+")  # Markdown reads every one of these as itself
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class BadSubmission(Exception):
    """A submission that cannot be marked: one line, the file and the remedy."""


def load_submission(path: Path, source: NotebookNode) -> NotebookNode:
    """Read a student's notebook, of any nbformat. Raises `BadSubmission` when it is no notebook of
    this lab."""
    if path.is_symlink():
        raise BadSubmission(
            f"{path}: is a symbolic link, which is never followed; ask for the notebook itself"
        )
    if not path.is_file():  # reading a pipe would never end
        raise BadSubmission(f"{path}: is no file; ask for the notebook itself")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadSubmission(
                f"{path}: is larger than {MAX_BYTES // 10**6} MB; ask for it with its outputs cleared"
            )
        data = path.read_bytes()
        raw = json.loads(data)
    except OSError as error:
        raise BadSubmission(
            f"{path}: cannot be read ({error.strerror}); see who may read it"
        ) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError) and data.lstrip()[:1] == b"{":
            raise BadSubmission(
                f"{path}: is not in UTF-8, as every notebook is (byte {error.start}: "
                f"{data[error.start]:#04x}); another program has saved it anew, ask for the file "
                "that Jupyter saved"
            ) from None
        raise BadSubmission(
            f"{path}: is not JSON, so not a notebook (cut off, or another kind of file); ask for it again"
        ) from None
    try:
        notebook = _well_formed(raw)
    except (TypeError, KeyError, AttributeError):
        raise BadSubmission(f"{path}: is not a notebook; ask for the .ipynb file itself") from None
    texts = [grade_id(cell) for cell in notebook.cells]
    if len(notebook.cells) > MAX_CELLS:
        raise BadSubmission(
            f"{path}: has more than {MAX_CELLS} cells; ask for it without what is not needed"
        )
    ours = {grade_id(cell) for cell in source.cells} - {None}
    if not ours & set(texts):
        raise BadSubmission(
            f"{path}: has none of this lab's cells; it is a notebook of another lab, ask for the right one"
        )
    return notebook


def _well_formed(raw: Any) -> NotebookNode:
    """What marking takes from a notebook in which anything may stand anywhere: of each cell its
    type, its text, its name and tags, its pictures.

    nbformat's own reader is not asked: 300 kB of nonsense outputs cost it a minute and 4 GB. Half a
    character, which no file could hold, becomes a question mark.
    """
    version = raw["nbformat"]
    if version not in (2, 3, 4):
        raise TypeError(f"nbformat {version}")
    sheets = [raw] if version == 4 else raw["worksheets"]
    metadata = raw.get("metadata")
    origin = metadata.get("orig_nbformat", version) if isinstance(metadata, dict) else version
    if not isinstance(origin, int):
        origin = version
    cells: list[dict[str, Any]] = []
    every = itertools.chain.from_iterable(sheet["cells"] for sheet in sheets)
    for cell in itertools.islice(every, MAX_CELLS + 1):
        if not isinstance(cell, dict):
            continue
        kind, text = cell.get("cell_type"), cell.get("source", cell.get("input"))
        if isinstance(text, list) and all(isinstance(line, str) for line in text):
            text = "".join(text)
        if kind == "heading" and version < 4:
            kind = "markdown"
        if kind not in KINDS or not isinstance(text, str):
            continue
        text = text.encode(errors="replace").decode()
        kept: dict[str, Any] = {
            "cell_type": kind,
            "id": f"{len(cells)}",
            "source": text,
            "metadata": {},
        }
        if name := grade_id(cell):
            kept["metadata"]["nbgrader"] = {"grade_id": name}
        if "skip-execution" in _tags(cell):
            kept["metadata"]["tags"] = ["skip-execution"]
        if kind == "code":
            kept |= {"outputs": [], "execution_count": None}
        if kind == "markdown" and (pictures := _pictures(cell.get("attachments"))):
            kept["attachments"] = pictures
        cells.append(kept)
    shell = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"orig_nbformat": origin}}
    return nbformat.from_dict({**shell, "cells": cells})


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures among a cell's attachments."""
    kept = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for mime in PICTURES if isinstance(kinds, dict) and FILE_NAME.fullmatch(name) else ():
            if isinstance(data := kinds.get(mime), str) and BASE64.fullmatch(data):
                kept[name] = {mime: data}
    return kept


def grade_id(cell: Mapping[str, Any]) -> str | None:
    """nbgrader's name of a cell, or None."""
    metadata = cell.get("metadata")
    grader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = grader.get("grade_id") if isinstance(grader, dict) else None
    return name if isinstance(name, str) else None


def rebuild(submitted: NotebookNode, source: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """The notebook to mark, and what had to be repaired, a sentence each."""
    submitted = _well_formed(submitted)  # nbgrader's own reader lets more through than ours
    skeleton = {name: cell for cell in source.cells if (name := grade_id(cell)) is not None}
    answers, extras, repairs = _sort_out(submitted, skeleton)
    prose = {cell.source for cell in source.cells if cell.cell_type == "markdown"}
    for cell in itertools.chain.from_iterable(extras.values()):
        if cell.source in prose:
            cell.metadata["autograder"] = (
                "the lab's own text"  # every other mark of this kind is gone
            )
    cells = extras.pop(None, [])
    for name, original in skeleton.items():
        grader = original.metadata["nbgrader"]
        cell = copy.deepcopy(original)
        if grader.get("solution"):
            answer = answers.get(name)
            stub = CODE_STUB if original.cell_type == "code" else TEXT_STUB
            cell.source = stub if answer is None else answer.source
            if answer is not None and original.cell_type == "markdown":
                _keep_pictures(cell, answer.get("attachments", {}))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells += [cell, *extras.pop(name, [])]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(source.metadata))
    notebook.nbformat_minor = source.nbformat_minor
    _unique_ids(notebook)
    return notebook, repairs


def _sort_out(
    submitted: NotebookNode, skeleton: dict[str, NotebookNode]
) -> tuple[dict[str, NotebookNode], dict[str | None, list[NotebookNode]], list[str]]:
    """(answer cells by name, the student's own cells by the known cell before them, repairs)."""
    answers: dict[str, NotebookNode] = {}
    extras: dict[str | None, list[NotebookNode]] = {}
    repairs: list[str] = []
    if (old := submitted.metadata.get("orig_nbformat")) and old != nbformat.current_nbformat:
        repairs.append(f"it is in the old format nbformat {old}; it was read as nbformat 4")
    seen: list[str] = []
    for cell in submitted.cells:
        name = grade_id(cell)
        after = seen[-1] if seen else None
        if cell.cell_type == "code" and len(cell.source) > LONGEST_CELL:
            repairs.append(
                f"cell {name or 'of their own'} is {len(cell.source)} characters long; all of it is "
                f"run, and the marked copy shows {LONGEST_CELL} at most"
            )
        if name not in skeleton:
            extras.setdefault(after, []).append(_bare(cell))
            continue
        original = skeleton[name]
        if cell.cell_type != original.cell_type:
            repairs.append(
                f"cell {name} had been made a {cell.cell_type} cell; it is {original.cell_type} again"
            )
        if name in seen:
            repairs.append(f"cell {name} stood there twice; the last one counts")
            if original.metadata["nbgrader"].get("solution"):
                extras.setdefault(name, []).insert(0, _bare(answers[name]))
        else:
            seen.append(name)
        if "skip-execution" in _tags(cell) and "skip-execution" not in _tags(original):
            repairs.append(f"cell {name} had been tagged skip-execution; it is run")
        if original.metadata["nbgrader"].get("solution"):
            answers[name] = cell
        elif original.metadata["nbgrader"].get("grade") and cell.source.strip() not in (
            _shown(original),
            original.source.strip(),
        ):
            repairs.append(f"cell {name} had been edited; it is restored")
    missing = [name for name in skeleton if name not in seen]
    repairs += [f"cell {name} had been deleted; it is back" for name in missing]
    if [name for name in skeleton if name in seen] != seen:
        repairs.append("the cells had been put in another order; they are back in theirs")
    return answers, extras, repairs


def _tags(cell: Mapping[str, Any]) -> list[Any]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return tags if isinstance(tags, list) else []


def _shown(original: NotebookNode) -> str:
    """A graded cell as the release shows it: without its hidden region."""
    from autograder.leaks import cut_hidden

    return cut_hidden(original.source).strip()


def _keep_pictures(cell: NotebookNode, pictures: dict[str, dict[str, str]]) -> None:
    """Put them into a text cell; what it names and does not have is named so."""
    if pictures:
        cell.attachments = pictures
    # nbconvert makes no page at all of a notebook that names an attachment it does not have.
    cell.source = re.sub(
        r"attachment:([^\s)\"'>]*)",
        lambda found: found[0] if found[1] in pictures else f"missing:{found[1]}",
        cell.source,
    )


def _bare(cell: NotebookNode) -> NotebookNode:
    """A student's own cell: its type, text and pictures, and no metadata that could mean something to a tool."""
    new: Any = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
    bare = new(source=cell.source)
    if cell.cell_type == "markdown":
        _keep_pictures(bare, cell.get("attachments", {}))
    return bare


def _unique_ids(notebook: NotebookNode) -> None:
    """Cell ids that depend on the content alone, so that the same submission gives the same bytes."""
    taken: set[str] = set()
    for position, cell in enumerate(notebook.cells):
        if grade_id(cell) is None or cell.get("id") in taken:
            cell["id"] = f"own-{position}"
        taken.add(cell["id"])


class RebuildOnSource(NbGraderPreprocessor):
    """`rebuild` as a step of nbgrader's sanitising chain. It must come before anything that
    believes metadata. What it had to repair is in `resources["nbgrader"]["repairs"]`."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        ids = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        folder = coursedir.format_path(coursedir.source_directory, ".", ids["assignment"])
        path = Path(folder) / f"{ids['notebook']}.ipynb"
        notebook, ids["repairs"] = rebuild(nb, _source(path, path.stat().st_mtime_ns))
        for repair in ids["repairs"]:
            self.log.warning("%s/%s: %s", ids["student"], ids["notebook"], repair)
        return notebook, resources


@functools.lru_cache(maxsize=4)
def _source(path: Path, changed: int) -> NotebookNode:
    """The source notebook, read once for a class."""
    return nbformat.read(path, as_version=4)
