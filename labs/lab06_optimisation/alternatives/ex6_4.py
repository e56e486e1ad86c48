# %% [markdown]
# Other right ways to do exercise 6.4 (Adam); each gets full marks.

# %% in_the_form_of_the_step_size
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    one, two = betas
    m, v, points = np.zeros_like(x), np.zeros_like(x), [x.copy()]
    t = 0
    while t < n:
        t += 1
        slope = gradient(points[-1])
        m += (1 - one) * (slope - m)
        v += (1 - two) * (slope * slope - v)
        root = np.sqrt(v / (1 - two**t))
        points.append(points[-1] - step / (1 - one**t) * m / (root + eps))
    return points


# %% a_generator_number_by_number
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    def walk(x):
        seen = []
        yield x
        for t in range(1, n + 1):
            seen.append(gradient(x))
            m = sum((1 - betas[0]) * betas[0] ** (t - 1 - k) * g for k, g in enumerate(seen))
            v = sum((1 - betas[1]) * betas[1] ** (t - 1 - k) * g**2 for k, g in enumerate(seen))
            m, v = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
            x = x - step * m / (v**0.5 + eps)
            yield x

    return list(walk(x))
