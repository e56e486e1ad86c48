"""Your engine goes with you: what you build in one lab is what the next one runs on.

    dp.carry.save("var")              # the last cell of lab 3: writes mylab/lab03.py
    engine = dp.carry.load("var")     # in lab 4: yours, if it keeps its contracts
    using YOUR engine from mylab/lab03.py (15/15 contracts)

A *contract* is one thing that later labs rely on, such as "what is used twice is paid twice". They
are tried each time an engine is saved or loaded, which takes a moment. Where all hold, your engine is
used. Where one fails you are told which, and what it did; then dpkit's own engine stands in, under
the same names, until you have mended yours. Never in silence, and your file is never touched by
`load`: it is a Python module like any other, to be read, changed and run.

kind      built in                     what it is
"dual"    lab 2, `mylab/lab02.py`      forward mode: numbers that carry a derivative along
"var"     lab 3, `mylab/lab03.py`      reverse mode: numbers that remember what they were made from
"tensor"  lab 4, `mylab/lab04.py`      reverse mode on whole arrays

`home` finds the folder, `notebook` collects the cells, `suite` says what a contract is, and each kind
has a module of its own with its contracts and its stand-in.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import ModuleType

from dpkit.carry import notebook
from dpkit.carry.home import home
from dpkit.carry.suite import Blank, Broken, Engine, Late, Suite, deadline, load_suite

__all__ = ["Engine", "load", "save"]


def load(kind: str, folder: str | Path | None = None) -> Engine:
    """The engine of that kind: yours from `mylab/`, or dpkit's where yours is not there or fails.

    Args:
        kind: "dual", "var" or "tensor".
        folder: where to look instead of the nearest `mylab/`.

    Prints which one it is, and why. Raises ValueError for another kind.
    """
    suite = load_suite(kind)
    place = Path(folder) if folder is not None else home()
    engine = _yours(suite, place / f"{suite.lab}.py")
    print(engine)
    return engine


def save(kind: str, folder: str | Path | None = None) -> None:
    """Write the engine of this notebook to `mylab/`, and say how many of its contracts it keeps.

    Takes the newest version of each cell that defines a part of the engine, and of each cell that
    those need. An earlier file of yours with other contents is kept beside it, as `labNN.old.py`.

    Args:
        kind: "dual", "var" or "tensor".
        folder: where to write instead of `mylab/`.

    Where a part is still blank or missing, or the folder cannot be written to, it says so and writes
    nothing. Raises ValueError for another kind.
    """
    suite = load_suite(kind)
    place = Path(folder) if folder is not None else home()
    path = place / f"{suite.lab}.py"
    try:
        source = notebook.collect(suite.parts, suite.extras)
        engine = _tried(suite, source, path)
    except (Blank, Broken) as reason:
        print(f"Not saved yet: {reason}")
        return
    fresh, note = path.with_suffix(".new.py"), ""
    try:  # the file that is there is left until the new one is whole
        place.mkdir(parents=True, exist_ok=True)
        fresh.write_text(source, encoding="utf-8")
        if path.exists() and path.read_bytes() != fresh.read_bytes():
            old = path.with_suffix(".old.py")
            path.replace(old)
            note = f" The version before is {old.name}."
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        print(f"Not saved: {path} cannot be written ({error.strerror or error}).")
        print("Move the labs to a folder of your own, or ask whoever looks after this computer.")
        return
    told = f"{len(source.splitlines())} lines, {engine.passed}/{engine.total} contracts"
    print(f"Saved to {place.name}/{path.name}: {told}.{note}")
    for failure in engine.failures:
        print(f"  - {failure}")


def _yours(suite: Suite, path: Path) -> Engine:
    """The engine in the file, if it keeps its contracts; otherwise the stand-in, with the reason."""
    shown = f"{path.parent.name}/{path.name}"
    if not path.exists():
        why = f"There is no {shown}. Lab {int(suite.lab[3:])} makes it."
        return suite.stand_in([why])
    try:
        engine = _tried(suite, path.read_text(encoding="utf-8"), path)
    except (Blank, Broken, OSError, UnicodeDecodeError) as reason:
        return suite.stand_in([f"{shown}: {reason}"])
    return engine if not engine.failures else suite.stand_in(engine.failures, engine, shown)


def _tried(suite: Suite, source: str, path: Path) -> Engine:
    """The engine that the source defines, with the contracts it keeps.

    Raises Broken where the source does not run or lacks a part, and Blank where a part says so.
    """
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        with deadline():
            exec(compile(source, str(path), "exec"), module.__dict__)
    except Late as late:
        raise Broken(f"the code does not run: {late}") from None
    except SystemExit:
        raise Broken("the code does not run: it calls exit().") from None
    except Exception as error:
        raise Broken(f"the code does not run: {type(error).__name__}: {error}") from None
    missing = [part for part in suite.parts if not hasattr(module, part)]
    if missing:
        raise Broken(f"`{missing[0]}` is not defined.")
    return suite.test(module, origin=f"{path.parent.name}/{path.name}")
