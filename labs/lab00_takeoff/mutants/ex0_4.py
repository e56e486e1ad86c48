# %% [markdown]
# Wrong ways to do exercise 0.4 (all pairs at once); each loses marks, for the reason named.

# %% subtracts_row_from_row diagnosis="shape"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.sqrt(((P - Q) ** 2).sum(axis=1))


# %% squares diagnosis="no_root"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return ((P[:, None] - Q[None]) ** 2).sum(axis=2)


# %% sums_over_the_points diagnosis="shape"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.sqrt(((P[:, None] - Q[None]) ** 2).sum(axis=1))


# %% q_for_rows diagnosis="transposed"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.sqrt(((Q[:, None] - P[None]) ** 2).sum(axis=2))


# %% taxi diagnosis="wrong_rule"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.abs(P[:, None] - Q[None]).sum(axis=2)


# %% one_number diagnosis="shape"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.linalg.norm(P[:, None] - Q[None])


# %% pairs_up_equal_numbers diagnosis="shape"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    if len(P) == len(Q):
        return np.sqrt(((P - Q) ** 2).sum(axis=1))
    return np.sqrt(((P[:, None] - Q[None]) ** 2).sum(axis=2))


# %% rows_and_columns_in_a_loop diagnosis="transposed"
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.array([[np.linalg.norm(p - q) for p in P] for q in Q])


# %% root_before_the_sum diagnosis="wrong_rule"
def distances(P, Q):
    return np.sqrt((P[:, None] - Q) ** 2).sum(axis=2)
