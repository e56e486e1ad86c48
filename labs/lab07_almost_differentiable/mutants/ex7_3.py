# %% [markdown]
# Wrong ways to do exercise 7.3 (softmax with a temperature); each loses marks, for the reason named.

# %% no_temperature diagnosis="missing_factor"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    raised = dp.exp(x - dp.max(x))
    return raised / dp.sum(raised)


# %% temperature_upside_down diagnosis="wrong_argument"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x * temperature)."""
    raised = dp.exp((x - dp.max(x)) * temperature)
    return raised / dp.sum(raised)


# %% not_shifted diagnosis="not_finite"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    raised = dp.exp(x / temperature)
    return raised / dp.sum(raised)


# %% not_normalised diagnosis="normalised"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    raised = dp.exp((x - dp.max(x)) / temperature)
    return raised


# %% smallest_wins diagnosis="sign"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    raised = dp.exp((dp.min(x) - x) / temperature)
    return raised / dp.sum(raised)


# %% hard_place diagnosis="zero"
def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    return float(dp.argmax(x)) + 0 * x[0]


# %% counts_from_one diagnosis="constant_offset"
def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    return dp.sum(softmax(x, temperature) * np.arange(1, len(x) + 1))


# %% hard_maximum diagnosis="zero"
def soft_max(x, temperature):
    """The largest entry, softly: never above it."""
    return dp.max(x)


# %% log_sum_exp diagnosis="other_function"
def soft_max(x, temperature):
    """The largest entry, softly: never above it."""
    return temperature * dp.logsumexp(x / temperature)


# %% mean_of_means diagnosis="averaged"
def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    return dp.mean(softmax(x, temperature) * np.arange(len(x)))


# %% shares_are_constants diagnosis="missing_term"
def soft_max(x, temperature):
    """The largest entry, softly: never above it."""
    return dp.sum(dp.stop_gradient(softmax(x, temperature)) * x)


# %% place_is_constant diagnosis="zero"
def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    return 0 * x[0] + dp.sum(softmax(dp.stop_gradient(x), temperature) * np.arange(len(x)))


# %% ready_made diagnosis="borrowed"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    return dp.softmax(x / temperature)


# %% ready_made_place diagnosis="borrowed"
def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    return dp.relax.soft_argmax(x, temperature)


# %% shifted_by_the_first diagnosis="not_finite"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    raised = dp.exp((x - x[0]) / temperature)
    return raised / dp.sum(raised)


# %% shifted_by_the_mean diagnosis="not_finite"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    raised = dp.exp((x - dp.mean(x)) / temperature)
    return raised / dp.sum(raised)


# %% shifts_in_place diagnosis="mutated_input"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    if isinstance(x, np.ndarray):
        x -= np.max(x)
    raised = dp.exp((x - dp.max(x)) / temperature)
    return raised / dp.sum(raised)


# %% roles_swapped diagnosis="swapped"
def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    return dp.sum(softmax(np.arange(len(x)) / temperature, 1.0) * x)


# %% begins_a_tape_of_its_own diagnosis="zero"
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    x = dp.tensor(x)
    raised = dp.exp((x - dp.max(x)) / temperature)
    return raised / dp.sum(raised)
