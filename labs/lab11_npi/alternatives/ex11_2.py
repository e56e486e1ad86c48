# %% [markdown]
# Other right ways to do exercise 11.2 (what it sees); each gets full marks.


# %% by_pairs
import warnings


def observe(cells, pointers):
    """The symbols under the pointers."""
    warnings.warn("looking", stacklevel=1)
    return [row[pointer] for row, pointer in zip(cells, pointers)]


def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    return [float(k == symbol) for symbol, size in zip(symbols, sizes) for k in range(size)]


# %% take_along_and_eye
def observe(cells, pointers):
    """The symbols under the pointers."""
    return np.take_along_axis(cells, np.asarray(pointers)[:, None], 1)[:, 0]


def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    return np.concatenate([np.eye(size)[symbol] for symbol, size in zip(symbols, sizes)])


# %% floats_and_booleans
def observe(cells, pointers):
    """The symbols under the pointers."""
    seen = np.zeros(len(pointers))
    for row, pointer in enumerate(pointers):
        seen[row] = cells[row, pointer]
    return seen


def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    return np.concatenate([np.arange(n) == symbol for symbol, n in zip(symbols, sizes)])
