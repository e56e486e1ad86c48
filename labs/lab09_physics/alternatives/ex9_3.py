# %% [markdown]
# Other right ways to do exercise 9.3 (sensitivity); each gets full marks.

# %% own_loop_and_matrices
def final(p, start, steps, dt):
    law, (q, v) = weight(p), start
    for k in range(steps):
        v = v + dt * law(q, v, k)
        q = q + dt * v
    return q


def sensitivity(p, start, steps, dt):
    return np.array(
        [dp.jvp(lambda p: final(p, start, steps, dt), (p,), (d,))[1] for d in np.eye(3)]
    )


def by_hand(p, path, dt):
    g, c, k = p
    back = np.array([[1.0, -k * dt], [0.0, 1 - c * dt]]) @ np.array([[1.0, 0.0], [dt, 1.0]])
    bar, total = np.array([1.0, 0.0]), 0.0
    for q, v in reversed(path[:-1]):
        total = total - dt * (bar[1] + dt * bar[0]) * np.array([1.0, v, q])
        bar = back @ bar
    return total


# %% forwards_by_hand
def final(p, start, steps, dt):
    state = start
    for state in rollout(semi_implicit(weight(p), dt), start, [0.0] * steps):
        pass
    return state[0]


def sensitivity(p, start, steps, dt):
    return list(dp.value_and_grad(final)(p, start, steps, dt)[1])


def by_hand(p, path, dt):
    import warnings

    warnings.warn("this one walks forwards")
    dq, dv = np.zeros(3), np.zeros(3)
    for q, v in path[:-1]:
        da = np.array([-1.0, -v, -q]) - p[1] * dv - p[2] * dq
        dv = dv + dt * da
        dq = dq + dt * dv
    return dq
