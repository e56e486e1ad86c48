# %% [markdown]
# Wrong ways to do exercise 7.5 (choose hard, learn soft); each loses marks, for the reason named.

# %% one_logarithm diagnosis="missing_factor"
def gumbel(u):
    """Gumbel numbers from uniform ones."""
    return -np.log(u)


# %% gumbel_sign diagnosis="sign"
def gumbel(u):
    """Gumbel numbers from uniform ones."""
    return np.log(-np.log(u))


# %% soft_value diagnosis="swapped"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return soft


# %% hard_only diagnosis="zero"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return hard + 0 * soft


# %% everything_stopped diagnosis="zero"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return dp.stop_gradient(soft + hard - soft) + 0 * soft


# %% soft_choice diagnosis="swapped"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return softmax(noisy, temperature)


# %% no_dice diagnosis="wrong_argument"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + 0 * gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, temperature))


# %% dice_in_the_hard_part_only diagnosis="wrong_argument"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(logits, temperature))


# %% no_temperature diagnosis="missing_factor"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, 1.0))


# %% half_straight diagnosis="wrong_value"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return soft + hard - dp.stop_gradient(soft) / 2


# %% ready_made diagnosis="borrowed"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return dp.relax.straight_through(hard, soft)


# %% soft_pulls_down diagnosis="sign"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return dp.stop_gradient(hard + soft) - soft


# %% hard_row_in_place diagnosis="mutated_input"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    if isinstance(soft, np.ndarray):
        hard -= soft
        return soft + hard
    return soft + dp.stop_gradient(hard - soft)


# %% dice_of_its_own diagnosis="wrong_argument"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(np.random.default_rng(0).uniform(size=len(u)))
    return straight_through(one_hot(noisy), softmax(noisy, temperature))


# %% dice_subtracted diagnosis="sign"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits - gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, temperature))


# %% temperature_upside_down diagnosis="wrong_argument"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, 1 / temperature))


# %% dice_without_temperature diagnosis="missing_factor"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    dice = gumbel(u)
    return straight_through(one_hot(logits + dice), softmax(logits / temperature + dice, 1.0))


# %% dice_twice diagnosis="repeated_factor"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy + gumbel(u), temperature))
