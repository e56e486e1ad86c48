# %% [markdown]
# Other right ways to do exercise 9.2 (rollout); each gets full marks.

# %% accumulated
from itertools import accumulate


def rollout(step, state, inputs):
    return list(accumulate(inputs, step, initial=state))


def explicit(acceleration, dt):
    return lambda s, u: (s[0] + dt * s[1], s[1] + dt * acceleration(s[0], s[1], u))


def semi_implicit(acceleration, dt):
    def step(s, u):
        new = s[1] + dt * acceleration(*s, u)
        return s[0] + dt * new, new

    return step


# %% by_index
def rollout(step, state, inputs):
    import sys

    print(len(inputs), "steps", file=sys.stderr)
    states = [state] * (len(inputs) + 1)
    for k in range(len(inputs)):
        states[k + 1] = step(states[k], inputs[k])
    return states


class explicit:
    def __init__(self, acceleration, dt):
        self.acceleration, self.dt = acceleration, dt

    def __call__(self, state, u):
        (q, v), dt = state, self.dt
        return [q + v * dt, v + self.acceleration(q, v, u) * dt]


class semi_implicit(explicit):
    def __call__(self, state, u):
        (q, v), dt = state, self.dt
        v = v + self.acceleration(q, v, u) * dt
        return [q + v * dt, v]


# %% by_recursion
def rollout(step, state, inputs):
    def further(path, k):
        return path if k == len(inputs) else further((*path, step(path[-1], inputs[k])), k + 1)

    return further((state,), 0)


def explicit(acceleration, dt):
    def rates(state, u):
        return state[1], acceleration(state[0], state[1], u)

    return lambda state, u: tuple(x + dt * r for x, r in zip(state, rates(state, u), strict=True))


def semi_implicit(acceleration, dt):
    def step(state, u):
        q, v = state
        a = acceleration(q, v, u)
        return q + v * dt + a * dt**2, v + a * dt

    return step


# %% one_maker_for_both
from functools import partial


def _stepper(new_speed, acceleration, dt):
    def step(state, u):
        q, v = state
        after = v + dt * acceleration(q, v, u)
        print("from", q, "at", v)
        return dp.stack([q + dt * (after if new_speed else v), after])

    return step


explicit, semi_implicit = partial(_stepper, False), partial(_stepper, True)


# %% a_loop_of_dpkit
def rollout(step, state, inputs):
    path = [state]

    def further(k, at):
        path.append(step(path[k], inputs[k]))
        return at

    dp.fori_loop(0, len(inputs), further, 0.0)
    return path
