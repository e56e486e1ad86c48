# %% [markdown]
# Wrong ways to do exercise 9.5 (time of impact); each loses marks, for the reason named.

# %% earlier_root diagnosis="wrong_argument"
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    return (speed - dp.sqrt(speed * speed + 2 * g * height)) / g


# %% from_rest diagnosis="missing_term"
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    return dp.sqrt(2 * height / g)


# %% downwards_positive diagnosis="sign"
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    return (-speed + dp.sqrt(speed * speed + 2 * g * height)) / g


# %% halves_it diagnosis="factor"
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    return (speed + dp.sqrt(speed * speed + 2 * g * height)) / (2 * g)


# %% no_two diagnosis="wrong_value"
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    return (speed + dp.sqrt(speed * speed + g * height)) / g


# %% math_module diagnosis="raised"
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    return (speed + float(speed * speed + 2 * g * height) ** 0.5) / g


# %% through_the_floor diagnosis="missing_term"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= 0:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)

    return step


# %% stops_at_the_floor diagnosis="truncated"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), 0.0 * t)

    return step


# %% all_of_dt_again diagnosis="double_counted"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt)

    return step


# %% keeps_all diagnosis="missing_factor"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -(speed - g * t), dt - t)

    return step


# %% speed_at_the_start diagnosis="stale"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * speed, dt - t)

    return step


# %% not_turned_round diagnosis="sign"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, e * (speed - g * t), dt - t)

    return step


# %% euler diagnosis="other_function"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + (speed - g * t) * t, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)

    return step


# %% time_as_a_constant diagnosis="missing_term"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = dp.stop_gradient(impact_time(height, speed, g))
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)

    return step


# %% swapped diagnosis="swapped"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)[::-1]

    return step


# %% naive diagnosis="other_function"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        speed = speed - g * dt
        height = height + speed * dt
        return (height, speed) if height > 0 else (0.0, -e * speed)

    return step


# %% reflected diagnosis="other_function"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        height, speed = fall(height, speed, dt)
        return -e * height, -e * speed

    return step


# %% ready_made_time diagnosis="borrowed"
impact_time = dp.physics.impact_time


# %% ready_made_bounce diagnosis="borrowed"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""
    from dpkit import physics

    ready = physics.impact_step(dt, g, e)

    def step(state, u):
        new = ready({"q": state[0], "v": state[1]})
        return new["q"], new["v"]

    return step


# %% bounces_in_the_air diagnosis="wrong_rule"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        up, left = e * (g * t - speed), dt - t
        return up * left - g * left**2 / 2, up - g * left

    return step


# %% e_squared diagnosis="repeated_factor"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * e * (speed - g * t), dt - t)

    return step


# %% bounces_before_it_flies diagnosis="double_counted"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        if height <= 0:
            speed = e * abs(speed)
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)

    return step


# %% returns_nothing diagnosis="missing"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def step(state, u):
        height, speed = state
        if height < 0:
            return 0.0, -e * speed

    return step


# %% bounciness_as_a_constant diagnosis="missing_term"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""
    e = dp.stop_gradient(e)

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return height + speed * dt - g * dt * dt / 2, speed - g * dt
        up, left = e * (g * t - speed), dt - t
        return up * left - g * left**2 / 2, up - g * left

    return step


# %% never_mind_g diagnosis="wrong_argument"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""
    g = MARS_AND_A_HALF

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)

    return step


# %% keeps_what_mars_keeps diagnosis="wrong_argument"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -KEEPS * (speed - g * t), dt - t)

    return step


# %% straight_on_afterwards diagnosis="missing_term"
def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return height + speed * dt - g * dt * dt / 2, speed - g * dt
        speed = -e * (speed - g * t)
        return speed * (dt - t), speed

    return step
