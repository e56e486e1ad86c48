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


# %% a_vector_of_pulls
def final(p, start, steps, dt):
    q, _ = rollout(semi_implicit(weight(p), dt), list(start), np.zeros(steps))[-1]
    return q


def sensitivity(p, start, steps, dt):
    p = dp.tensor(p, requires_grad=True)
    final(p, start, steps, dt).backward()
    return p.grad


def by_hand(p, path, dt):
    n, (q_bar, v_bar) = len(path) - 1, (1, 0)
    pulls = [0.0] * n
    for k in reversed(range(n)):
        v_bar += dt * q_bar
        pulls[k] = v_bar
        q_bar -= dt * p[2] * v_bar
        v_bar *= 1 - dt * p[1]
    states = np.array(path[:-1])
    return -dt * np.array(pulls) @ np.column_stack([np.ones(n), states[:, 1], states[:, 0]])


# %% by_recursion
def sensitivity(p, start, steps, dt):
    print("at", final(p, start, steps, dt))
    return dp.jacrev(lambda p: final(p, start, steps, dt))(p)


def by_hand(p, path, dt):
    def back(k, q_bar, v_bar):
        if k < 0:
            return 0.0, 0.0, 0.0
        (q, v), v_bar = path[k], v_bar + dt * q_bar
        g, c, spring = back(k - 1, q_bar - v_bar * dt * p[2], v_bar - v_bar * dt * p[1])
        return g - dt * v_bar, c - dt * v_bar * v, spring - dt * v_bar * q

    return back(len(path) - 2, 1.0, 0.0)
