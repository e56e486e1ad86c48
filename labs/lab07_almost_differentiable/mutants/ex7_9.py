# %% [markdown]
# Wrong ways to do exercise 7.9 (the slope of an equilibrium); each loses marks, for the reason named.

# %% stops_too_early diagnosis="magnitude"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    while True:
        before, x = x, g(x, p)
        if np.max(np.abs(x - before)) <= 1e-3:
            return x


# %% one_step diagnosis="wrong_value"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    while True:
        before, x = x, g(x, p)
        return x


# %% direct_effect_only diagnosis="missing_term"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return by_p


# %% sign_in_the_matrix diagnosis="sign"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(np.eye(len(x)) + by_x, by_p)


# %% sign_of_the_answer diagnosis="sign"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(by_x - np.eye(len(x)), by_p)


# %% one_turn_of_the_loop diagnosis="stale"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return by_p + by_x @ by_p


# %% transposed_by_x diagnosis="transposed"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(np.eye(len(x)) - by_x.T, by_p)


# %% turned_over diagnosis="shape"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(np.eye(len(x)) - by_x, by_p).T


# %% unrolled diagnosis="accumulated"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    total = by_p
    for _ in range(400):
        total = dp.jacfwd(g, 0)(x, p) @ total + by_p
    return total


# %% ready_made_loop diagnosis="borrowed"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    return dp.fixed_point(g, x, p, tol=1e-13)


# %% ready_made diagnosis="borrowed"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    return dp.jacrev(lambda p: dp.fixed_point(g, x, p))(p)


# %% only_upward_changes diagnosis="wrong_value"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    while True:
        before, x = x, g(x, p)
        if np.max(x - before) <= 1e-12:
            return x


# %% watches_the_mean diagnosis="wrong_value"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    while True:
        before, x = x, g(x, p)
        if abs(np.mean(x - before)) <= 1e-12:
            return x


# %% watches_one_entry diagnosis="wrong_value"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    while True:
        before, x = x, g(x, p)
        if abs(x[0] - before[0]) <= 1e-12:
            return x


# %% a_few_rounds diagnosis="magnitude"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    for _ in range(60):
        x = g(x, p)
    return x


# %% overwrites_the_start diagnosis="mutated_input"
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    while True:
        after = g(x, p)
        if np.max(np.abs(after - x)) <= 1e-12:
            return x
        x[:] = after


# %% one_for_the_identity diagnosis="wrong_rule"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(1 - by_x, by_p)


# %% one_term_with_dx diagnosis="missing_term"
def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(by_x, by_p)
