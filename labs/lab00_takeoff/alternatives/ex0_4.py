# %% [markdown]
# Other right ways to do exercise 0.4 (all pairs at once); each gets full marks.

# %% two_loops
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    import sys

    print(P.shape, Q.shape, file=sys.stderr)
    return np.array([[np.hypot(*(p - q)) for q in Q] for p in P])


# %% one_coordinate_at_a_time
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.hypot(P[:, :1] - Q[:, 0], P[:, 1:] - Q[:, 1])


# %% norm_of_the_differences
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    return np.linalg.norm(P[:, np.newaxis] - Q, axis=-1)


# %% complex_numbers
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    p, q = P @ [1, 1j], Q @ [1, 1j]
    return abs(p[:, None] - q)
