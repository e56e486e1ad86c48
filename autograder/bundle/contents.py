"""What goes into the students' repository: {name: contents}, all of it made from the sources."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from autograder.build import built
from autograder.bundle.readme import readme
from autograder.course import Course, CourseError
from dpkit.catalogue import CATALOGUE

__all__ = ["checker_modules", "contents"]

HERE = Path(__file__).resolve().parents[1]  # the package autograder
LICENCES = ("LICENSE", "LICENSE-text")
GIVEN = ("notes/", "figures/", "glossary.md")  # of course/; the rest is for the staff
LINK = re.compile(r"\]\(([^)#\s]+)|src=\"([^\"#]+)\"|\{figure\}\s+(\S+)")
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}

MAIN = '''"""`python -m autograder check lab.ipynb`: see `autograder.student`."""

import sys

from autograder.student import main

if __name__ == "__main__":
    sys.exit(main())
'''

PYPROJECT = """\
# The students' part of the course: dpkit, and the checker.

[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "dpkit"
version = "{version}"
description = "{summary}"
requires-python = "{python}"
dependencies = [
{dependencies}]

[project.scripts]
autograder = "autograder.student:main"

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
packages = ["dpkit", "autograder"]
"""

ENVIRONMENT = """\
# Binder and conda read this; pip alone: python -m pip install -r requirements.txt
name: dpkit-labs
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={python}
  - pip
  - pip:
      - -r requirements.txt
"""


def contents(
    course: Course,
    labs: Sequence[str],
    repository: str = "",
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> dict[str, bytes]:
    """The files of the students' repository for `labs`; `repository` as in `bundle`."""
    project = course.root.parent
    files: dict[str, bytes] = {}
    titles: dict[str, str] = {}
    texts: list[str] = []
    for done, lab in enumerate(labs):
        progress("building", done, len(labs))
        truth = course.load(lab)
        titles[lab] = truth.title
        with built(course, lab) as trial:
            for name, data in _files(trial.release / lab):
                files[f"labs/{lab}/{name}"] = data
                texts.append(data.decode("utf-8", "replace"))
        texts += [exercise.reread for exercise in truth.exercises.values()]
    progress("building", len(labs), len(labs))
    files |= _notes(project / "course", texts)
    files |= {f"dpkit/{name}": data for name, data in _files(_package("dpkit"))}
    for module in checker_modules():
        files[f"autograder/{module}"] = (HERE / module).read_bytes()
    files["autograder/__main__.py"] = MAIN.encode()
    licences = [name for name in LICENCES if (project / name).is_file()]
    files |= {name: (project / name).read_bytes() for name in licences}
    needs_torch = any(re.search(r"^\s*(import|from) torch\b", text, re.M) for text in _code(files))
    files |= _environment(project, needs_torch)
    notes = any(name.startswith("course/") for name in files)
    files["README.md"] = readme(titles, repository, licences, notes=notes).encode()
    return dict(sorted(files.items()))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not LEFT_OUT & set(path.parts):
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CourseError(f"the package {name} is not there to be bundled")
    return Path(next(iter(spec.submodule_search_locations)))


# ------------------------------------------------------------------------------------- the checker


def checker_modules() -> list[str]:
    """The files of this package that `check(…)` and the students' command line need: what these two
    modules import, directly or not."""
    found: set[str] = set()
    waiting = [f"autograder{part}" for part in ("", ".checker", ".helpers", ".stage", ".student")]
    while waiting:
        module = waiting.pop()
        path = _file_of(module)
        if path is None or path in found:
            continue
        found.add(path)
        waiting += _imports((HERE / path).read_text(encoding="utf-8"))
        waiting.append(module.rpartition(".")[0])  # a package is imported before what is in it
    return sorted(found)


def _file_of(module: str) -> str | None:
    """The file of `autograder.…`, relative to the package; None for a name that is no module."""
    first, *rest = module.split(".")
    if first != "autograder":
        return None
    for name in ("/".join([*rest, "__init__.py"]), "/".join(rest) + ".py"):
        if (HERE / name).is_file():
            return name
    return None


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --------------------------------------------------------------------------------------- the notes


def _notes(course: Path, texts: Sequence[str]) -> dict[str, bytes]:
    """The notes that `texts`, or a diagnosis, send a student to, and what they link to in turn."""
    named = {note for text in texts for note in re.findall(r"\b[\w-]+\.md\b", text)}
    named |= {kind.reread.partition("#")[0] for kind in CATALOGUE.values()}
    waiting = [f"notes/{name}" for name in sorted(named) if (course / "notes" / name).is_file()]
    files: dict[str, bytes] = {}
    while waiting:
        name = waiting.pop()
        path = course / name
        if f"course/{name}" in files or not name.startswith(GIVEN) or not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".md":
            text = data.decode("utf-8").replace("labs/release/", "labs/")
            data = text.encode()
            for link in LINK.findall(text):
                waiting.append(_joined(PurePosixPath(name).parent / "".join(link)))
        files[f"course/{name}"] = data
    return files


def _joined(path: PurePosixPath) -> str:
    """Without `..`; what leads out of the course leads nowhere."""
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return ""
    return "/".join(parts)


# --------------------------------------------------------------------------------- the environment


def _code(files: dict[str, bytes]) -> Iterator[str]:
    """What the labs run, line by line as it was written."""
    for name, data in files.items():
        if name.startswith("labs/") and name.endswith((".py", ".ipynb")):
            yield data.decode("utf-8", "replace").replace('"', "\n")


def _environment(project: Path, torch: bool) -> dict[str, bytes]:
    """What is to be installed: the packages by name in pyproject.toml, and their versions, as the
    project has locked them, in constraints.txt."""
    about = importlib.metadata.metadata("dpkit")
    python = about["Requires-Python"] or ">=3.11"
    wanted = []
    for requirement in importlib.metadata.requires("dpkit") or ():
        name, _, condition = requirement.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", condition)
        if extra is None or extra[1] == "student" or (torch and extra[1] == "torch"):
            wanted.append(name.strip())
    lines = sorted({f'  "{name}",\n' for name in wanted})
    pins = [pin for pin in _pins(project) if torch or not pin.startswith("torch==")]
    options = [f"--extra-index-url {TORCH_INDEX}"] * torch + ["-c constraints.txt"] * bool(pins)
    files = {
        "pyproject.toml": PYPROJECT.format(
            version=about["Version"],
            summary=about["Summary"],
            python=python,
            dependencies="".join(lines),
        ),
        "environment.yml": ENVIRONMENT.format(
            python=".".join(re.findall(r"\d+", python)[:2]),
        ),
        "requirements.txt": "\n".join([*options, "-e .", ""]),
    }
    if pins:
        files["constraints.txt"] = "\n".join([*pins, ""])
    return {name: text.encode() for name, text in files.items()}


def _pins(project: Path) -> list[str]:
    locked = project / "requirements-binder.txt"
    lines = locked.read_text(encoding="utf-8").splitlines() if locked.is_file() else []
    return [line for line in lines if re.match(r"[A-Za-z0-9]", line)]
