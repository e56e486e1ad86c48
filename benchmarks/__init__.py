"""dpkit beside its peers, measured in one run: ``python -m benchmarks --help``.

    benchmark  ──▶  case  ──▶  engine  ──▶  Program: what is timed, and the answer it must give

`harness` runs the engines, each in a process of its own, in turns; `table` prints what came out.
Each other module is one benchmark: its cases, its engines, and the figures it should reach.
"""
