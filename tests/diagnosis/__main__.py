"""The score of `dpkit.diagnose` on the corpus: ``python -m tests.diagnosis --help``."""

from __future__ import annotations

import argparse
import statistics
from collections import Counter

from rich.console import Console
from rich.table import Table

from tests.diagnosis.corpus import FAMILIES
from tests.diagnosis.judge import Verdict, judge, share


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.diagnosis",
        description="The score of dpkit.diagnose on the corpus of wrong gradients.",
    )
    parser.add_argument(
        "families", metavar="FAMILY", nargs="*", help=f"of {', '.join(FAMILIES)} (all)"
    )
    parser.add_argument("--seed", type=int, default=0, help="draw numbers and sizes anew (0)")
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose name contains this")
    parser.add_argument("--misses", action="store_true", help="only the misses, with what was said")
    arguments = parser.parse_args()
    for name in arguments.families:
        if name not in FAMILIES:
            parser.error(f"there is no family {name!r}; choose from {', '.join(FAMILIES)}.")
    console = Console(highlight=False)
    verdicts = judge(*arguments.families, seed=arguments.seed, only=arguments.only)
    misses = [each for each in verdicts if not each.right]
    for each in misses:
        console.print(
            f"[bold]{each.case.name}[/bold]", f"is {each.case.kinds}; was called", soft_wrap=True
        )
        console.print("    ", each.problem or str(each.diagnosis), markup=False, soft_wrap=True)
    if arguments.misses or not verdicts:
        return
    console.print(families(verdicts), confusion(misses), sep="\n")
    seconds = sorted(each.seconds for each in verdicts)
    console.print(
        f"Seconds: median {statistics.median(seconds):.3f}, 95 % below {seconds[int(0.95 * len(seconds))]:.3f}, "
        f"worst {seconds[-1]:.3f} ({max(verdicts, key=lambda each: each.seconds).case.name})."
    )


def families(verdicts: list[Verdict]) -> Table:
    table = Table(
        title="What was named",
        caption="Mentioned: among the alternatives or further mistakes. Placed: the right line or operation, of those named rightly with a place.",
    )
    for heading in ("family", "cases", "flagged", "named", "mentioned", "placed", "wrong name"):
        table.add_column(heading, justify="left" if heading == "family" else "right")
    for family in FAMILIES:
        some = [each for each in verdicts if each.case.family == family]
        if some:
            places = [bool(each.placed) for each in some if each.right and each.placed is not None]
            table.add_row(
                family,
                str(len(some)),
                f"{share(each.kind != 'correct' for each in some):.1%}",
                f"{share(each.right for each in some):.1%}",
                f"{share(each.mentioned for each in some):.1%}",
                f"{share(places):.1%} of {len(places)}" if places else "",
                str(sum(each.confident and not each.right for each in some)),
            )
    return table


def confusion(misses: list[Verdict]) -> Table:
    """Expected kind × named kind, of the misses: the diagonal would drown them."""
    table = Table(title="What was taken for what")
    table.add_column("expected")
    table.add_column("was called")
    table.add_column("times", justify="right")
    table.add_column("for instance")
    pairs = Counter((each.case.kinds, each.kind) for each in misses)
    for (expected, named), times in pairs.most_common():
        example = next(e.case.name for e in misses if (e.case.kinds, e.kind) == (expected, named))
        table.add_row(expected, named, str(times), example)
    return table


if __name__ == "__main__":
    main()
