# %% [markdown]
# Other right ways to do exercise 9.5 (time of impact); each gets full marks.

# %% the_stable_root
def impact_time(height, speed, g):
    half = speed / g
    return half + dp.sqrt(half**2 + 2 * height / g)


def impact_bounce(g, e, dt):
    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t < dt:
            height, speed, rest = 0.0, e * (g * t - speed), dt - t
        else:
            rest = dt
        return [height + rest * (speed - g * rest / 2), speed - g * rest]

    return step


# %% by_energy
def impact_time(height, speed, g):
    falling = (speed**2 + 2 * g * height) ** 0.5
    return (falling + speed) / g


def impact_bounce(g, e, dt):
    def step(state, u):
        y, v = state
        end = y + v * dt - 0.5 * g * dt**2
        if end >= 0:
            return end, v - g * dt
        up = e * dp.sqrt(v * v + 2 * g * y)
        left = dt - impact_time(y, v, g)
        return left * (up - 0.5 * g * left), up - g * left

    return step


# %% as_many_bounces_as_there_are
def impact_time(height, speed, g):
    root = dp.sqrt(speed * speed + 2 * g * height)
    return dp.maximum((speed + root) / g, (speed - root) / g)


def impact_bounce(g, e, dt):
    def step(state, u):
        (height, speed), left = state, dt
        while (t := impact_time(height, speed, g)) < left:
            height, speed, left = 0.0, -e * (speed - g * t), left - t
            print("bounced, rising at", speed)
        return dp.stack([height + speed * left - 0.5 * g * left**2, speed - g * left])

    return step


# %% without_a_branch
def impact_time(height, speed, g):
    t = 2 * (abs(speed) + (2 * height * g) ** 0.5 + 1) / g  # Newton's method, from above
    for _ in range(60):
        t = t - (height + speed * t - g * t * t / 2) / (speed - g * t)
    return t


def impact_bounce(g, e, dt):
    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        hits = t < dt
        spent = dp.where(hits, t, 0.0)
        height = dp.where(hits, 0.0, height)
        speed, left = dp.where(hits, -e * (speed - g * t), speed), dt - spent
        return [height + speed * left - g * left * left / 2, speed - g * left]

    return step


# %% numpy_does_the_root
def impact_time(height, speed, g):
    return (speed + np.sqrt(np.square(speed) + 2.0 * g * height)) / g
