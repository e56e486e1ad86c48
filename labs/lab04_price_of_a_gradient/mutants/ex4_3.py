# %% [markdown]
# Wrong ways to do exercise 4.3 (matrix products); each loses marks, for the reason named.

# %% forgets_to_transpose_a diagnosis="wrong_rule"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    for_a = (lambda g: g @ b.value.T) if b.value.ndim == 2 else (lambda g: np.outer(g, b.value))
    return Tensor(a.value @ b.value, (a, b), (for_a, lambda g: _fitting(a.value, g)), "@")


def _fitting(m, g):
    return m @ g if m.shape[1] == g.shape[0] else m.T @ g


# %% forgets_to_transpose_b diagnosis="wrong_rule"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    for_a = (
        (lambda g: _fitting(g, b.value)) if b.value.ndim == 2 else (lambda g: np.outer(g, b.value))
    )
    return Tensor(a.value @ b.value, (a, b), (for_a, lambda g: a.value.T @ g), "@")


def _fitting(g, m):
    return g @ m if g.shape[1] == m.shape[0] else g @ m.T


# %% outer_the_wrong_way_round diagnosis="transposed"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(b.value, g)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(a.value @ b.value, (a, b), (for_a, lambda g: a.value.T @ g), "@")


# %% entry_by_entry diagnosis="wrong_value"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(g, b.value)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(a.value[:, :1] * b.value[:1], (a, b), (for_a, lambda g: a.value.T @ g), "@")


# %% factors_change_places diagnosis="shape"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(g, b.value)  # noqa: E731
    else:
        for_a = lambda g: b.value.T @ g  # noqa: E731
    return Tensor(a.value @ b.value, (a, b), (for_a, lambda g: a.value.T @ g), "@")


# %% no_thought_of_vectors diagnosis="shape"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    return Tensor(
        a.value @ b.value, (a, b), (lambda g: g @ b.value.T, lambda g: a.value.T @ g), "@"
    )


# %% vector_adjoint_is_a_column diagnosis="shape"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(g, b.value)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(
        a.value @ b.value,
        (a, b),
        (for_a, lambda g: a.value.T @ (g if g.ndim == 2 else g[:, None])),
        "@",
    )


# %% pullbacks_swapped diagnosis="shape"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(g, b.value)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(a.value @ b.value, (a, b), (lambda g: a.value.T @ g, for_a), "@")


# %% vector_sums_the_outer_product diagnosis="missing_factor"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(np.ones(len(g)), b.value)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(a.value @ b.value, (a, b), (for_a, lambda g: a.value.T @ g), "@")


# %% one_pullback_only diagnosis="shape"
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(g, b.value)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(a.value @ b.value, (a, b), (for_a,), "@")
