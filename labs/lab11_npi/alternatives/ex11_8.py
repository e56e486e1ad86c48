# %% [markdown]
# Other right ways to do exercise 11.8 (recursion, and a proof); each gets full marks.


# %% guard_clause
import itertools
import sys


def add(t):
    """ADD: one column, and ADD for the rest."""
    first, second, carried, _ = t.see()
    if first == second == carried == BLANK:
        return
    print("a column", file=sys.stderr)
    for program in ("ADD1", "LSHIFT", "ADD"):
        t.call(program)


def contexts():
    """All that ADD1 can see when it begins."""
    every = itertools.product(range(11), range(11), (0, 2), (0,))
    return sorted(every, reverse=True)[:-1]


def verify(does, contexts):
    """The contexts in which the machine is wrong."""

    def fine(context):
        over, digit = divmod(sum(symbol - 1 for symbol in context if symbol), 10)
        try:
            done = list(does(context))
        except RuntimeError:
            return False
        return done[:1] == [("ACT", (WRITE, RESULT, digit + 1))] and done[1:] == over * [
            ("CARRY", (0, 0, 0))
        ]

    return [context for context in contexts if not fine(context)]


# %% by_a_teacher
def add(t):
    """ADD: one column, and ADD for the rest."""
    if t.see()[:3].any():
        [t.call(program) for program in ("ADD1", "LSHIFT", "ADD")]


def contexts():
    """All that ADD1 can see when it begins."""
    found = {(a, b, c, 0) for a in range(11) for b in range(11) for c in (0, 2)}
    return list(found - {(0, 0, 0, 0)})


def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for a, b, c, result in contexts:
        total = max(a - 1, 0) + max(b - 1, 0) + (1 if c else 0)
        right = [("ACT", (1, 4, total % 10 + 1))]
        if total > 9:
            right.append(("CARRY", (0, 0, 0)))
        try:
            done = does((a, b, c, result))
        except RuntimeError:
            done = None
        if done != right:
            wrong.append((a, b, c, result))
    return wrong


# %% by_asking_the_teacher
def contexts():
    """All that ADD1 can see when it begins."""
    grid = np.indices((*npi.Pad.symbols[:2], 2)).reshape(3, -1).T * [1, 1, 2]
    return [(*symbols, BLANK) for symbols in grid.tolist() if any(symbols)]


class Pen:
    """A teacher that sees one context, and writes down what it is told."""

    def __init__(self, context):
        self.context, self.told = np.array(context), []

    def see(self):
        return self.context

    def act(self, *arguments):
        self.told.append((npi.ACT, arguments))

    def call(self, program):
        self.told.append((program, (0, 0, 0)))


def verify(does, contexts):
    """The contexts in which the machine is wrong."""

    def wrong(context):
        pen = Pen(context)
        add1(pen)
        try:
            return does(context) != pen.told
        except RuntimeError:
            return True

    return set(filter(wrong, contexts))
