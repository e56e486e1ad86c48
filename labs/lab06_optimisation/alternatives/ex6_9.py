# %% [markdown]
# Other right ways to do exercise 6.9 (an affine guess); each gets full marks.

# %% a_matrix_for_both
def affine(theta, rows, columns, size):
    u, v = (2 * each / (size - 1) - 1 for each in (rows, columns))
    moved = [theta[3 * k] * u + theta[3 * k + 1] * v + theta[3 * k + 2] for k in (0, 1)]
    return [rows + moved[0], columns + moved[1]]


def mismatch(moving, still, places):
    rows, columns = places
    gap = still - images.warp(moving, rows, columns)
    return dp.sum(gap * gap) / still.size


# %% in_small_steps
def affine(theta, rows, columns, size):
    half = size / 2 - 0.5
    v = columns / half - 1
    u = rows / half - 1
    down = theta[2] + u * theta[0] + v * theta[1]
    across = theta[5] + u * theta[3] + v * theta[4]
    return rows + down, columns + across


def mismatch(moving, still, places):
    warped = images.warp(moving, places[0], places[1])
    return dp.mean(dp.square(warped - still))


# %% stacked_and_tensors
def affine(theta, rows, columns, size):
    u, v = (2 * each / (size - 1) - 1 for each in (rows, columns))
    grid = np.stack([u, v, np.ones_like(u)], axis=-1)
    return dp.stack([rows + grid @ theta[:3], columns + grid @ theta[3:]])


def mismatch(moving, still, places):
    moving, still = dp.tensor(moving), dp.tensor(still)
    return dp.mean((images.warp(moving, *places) - still) ** 2)
