"""Run the attacks and say what came of each: ``python -m tests.autograder.attacks [PYTEST OPTION …]``.

`-n 2 --dist loadfile` runs two files at a time.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import pytest
from rich.console import Console
from rich.table import Table

from tests.autograder.attacks.table import ATTACKS, FAMILIES, HERE, Attack


class Outcomes:
    """A plugin of pytest's that keeps what came of each test."""

    def __init__(self) -> None:
        self.came: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.removeprefix("tests/autograder/attacks/")
        if report.when == "call" or not report.passed:
            self.came[name].add(report.outcome)

    def of(self, attack: Attack) -> tuple[str, int]:
        """What came of an attack, and in how many variants."""
        found = [came for name, came in self.came.items() if attack.is_run_by(name)]
        words = set().union(*found) if found else set()
        for outcome, word in (("failed", "GOT THROUGH"), ("passed", "held")):
            if outcome in words:
                return word, len(found)
        return "not run", 0


def main(arguments: list[str]) -> int:
    outcomes = Outcomes()
    status = pytest.main([str(HERE), "-q", *arguments], plugins=[outcomes])
    table = Table(title=f"{len(ATTACKS)} attacks")
    for heading in ("family", "attack", "tries", "variants", "result"):
        table.add_column(heading, overflow="fold")
    for family in FAMILIES:
        for name, attack in ATTACKS.items():
            if attack.family == family:
                result, variants = outcomes.of(attack)
                table.add_row(family, name.replace("_", " "), attack.tries, str(variants), result)
    Console(markup=False).print(table)
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
