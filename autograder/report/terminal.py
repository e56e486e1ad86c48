"""The marks and the ranked mistakes on a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.panel import number, words
from autograder.report.classroom import Class

__all__ = ["show"]

MOST = 12  # mistakes; the page has them all
WIDE = 160  # columns, where the output is no terminal that has a width


def show(results: Class) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(_marks(results))
    if results.waiting:
        console.print(f"{number(results.waiting)} points wait for a reader (formgrader shows them)")
    if results.mistakes():
        console.print(_mistakes(results))


def _marks(results: Class) -> Table:
    table = _table(f"{results.lab}: marks")
    table.add_column("student", no_wrap=True)
    for column in results.columns:
        table.add_column(_plain(column.number), justify="right")
    table.add_column("points", justify="right")
    table.add_column("remarks", overflow="fold")
    for standing in results.standings:
        scores = (standing.scores.get(column.name) for column in results.columns)
        waiting = "…" if standing.marked else ""
        table.add_row(
            _plain(standing.student, 40),
            *(waiting if score is None else number(score) for score in scores),
            f"{number(standing.score)}/{number(results.max_score)}" if standing.marked else "–",
            _plain(", ".join(dict.fromkeys(remark.reason for remark in standing.remarks))),
        )
    return table


def _mistakes(results: Class) -> Table:
    mistakes = results.mistakes()
    table = _table("the mistakes the class made")
    table.add_column("students", justify="right")
    table.add_column("exercise", overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("what they were told", overflow="fold", ratio=1)
    for mistake in mistakes[:MOST]:
        table.add_row(
            str(len(mistake.students)),
            _plain(mistake.column.label),
            _plain(words(mistake.kind)),
            _plain(mistake.sentence),
        )
    if len(mistakes) > MOST:
        table.caption = f"and {len(mistakes) - MOST} more, on the page"
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def _plain(text: str, most: int = 200) -> Text:
    """Students' text without what a terminal, or rich, would take for a command."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return Text(clean if len(clean) <= most else f"{clean[:most]} …")
