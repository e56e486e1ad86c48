# %% [markdown]
# Wrong ways to do exercise 6.4 (Adam); each loses marks, for the reason named.

# %% no_correction diagnosis="missing_factor"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m
        v_hat = v
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% only_m_corrected diagnosis="missing_factor"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% only_v_corrected diagnosis="missing_factor"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% counts_from_zero diagnosis="wrong_point"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(n):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% counts_from_two diagnosis="wrong_point"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(2, n + 2):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% hats_kept diagnosis="accumulated"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m = m_hat = m / (1 - betas[0] ** t)
        v = v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% eps_under_the_root diagnosis="wrong_order"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / np.sqrt(v_hat + eps)
        points.append(x)
    return points


# %% no_root diagnosis="missing_factor"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (v_hat + eps)
        points.append(x)
    return points


# %% not_squared diagnosis="wrong_rule"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% betas_swapped diagnosis="swapped"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    betas = betas[::-1]
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% uphill diagnosis="ascent"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x + step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% one_size_for_all diagnosis="not_summed"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.linalg.norm(np.sqrt(v_hat)) + eps)
        points.append(x)
    return points


# %% betas_ignored diagnosis="wrong_argument"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    betas = 0.9, 0.999
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% start_forgotten diagnosis="shape"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    points, m, v = [], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points


# %% no_epsilon diagnosis="missing_term"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        x = x - step * (m / (1 - betas[0] ** t)) / np.sqrt(v / (1 - betas[1] ** t))
        points.append(x)
    return points


# %% epsilon_before_the_correction diagnosis="wrong_order"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        x = x - step * (m / (1 - betas[0] ** t)) / (np.sqrt(v) + eps) * math.sqrt(1 - betas[1] ** t)
        points.append(x)
    return points


# %% takes_in_the_whole_gradient diagnosis="missing_factor"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + g
        v = betas[1] * v + g**2
        x = x - step * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        points.append(x)
    return points


# %% shares_turned diagnosis="swapped"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = (1 - betas[0]) * m + betas[0] * g
        v = (1 - betas[1]) * v + betas[1] * g**2
        x = x - step * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        points.append(x)
    return points


# %% correction_without_t diagnosis="missing_factor"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        x = x - step * (m / (1 - betas[0])) / (np.sqrt(v / (1 - betas[1])) + eps)
        points.append(x)
    return points


# %% begins_with_the_first_gradient diagnosis="wrong_rule"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g if t > 1 else g
        v = betas[1] * v + (1 - betas[1]) * g**2 if t > 1 else g**2
        x = x - step * (m) / (np.sqrt(v) + eps)
        points.append(x)
    return points


# %% usual_epsilon_always diagnosis="wrong_argument"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        x = x - step * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + 1e-8)
        points.append(x)
    return points


# %% from_the_library diagnosis="ready_made"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    from dpkit.optim import Adam

    place, points = dp.tensor(x, requires_grad=True), [x]
    walker = Adam([place], lr=step, betas=betas, eps=eps)
    for _ in range(n):
        place.grad = gradient(place.data)
        walker.step()
        points.append(place.data)
    return points


# %% means_outlive_the_call diagnosis="stale"
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8, kept={"t": 0}):  # noqa: B006
    if np.shape(kept.get("m")) != x.shape:
        kept.update(m=0 * x, v=0 * x, t=0)
    points = [x]
    for _ in range(n):
        g = gradient(x)
        kept["t"] += 1
        kept["m"] = betas[0] * kept["m"] + (1 - betas[0]) * g
        kept["v"] = betas[1] * kept["v"] + (1 - betas[1]) * g**2
        m_hat = kept["m"] / (1 - betas[0] ** kept["t"])
        v_hat = kept["v"] / (1 - betas[1] ** kept["t"])
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points
