# %% [markdown]
# Wrong ways to do exercise 9.3 (sensitivity); each loses marks, for the reason named.

# %% the_speed diagnosis="swapped"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(p), dt), start, range(steps))[-1][1]


# %% the_start diagnosis="no_update"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(p), dt), start, range(steps))[0][0]


# %% one_step_short diagnosis="early_stop"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(p), dt), start, range(steps - 1))[-1][0]


# %% explicit_euler diagnosis="other_function"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(explicit(weight(p), dt), start, range(steps))[-1][0]


# %% whole_path diagnosis="shape"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(p), dt), start, range(steps))[-1]


# %% by_the_start diagnosis="shape"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return dp.grad(lambda q: final(p, (q, start[1]), steps, dt))(start[0])


# %% nudges diagnosis="finite_difference"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return np.array(
        [
            (final(p + d, start, steps, dt) - final(p, start, steps, dt)) / 1e-3
            for d in 1e-3 * np.eye(3)
        ]
    )


# %% uphill_sign diagnosis="sign"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return -dp.grad(lambda p: final(p, start, steps, dt))(p)


# %% of_the_speed diagnosis="wrong_argument"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return dp.grad(lambda p: rollout(semi_implicit(weight(p), dt), start, range(steps))[-1][1])(p)


# %% constants diagnosis="zero"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return dp.grad(lambda p: dp.stop_gradient(final(p, start, steps, dt)) + 0.0 * p[0])(p)


# %% overwrites diagnosis="overwritten"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% only_one_step diagnosis="truncated"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2:-3:-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% misses_the_first diagnosis="early_stop"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2:0:-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% states_after_the_step diagnosis="wrong_point"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[:0:-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% wrong_sign diagnosis="sign"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar - dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% no_dt diagnosis="missing_factor"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% forgets_drag diagnosis="missing_term"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar
    return p_bar


# %% forgets_the_spring diagnosis="missing_term"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% wrong_order diagnosis="missing_term"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar + dt * q_bar
    return p_bar


# %% drag_and_spring_swapped diagnosis="swapped"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -q, -v])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% by_the_tape diagnosis="borrowed"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    return dp.grad(lambda p: final(p, path[0], len(path) - 1, dt))(p)
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% mean_of_the_shares diagnosis="averaged"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar / (len(path) - 1)


# %% plain_numbers diagnosis="raised"
def final(p, start, steps, dt):
    """The place after some steps."""
    return float(rollout(semi_implicit(weight(p), dt), start, range(steps))[-1][0])


# %% finer_nudges diagnosis="finite_difference"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    moved = (
        (final(p + d, start, steps, dt), final(p - d, start, steps, dt)) for d in 1e-5 * np.eye(3)
    )
    return np.array([(up - down) / 2e-5 for up, down in moved])


# %% simulates_again diagnosis="wrong_point"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    steps = len(path) - 1
    return np.array([np.imag(final(p + 1e-30j * d, path[0], steps, dt)) / 1e-30 for d in np.eye(3)])


# %% from_the_first_state_on diagnosis="wrong_order"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[:-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% one_line_after_the_other diagnosis="post_update"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        v_bar = v_bar - dt * p[1] * v_bar
        q_bar = q_bar - dt * p[2] * v_bar
    return p_bar


# %% begins_with_the_speed diagnosis="wrong_argument"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 0.0, 1.0, np.zeros(3)
    for k, (q, v) in enumerate(path[-2::-1]):
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% eats_the_path diagnosis="mutated_input"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    path.pop()
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    while path:
        q, v = path.pop()
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% the_other_dt diagnosis="wrong_argument"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(p), DT), start, range(steps))[-1][0]


# %% always_on_earth diagnosis="wrong_argument"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(EARTH), dt), start, range(steps))[-1][0]


# %% from_rest diagnosis="wrong_argument"
def final(p, start, steps, dt):
    """The place after some steps."""
    return rollout(semi_implicit(weight(p), dt), (0.0, 0.0), range(steps))[-1][0]


# %% value_and_gradient diagnosis="shape"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return dp.value_and_grad(lambda p: final(p, start, steps, dt))(p)


# %% never_called diagnosis="wrong_type"
def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    return dp.grad(lambda p: final(p, start, steps, dt))


# %% v_bar_overwritten diagnosis="overwritten"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% no_dt_for_v_bar diagnosis="missing_factor"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% back_through_the_wrong_ones diagnosis="swapped"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[1] * v_bar, v_bar - dt * p[2] * v_bar
    return p_bar


# %% v_bar_loses_itself diagnosis="missing_term"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, -dt * p[1] * v_bar
    return p_bar


# %% spring_pushes_on_the_way_back diagnosis="sign"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar + dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% from_the_end_itself diagnosis="late_evaluation"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% forwards diagnosis="wrong_order"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[:-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% begins_with_a_speed diagnosis="wrong_point"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 1.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar


# %% damped_first diagnosis="post_update"
def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        v_bar = v_bar - dt * p[1] * v_bar
        q_bar = q_bar - dt * p[2] * v_bar
    return p_bar
