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
