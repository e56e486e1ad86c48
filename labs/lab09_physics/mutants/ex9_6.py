# %% [markdown]
# Wrong ways to do exercise 9.6 (identify); each loses marks, for the reason named.

# %% seen_minus_simulated diagnosis="sign"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return track - dp.stack([q for q, _ in path])


# %% one_too_many diagnosis="shape"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track)))
    return dp.stack([q for q, _ in path]) - np.append(track, 0.0)


# %% one_late diagnosis="late_evaluation"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track)))
    return dp.stack([q for q, _ in path[1:]]) - track


# %% gravity_for_spring diagnosis="swapped"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[0] - p[1] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track


# %% no_gravity diagnosis="missing_term"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track


# %% gravity_upwards diagnosis="sign"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track


# %% only_simulated diagnosis="missing_term"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path])


# %% squares diagnosis="repeated_factor"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return (dp.stack([q for q, _ in path]) - track) ** 2


# %% plus diagnosis="sign"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p = p + np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% one_round diagnosis="truncated"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(min(rounds, 1)):
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% gradient_descent diagnosis="other_function"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p = p - slopes.T @ misses(p).reshape(-1)
    return p


# %% same_step_each_round diagnosis="stale"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
    return p - rounds * np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]


# %% only_flat_misses diagnosis="raised"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p)
        p = p - np.linalg.lstsq(slopes, misses(p), rcond=None)[0]
    return p


# %% in_place diagnosis="mutated_input"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p -= np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% returns_the_step diagnosis="no_update"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        before = p
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p - before if rounds == 1 else p


# %% explicit_euler diagnosis="other_function"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = explicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track


# %% from_the_first_seen diagnosis="wrong_argument"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (track[0], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track


# %% the_other_dt diagnosis="wrong_argument"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, DT)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track


# %% a_list diagnosis="wrong_type"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return [q - seen for (q, _), seen in zip(path, track, strict=True)]


# %% until_nothing_moves diagnosis="late_evaluation"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(30 if rounds else 0):
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% first_jacobian diagnosis="stale"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
    for _ in range(rounds):
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% reshaped_for_transposed diagnosis="transposed"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(len(p), -1).T
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% nudges diagnosis="finite_difference"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        rows = [(misses(p + d) - misses(p - d)).ravel() / 2e-6 for d in 1e-6 * np.eye(len(p))]
        p = p - np.linalg.lstsq(np.array(rows).T, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% two_parameters_only diagnosis="raised"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(-1, 2)
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p


# %% one_step_too_many diagnosis="late_evaluation"
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track)))
    return dp.stack([q for q, _ in path]) - track


# %% a_mixed_jacobian diagnosis="transposed"
def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(len(p), -1).T
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p
