# %% [markdown]
# Wrong ways to do exercise 11.2 (what it sees); each loses marks, for the reason named.


# %% whole_columns diagnosis="shape"
def observe(cells, pointers):
    """The symbols under the pointers."""
    return cells[:, pointers]


# %% the_first_pointer_for_all diagnosis="wrong_argument"
def observe(cells, pointers):
    """The symbols under the pointers."""
    return cells[:, pointers[0]]


# %% the_first_row_for_all diagnosis="wrong_argument"
def observe(cells, pointers):
    """The symbols under the pointers."""
    return cells[0][pointers]


# %% the_pointers diagnosis="wrong_rule"
def observe(cells, pointers):
    """The symbols under the pointers."""
    return pointers


# %% rows_and_columns_swapped diagnosis="raised"
def observe(cells, pointers):
    """The symbols under the pointers."""
    return np.array([cells[pointer, row] for row, pointer in enumerate(pointers)])


# %% one_block_for_all diagnosis="overwritten"
def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    hot = np.zeros(sum(sizes))
    hot[np.array(symbols)] = 1
    return hot


# %% one_too_late diagnosis="constant_offset"
def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    hot = np.zeros(sum(sizes) + 1)
    hot[np.cumsum([0, *sizes[:-1]]) + np.array(symbols) + 1] = 1
    return hot[:-1]


# %% the_symbol_for_a_one diagnosis="magnitude"
def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    hot = np.zeros(sum(sizes))
    hot[np.cumsum([0, *sizes[:-1]]) + np.array(symbols)] = symbols
    return hot


# %% the_symbols_themselves diagnosis="magnitude"
def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    return np.array(symbols)


# %% rows_of_blocks diagnosis="shape"
def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    return [[float(k == symbol) for k in range(size)] for symbol, size in zip(symbols, sizes)]


# %% one_block_too_far diagnosis="raised"
def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    hot = np.zeros(sum(sizes))
    hot[np.cumsum(sizes) + np.array(symbols)] = 1
    return hot


# %% the_pads_own diagnosis="borrowed"
def observe(cells, pointers):
    """The symbols under the pointers."""
    pad = npi.Pad("", "")
    pad.cells, pad.pointers = cells, pointers
    return pad.observe()
