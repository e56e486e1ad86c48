# %% [markdown]
# Other right ways to do exercise 9.7 (from frames); each gets full marks.

# %% frame_by_frame
def film_misses(p, film):
    step, state, off = impact_bounce(p[0], p[1], DT), RELEASED, []
    for k, frame in enumerate(film):
        if k:
            state = step(state, k)
        off.append(picture(state[0]) - frame)
    return dp.stack(off)


def curriculum(film, p, horizons, rounds):
    if not len(horizons):
        return [p]
    first = film[: horizons[0]]
    better = gauss_newton(lambda p: film_misses(p, first), p, rounds)
    return [p, *curriculum(film, better, horizons[1:], rounds)]


# %% accumulated
def film_misses(p, film):
    g, e = p
    heights = [s[0] for s in rollout(impact_bounce(g, e, DT), RELEASED, film[1:])]
    return dp.stack([picture(y) for y in heights]) - film


def curriculum(film, p, horizons, rounds):
    from itertools import accumulate

    def learn(p, n):
        return gauss_newton(lambda p: film_misses(p, film[:n]), p, rounds)

    return tuple(accumulate(horizons, learn, initial=p))
