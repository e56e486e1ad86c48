# %% [markdown]
# Wrong ways to do exercise 6.8 (a loss for a picture); each loses marks, for the reason named.

# %% no_softness diagnosis="missing_term"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + right**2))


# %% softness_not_squared diagnosis="missing_term"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + right**2 + soft))


# %% sizes_added diagnosis="wrong_rule"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(abs(down)) + dp.sum(abs(right))


# %% two_roots diagnosis="wrong_rule"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + soft**2)) + dp.sum(dp.sqrt(right**2 + soft**2))


# %% one_root_for_all diagnosis="wrong_rule"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sqrt(dp.sum(down**2 + right**2 + soft**2))


# %% squares diagnosis="wrong_rule"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(down**2 + right**2 + soft**2)


# %% a_mean diagnosis="averaged"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.mean(dp.sqrt(down**2 + right**2 + soft**2))


# %% round_the_edge diagnosis="double_counted"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = dp.roll(u, -1, axis=0) - u
    right = dp.roll(u, -1, axis=1) - u
    return dp.sum(dp.sqrt(down**2 + right**2 + soft**2))


# %% rows_only diagnosis="missing_term"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + soft**2))


# %% no_half diagnosis="factor"
def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    missed = images.shrink(u, factor) - small
    return dp.sum(missed**2) + weight * total_variation(u, soft)


# %% mean_of_squares diagnosis="averaged"
def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    missed = images.shrink(u, factor) - small
    return 0.5 * dp.mean(missed**2) + weight * total_variation(u, soft)


# %% no_prior diagnosis="missing_term"
def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    missed = images.shrink(u, factor) - small
    return 0.5 * dp.sum(missed**2)


# %% softness_not_passed_on diagnosis="wrong_argument"
def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    missed = images.shrink(u, factor) - small
    return 0.5 * dp.sum(missed**2) + weight * total_variation(u)


# %% prior_of_the_small_one diagnosis="wrong_argument"
def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    missed = images.shrink(u, factor) - small
    return 0.5 * dp.sum(missed**2) + weight * total_variation(images.shrink(u, factor), soft)


# %% every_fourth_pixel diagnosis="wrong_rule"
def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    missed = u[::factor, ::factor] - small
    return 0.5 * dp.sum(missed**2) + weight * total_variation(u, soft)


# %% a_constant_of_it diagnosis="zero"
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    steep = dp.sqrt(down**2 + right**2 + soft**2)
    return float(
        dp.sum(dp.stop_gradient(steep)).item()
        if hasattr(steep, "item") and steep.ndim and isinstance(steep, dp.Tensor)
        else np.sum(steep)
    )


# %% softness_beside_the_root diagnosis="wrong_order"
def total_variation(u, soft=3e-3):
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + right**2) + soft)


# %% usual_softness diagnosis="wrong_argument"
def total_variation(u, soft=3e-3):
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + right**2 + 3e-3**2))


# %% half_of_all diagnosis="factor"
def picture_loss(u, small, factor, weight, soft=3e-3):
    missed = images.shrink(u, factor) - small
    return 0.5 * (dp.sum(missed**2) + weight * total_variation(u, soft))


# %% weight_on_the_squares diagnosis="swapped"
def picture_loss(u, small, factor, weight, soft=3e-3):
    missed = images.shrink(u, factor) - small
    return weight * 0.5 * dp.sum(missed**2) + total_variation(u, soft)


# %% square_of_the_sum diagnosis="wrong_order"
def picture_loss(u, small, factor, weight, soft=3e-3):
    missed = images.shrink(u, factor) - small
    return 0.5 * dp.sum(missed) ** 2 + weight * total_variation(u, soft)


# %% thread_cut diagnosis="wrong_value"
def total_variation(u, soft=3e-3):
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.stop_gradient(dp.sum(dp.sqrt(down**2 + right**2 + soft**2))) + 0 * dp.sum(u)


# %% from_the_library diagnosis="ready_made"
def total_variation(u, soft=3e-3):
    return images.total_variation(u, soft)


# %% library_s_by_its_name diagnosis="ready_made"
from dpkit.images import total_variation
