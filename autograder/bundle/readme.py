"""The README of the students' repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["readme"]


def readme(
    titles: Mapping[str, str], repository: str, licences: Sequence[str], *, notes: bool = True
) -> str:
    """Its text. `titles`: {lab: title}; `repository`: "owner/name" on GitHub, or ""."""
    labs = "\n".join(f"- [{title}](labs/{lab}/lab.ipynb)" for lab, title in titles.items())
    first = next(iter(titles))
    return f"""\
# Labs

{labs}

A lab is a notebook. You build everything in it with your own hands; after each exercise `check("3.2")`, with
its number, says what is right, and what kind of mistake is not.

## Start

**In a browser, with nothing to install.** {_binder(repository, first)}

**On your laptop.** Python 3.11 or newer, and in this folder:

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/jupyter lab labs/{first}/lab.ipynb

On Windows write `py` for `python3`, and `.venv\\Scripts\\` for `.venv/bin/`. With conda instead:
`conda env create -f environment.yml`, then `conda activate dpkit-labs`.

## What `check` does

It runs your function on a few inputs, in your own notebook, and shows what came, what was expected, where, the likely
mistake, hints that unfold one after the other, and what to reread. It records nothing and sends nothing anywhere:
call it as often as you like. The marking asks the same questions with other numbers, and some more.

To run a whole notebook from top to bottom, as marking does, and see all results at once:

    .venv/bin/python -m autograder check labs/{first}/lab.ipynb

Do not delete or rename cells; add as many of your own as you want. `checks.py` has to stay beside its notebook.

## What is here

| folder | is |
|---|---|
| `labs/` | one folder a lab: the notebook, and its checks |
{_notes(notes)}| `dpkit/` | the library: differentiable programming, to be read |
| `autograder/` | the checker |
{_licence(licences)}"""


def _notes(there: bool) -> str:
    return "| `course/` | the notes that the labs send you to |\n" if there else ""


def _binder(repository: str, lab: str) -> str:
    if repository:
        way = f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/labs/{lab}/lab.ipynb"
        return f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({way})"
    return (
        "Go to [mybinder.org](https://mybinder.org), paste the address of this repository, and press "
        "launch. Binder forgets: download your notebook before you leave."
    )


def _licence(licences: Sequence[str]) -> str:
    words = {
        "LICENSE": "Code: [BSD-3-Clause](LICENSE).",
        "LICENSE-text": "Text and figures: [CC BY 4.0](LICENSE-text).",
    }
    told = " ".join(words[name] for name in licences)
    return f"\n## Licences\n\n{told}\n" if told else ""
