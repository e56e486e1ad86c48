# %% [markdown]
# Wrong ways to do exercise 6.9 (an affine guess); each loses marks, for the reason named.

# %% pair_turned diagnosis="swapped"
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        columns + theta[3] * u + theta[4] * v + theta[5],
        rows + theta[0] * u + theta[1] * v + theta[2],
    )


# %% about_the_corner diagnosis="wrong_point"
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    middle = (size - 1) / 2
    u, v = rows, columns
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% not_divided diagnosis="missing_factor"
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    middle = (size - 1) / 2
    u, v = rows - middle, columns - middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% places_left_out diagnosis="missing_term"
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        theta[0] * u + theta[1] * v + theta[2],
        theta[3] * u + theta[4] * v + theta[5],
    )


# %% u_and_v_turned diagnosis="swapped"
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    middle = (size - 1) / 2
    v, u = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% no_shift diagnosis="missing_term"
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v,
        columns + theta[3] * u + theta[4] * v,
    )


# %% a_sum diagnosis="averaged"
def mismatch(moving, still, places):
    """The mean squared difference after warping."""
    return dp.sum((images.warp(moving, *places) - still) ** 2)


# %% still_warped diagnosis="swapped"
def mismatch(moving, still, places):
    """The mean squared difference after warping."""
    return dp.mean((images.warp(still, *places) - moving) ** 2)


# %% mean_then_square diagnosis="wrong_rule"
def mismatch(moving, still, places):
    """The mean squared difference after warping."""
    return dp.mean(images.warp(moving, *places) - still) ** 2


# %% not_warped diagnosis="missing_term"
def mismatch(moving, still, places):
    """The mean squared difference after warping."""
    return dp.mean((moving - still) ** 2)


# %% places_turned diagnosis="swapped"
def mismatch(moving, still, places):
    """The mean squared difference after warping."""
    return dp.mean((images.warp(moving, *places[::-1]) - still) ** 2)


# %% middle_rounded diagnosis="wrong_point"
def affine(theta, rows, columns, size):
    middle = (size - 1) // 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% last_pixel_for_middle diagnosis="wrong_point"
def affine(theta, rows, columns, size):
    middle = size - 1
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% only_divided diagnosis="wrong_point"
def affine(theta, rows, columns, size):
    middle = (size - 1) / 2
    u, v = rows / middle, columns / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% dealt_in_turn diagnosis="wrong_argument"
def affine(theta, rows, columns, size):
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[2] * v + theta[4],
        columns + theta[1] * u + theta[3] * v + theta[5],
    )


# %% the_other_way diagnosis="sign"
def affine(theta, rows, columns, size):
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows - theta[0] * u - theta[1] * v - theta[2],
        columns - theta[3] * u - theta[4] * v - theta[5],
    )


# %% theta_cut_off diagnosis="raised"
def affine(theta, rows, columns, size):
    middle, theta = (size - 1) / 2, np.array(theta, float)
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% theta_held_fast diagnosis="zero"
def affine(theta, rows, columns, size):
    middle, theta = (size - 1) / 2, getattr(theta, "data", theta)
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )


# %% writes_into_rows diagnosis="mutated_input"
def affine(theta, rows, columns, size):
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    rows += theta[0] * u + theta[1] * v + theta[2]
    columns += theta[3] * u + theta[4] * v + theta[5]
    return rows, columns


# %% root_of_the_mean diagnosis="wrong_rule"
def mismatch(moving, still, places):
    return dp.sqrt(dp.mean((images.warp(moving, *places) - still) ** 2))
