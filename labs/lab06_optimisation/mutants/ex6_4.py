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


# %% betas_ignored diagnosis="wrong_value"
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
