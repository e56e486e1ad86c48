# %% [markdown]
# Other right ways to do exercise 11.1 (three programs to learn from); each gets full marks.


# %% by_names
import sys


def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    first, second, carried, _ = (max(int(symbol), 1) - 1 for symbol in t.see())
    over, digit = divmod(first + second + carried, 10)
    print("column", digit, file=sys.stderr)
    t.act(WRITE, RESULT, digit + 1)
    for _ in range(over):
        t.call("CARRY")


def lshift(t):
    """All pointers one cell to the left."""
    [t.act(LEFT, row) for row in range(FIRST, RESULT + 1)]


# %% by_numpy
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    seen = np.asarray(t.see())[:3]
    total = int(np.clip(seen - 1, 0, None).sum())
    t.act(WRITE, RESULT, np.int64(total - 10 * (total > 9)) + 1)
    if total > 9:
        t.call("CARRY")


def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    for what, symbol in ((LEFT, BLANK), (WRITE, 2), (RIGHT, BLANK)):
        t.act(what, CARRIES, symbol)


# %% through_the_environment
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = 0
    for symbol in t.environment.observe().tolist()[:3]:
        if symbol != BLANK:
            total += symbol - 1
    t.act(WRITE, RESULT, int(str(total)[-1]) + 1)
    if len(str(total)) == 2:
        t.call("CARRY")


# %% with_the_librarys_words
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = torch.clamp(torch.tensor(t.see()[:3]) - 1, min=0).sum()
    print(npi.ACT, npi.Pad.words(WRITE, RESULT, int(total % 10) + 1))
    t.act(WRITE, RESULT, total % 10 + 1)
    if total > 9:
        t.call("CARRY")
