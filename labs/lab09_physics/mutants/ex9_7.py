# %% [markdown]
# Wrong ways to do exercise 9.7 (from frames); each loses marks, for the reason named.

# %% seen_minus_rendered diagnosis="sign"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return film - dp.stack([picture(height) for height, _ in path])


# %% one_frame_late diagnosis="late_evaluation"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film)))
    return dp.stack([picture(height) for height, _ in path[1:]]) - film


# %% one_frame_too_many diagnosis="late_evaluation"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film)))
    return dp.stack([picture(height) for height, _ in path]) - film


# %% heights_only diagnosis="raised"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.stack([height for height, _ in path]) - film


# %% film_forgotten diagnosis="missing_term"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.stack([picture(height) for height, _ in path])


# %% squares diagnosis="repeated_factor"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return (dp.stack([picture(height) for height, _ in path]) - film) ** 2


# %% flattened diagnosis="shape"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.ravel(dp.stack([picture(height) for height, _ in path]) - film)


# %% numpy_stack diagnosis="zero"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.stack([dp.stop_gradient(picture(height)) + 0.0 * p[0] for height, _ in path]) - film


# %% naive_bounce_instead diagnosis="wrong_value"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(naive_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.stack([picture(height) for height, _ in path]) - film


# %% from_the_first_guess diagnosis="stale"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film[:n]), p, rounds))
    return guesses


# %% only_the_last diagnosis="truncated"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film[:n]), guesses[-1], rounds))
    return guesses[-1]


# %% without_the_first diagnosis="early_stop"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film[:n]), guesses[-1], rounds))
    return guesses[1:]


# %% whole_film diagnosis="wrong_argument"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film), guesses[-1], rounds))
    return guesses


# %% last_frames diagnosis="wrong_argument"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film[-n:]), guesses[-1], rounds))
    return guesses


# %% one_round_only diagnosis="wrong_argument"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film[:n]), guesses[-1], 1))
    return guesses


# %% gravity_for_bounciness diagnosis="swapped"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[1], p[0], DT), RELEASED, range(len(film) - 1))
    return dp.stack([picture(height) for height, _ in path]) - film


# %% radius_twice diagnosis="double_counted"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.stack([picture(height + RADIUS) for height, _ in path]) - film


# %% another_ball diagnosis="wrong_argument"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), BALL, range(len(film) - 1))
    return dp.stack([picture(height) for height, _ in path]) - film


# %% a_list diagnosis="wrong_type"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return [picture(height) - frame for (height, _), frame in zip(path, film, strict=True)]


# %% ready_made_bounce diagnosis="borrowed"
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    from dpkit.physics import impact_step, rollout

    path = rollout(impact_step(DT, p[0], p[1]), {"q": 1.3, "v": 0.0}, len(film) - 1)
    return dp.stack([picture(height) for height in path["q"]]) - film


# %% one_array_again_and_again diagnosis="aliased"
def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    p = p.copy()
    guesses = [p]
    for n in horizons:
        p[:] = gauss_newton(lambda p, n=n: film_misses(p, film[:n]), p, rounds)
        guesses.append(p)
    return guesses
