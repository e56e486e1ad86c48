# %% [markdown]
# Wrong ways to do exercise 6.2 (the best step); each loses marks, for the reason named.

# %% one_over_L diagnosis="learning_rate"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 1 / high, (high - low) / (high + low)


# %% two_over_L diagnosis="learning_rate"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / high, (high - low) / (high + low)


# %% half_the_step diagnosis="factor"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 1 / (low + high), (high - low) / (high + low)


# %% the_mean_curvature diagnosis="factor"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return (low + high) / 2, (high - low) / (high + low)


# %% the_diagonal diagnosis="wrong_argument"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.sort(np.diag(A))
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), (high - low) / (high + low)


# %% rate_of_momentum diagnosis="wrong_rule"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    root = (high / low) ** 0.5
    return 2 / (low + high), (root - 1) / (root + 1)


# %% rate_of_the_short_step diagnosis="wrong_rule"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), 1 - low / high


# %% upside_down diagnosis="swapped"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), (high + low) / (high - low)


# %% rate_of_the_value diagnosis="factor"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), ((high - low) / (high + low)) ** 2


# %% negative_rate diagnosis="sign"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), (low - high) / (high + low)


# %% negative_steps diagnosis="sign"
def steps_needed(rate, gain):
    """How many steps divide the distance by `gain`: a whole number."""
    return math.ceil(math.log(gain) / math.log(rate))


# %% rounded_down diagnosis="rounded"
def steps_needed(rate, gain):
    """How many steps divide the distance by `gain`: a whole number."""
    return math.floor(math.log(gain) / -math.log(rate))


# %% not_rounded diagnosis="wrong_type"
def steps_needed(rate, gain):
    """How many steps divide the distance by `gain`: a whole number."""
    return math.log(gain) / -math.log(rate)


# %% gain_upside_down diagnosis="sign"
def steps_needed(rate, gain):
    """How many steps divide the distance by `gain`: a whole number."""
    return math.ceil(math.log(1 / gain) / -math.log(rate))


# %% step_alone diagnosis="wrong_type"
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high)


# %% one_too_many diagnosis="rounded"
def steps_needed(rate, gain):
    return math.floor(math.log(gain) / -math.log(rate)) + 1


# %% to_the_nearest diagnosis="rounded"
def steps_needed(rate, gain):
    return round(math.log(gain) / -math.log(rate))


# %% pair_turned diagnosis="swapped"
def best_step(A):
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return (high - low) / (high + low), 2 / (low + high)


# %% the_first_two diagnosis="wrong_argument"
def best_step(A):
    low, high = np.linalg.eigvalsh(A)[:2]
    return 2 / (low + high), (high - low) / (high + low)


# %% condition_number_for_rate diagnosis="wrong_rule"
def best_step(A):
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), high / low


# %% scales_the_matrix diagnosis="mutated_input"
def best_step(A):
    size = np.max(np.abs(A))
    A /= size
    curvatures = np.linalg.eigvalsh(A) * size
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), (high - low) / (high + low)
