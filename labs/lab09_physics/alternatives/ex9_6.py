# %% [markdown]
# Other right ways to do exercise 9.6 (identify); each gets full marks.

# %% own_loop_and_pinv
def track_misses(p, track, dt):
    spring, g, q, v = p
    off = [q - track[0]]
    for seen in track[1:]:
        v = v - dt * (g + spring * q)
        q = q + dt * v
        off.append(q - seen)
    return dp.stack(off)


def gauss_newton(misses, p, rounds):
    if rounds == 0:
        return p
    J = np.reshape(dp.jacfwd(misses)(p), (-1, len(p)))
    return gauss_newton(misses, p - np.linalg.pinv(J) @ np.ravel(misses(p)), rounds - 1)


# %% normal_equations
def track_misses(p, track, dt):
    step = semi_implicit(lambda q, v, u: -(p[1] + p[0] * q), dt)
    places = [state[0] for state in rollout(step, [p[2], p[3]], [None] * (len(track) - 1))]
    return dp.stack([each - seen for each, seen in zip(places, track, strict=True)])


def gauss_newton(misses, p, rounds):
    p = 1.0 * p
    for _ in range(rounds):
        J = dp.jacrev(misses)(p).reshape((-1, p.size))
        p = p + np.linalg.solve(J.T @ J, -J.T @ np.asarray(misses(p)).ravel())
    return p


# %% a_column_for_each_parameter
def track_misses(p, track, dt):
    still = np.array([0.0])
    law = weight([p[1], still[0], p[0]])
    path = rollout(semi_implicit(law, dt), [p[2], p[3]], np.zeros(len(track) - 1))
    return dp.concatenate([dp.reshape(q - seen, (1,)) for (q, _), seen in zip(path, track)])


def gauss_newton(misses, p, rounds):
    p = list(p)
    for k in range(rounds):
        at = np.array(p)
        columns = [dp.jvp(misses, (at,), (d,))[1].ravel() for d in np.eye(len(at))]
        q, r = np.linalg.qr(np.column_stack(columns))
        p = [a - b for a, b in zip(p, np.linalg.solve(r, q.T @ misses(at).ravel()))]
        print("round", k, p)
    return p


# %% the_jacobian_as_a_function
def gauss_newton(misses, p, rounds):
    of_misses, off = dp.jacfwd(misses), misses(p)
    while rounds:
        by = np.array(of_misses(p)).reshape(off.size, p.size)
        p = p - np.linalg.lstsq(by, off.flatten(), rcond=None)[0]
        off, rounds = misses(p), rounds - 1
    return p
