# %% [markdown]
# Wrong ways to do exercise 9.2 (rollout); each loses marks, for the reason named.

# %% without_the_start diagnosis="early_stop"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path, at = [], state
    for u in inputs:
        at = step(at, u)
        path.append(at)
    return path


# %% last_state diagnosis="truncated"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path = [state]
    for u in inputs:
        path.append(step(path[-1], u))
    return path[-1]


# %% always_from_the_start diagnosis="stale"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path = [state]
    for u in inputs:
        path.append(step(state, u))
    return path


# %% one_step_short diagnosis="early_stop"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path = [state]
    for u in inputs[:-1]:
        path.append(step(path[-1], u))
    return path


# %% hands_on_the_number diagnosis="wrong_argument"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path = [state]
    for u in range(len(inputs)):
        path.append(step(path[-1], u))
    return path


# %% one_list_again_and_again diagnosis="aliased"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path, at = [], list(state)
    path.append(at)
    for u in inputs:
        at[:] = step(at, u)
        path.append(at)
    return path


# %% plain_numbers diagnosis="raised"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path = [state]
    for u in np.asarray(inputs, float):
        path.append(step(path[-1], u))
    return path


# %% rounds_every_input diagnosis="zero"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    path = [state]
    for u in inputs:
        path.append(step(path[-1], getattr(u, "item", lambda u=u: u)()))
    return path


# %% both_semi_implicit diagnosis="post_update"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        v = v + dt * acceleration(q, v, u)
        return q + dt * v, v

    return step


# %% both_explicit diagnosis="stale"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        return q + dt * v, v + dt * acceleration(q, v, u)

    return step


# %% place_first diagnosis="wrong_order"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        q = q + dt * v
        return q, v + dt * acceleration(q, v, u)

    return step


# %% asks_at_the_new_place diagnosis="wrong_order"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        q = q + dt * v
        return q, v + dt * acceleration(q, v, u)

    return step


# %% speed_first diagnosis="swapped"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        return v + dt * acceleration(q, v, u), q + dt * v

    return step


# %% forgets_dt diagnosis="missing_factor"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        return q + dt * v, v + acceleration(q, v, u)

    return step


# %% in_place diagnosis="mutated_input"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        v += dt * acceleration(q, v, u)
        q += dt * v
        return q, v

    return step


# %% steps_at_once diagnosis="wrong_type"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        return q + dt * v, v + dt * acceleration(q, v, u)

    return step((1.0, 0.0), 0.0)


# %% asks_twice diagnosis="accumulated"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        v = v + dt * acceleration(q, v, u)
        acceleration(q, v, u)
        return q + dt * v, v

    return step


# %% no_input diagnosis="wrong_value"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        return q + dt * v, v + dt * acceleration(q, v, 0.0)

    return step


# %% ready_made_rollout diagnosis="borrowed"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    q, v = dp.physics.rollout(step, state, len(inputs), np.asarray(inputs))
    return list(zip(q, v, strict=True))


# %% ready_made_step diagnosis="borrowed"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""
    from dpkit.physics import symplectic_euler

    ready = symplectic_euler(acceleration, dt)

    def step(state, u):
        new = ready({"q": state[0], "v": state[1]}, u)
        return new["q"], new["v"]

    return step


# %% a_generator diagnosis="wrong_type"
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    yield state
    for u in inputs:
        state = step(state, u)
        yield state


# %% leaves_the_tape diagnosis="missing_term"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = (dp.stop_gradient(each) for each in state)
        v = v + dt * acceleration(q, v, u)
        return q + dt * v, v

    return step


# %% returns_nothing diagnosis="missing"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        q, v = q + dt * v, v + dt * acceleration(q, v, u)

    return step


# %% pulls_the_wrong_way diagnosis="sign"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        v = v - dt * acceleration(q, v, u)
        return q + dt * v, v

    return step


# %% asks_for_v_and_q diagnosis="swapped"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        return q + dt * v, v + dt * acceleration(v, q, u)

    return step


# %% the_other_dt diagnosis="wrong_argument"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        v = v + DT * acceleration(q, v, u)
        return q + DT * v, v

    return step


# %% moves_by_the_speed diagnosis="missing_factor"
def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    def step(state, u):
        q, v = state
        v = v + dt * acceleration(q, v, u)
        return q + v, v

    return step


# %% only_the_change diagnosis="no_update"
def explicit(acceleration, dt):
    """A step by explicit Euler."""

    def step(state, u):
        q, v = state
        return dt * v, dt * acceleration(q, v, u)

    return step
