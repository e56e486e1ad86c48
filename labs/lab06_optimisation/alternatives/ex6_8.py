# %% [markdown]
# Other right ways to do exercise 6.8 (a loss for a picture); each gets full marks.

# %% powers_and_methods
def total_variation(u, soft=3e-3):
    here, below, beside = u[:-1, :-1], u[1:, :-1], u[:-1, 1:]
    return (((below - here) ** 2 + (beside - here) ** 2 + soft * soft) ** 0.5).sum()


def picture_loss(u, small, factor, weight, soft=3e-3):
    missed = (small - images.shrink(u, factor)).reshape(-1)
    return missed @ missed / 2 + total_variation(u, soft) * weight


# %% with_a_camera_of_its_own
def total_variation(u, soft=3e-3):
    squares = soft**2
    for moved in (u[1:, :-1], u[:-1, 1:]):
        squares = squares + dp.square(moved - u[:-1, :-1])
    return dp.sum(squares**0.5)


def picture_loss(u, small, factor, weight, soft=3e-3):
    seen = 0.0
    for r in range(factor):
        for c in range(factor):
            seen = seen + u[r::factor, c::factor] / factor**2
    return dp.sum(0.5 * (seen - small) * (seen - small)) + weight * total_variation(u, soft)


# %% pixel_by_pixel
def total_variation(u, soft=3e-3):
    total = 0.0
    for i in range(u.shape[0] - 1):
        for j in range(u.shape[1] - 1):
            down, right = u[i + 1, j] - u[i, j], u[i, j + 1] - u[i, j]
            total = total + dp.sqrt(down**2 + right**2 + soft**2)
    return total


# %% tensors_and_numpy_s_names
def total_variation(u, soft=3e-3):
    u = dp.tensor(u) if isinstance(u, np.ndarray) else u
    down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
    return np.sum(np.sqrt(down**2 + right**2 + soft**2))
