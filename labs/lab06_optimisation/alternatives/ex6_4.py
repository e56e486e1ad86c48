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


# %% a_class_of_its_own
class Walker:
    def __init__(self, lr, betas, eps):
        self.lr, self.betas, self.eps, self.t = lr, betas, eps, 0
        self.exp_avg = self.exp_avg_sq = 0.0

    def step(self, x, grad):
        self.t += 1
        one, two = self.betas
        self.exp_avg = one * self.exp_avg + (1 - one) * grad
        self.exp_avg_sq = two * self.exp_avg_sq + (1 - two) * dp.square(grad)
        root = dp.sqrt(self.exp_avg_sq) / math.sqrt(1 - two**self.t)
        return x - self.lr / (1 - one**self.t) * (self.exp_avg / (root + self.eps))


def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    walker, points = Walker(step, betas, eps), np.empty((n + 1, *x.shape))
    points[0] = x
    for k in range(n):
        points[k + 1] = walker.step(points[k], gradient(points[k]))
    return points
