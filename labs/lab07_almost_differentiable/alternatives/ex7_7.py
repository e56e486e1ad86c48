# %% [markdown]
# Other right ways to do exercise 7.7 (by the path, by the score, by trial); each gets full marks.

# %% one_at_a_time
def path_slopes(f, theta, sigma, noise):
    return np.array([dp.grad(lambda theta: f(theta + sigma * e))(theta) for e in noise])


def score_slopes(f, theta, sigma, noise, baseline=0.0):
    return np.array([(f(theta + sigma * e) - baseline) * e / sigma for e in noise])


def z_score(slopes, truth):
    n, mean = len(slopes), sum(slopes) / len(slopes)
    variance = sum((each - mean) ** 2 for each in slopes) / (n - 1)
    return (mean - truth) / (variance / n) ** 0.5


# %% forward_mode
import sys


def path_slopes(f, theta, sigma, noise):
    return dp.jvp(lambda theta: f(theta + sigma * noise), (theta,), (1.0,))[1]


def score_slopes(f, theta, sigma, noise, baseline=0.0):
    x = theta + sigma * noise
    density = lambda theta: -(((x - theta) / sigma) ** 2) / 2  # noqa: E731
    scores = dp.jvp(density, (theta,), (1.0,))[1]
    return (f(x) - baseline) * scores


def z_score(slopes, truth):
    print(len(slopes), "estimates", file=sys.stderr)
    return (slopes.mean() - truth) * len(slopes) ** 0.5 / slopes.std(ddof=1)


# %% lists
def path_slopes(f, theta, sigma, noise):
    return [dp.grad(f)(theta + sigma * e) for e in noise]


def score_slopes(f, theta, sigma, noise, baseline=0.0):
    slopes = f(theta + sigma * noise).copy()
    slopes -= baseline
    slopes *= noise / sigma
    return list(slopes)


def z_score(slopes, truth):
    import statistics

    return (statistics.mean(slopes) - truth) / statistics.stdev(slopes) * len(slopes) ** 0.5


# %% vector_of_thetas
def path_slopes(f, theta, sigma, noise):
    thetas = np.full(len(noise), theta)
    return dp.grad(lambda each: dp.sum(f(each + sigma * noise)))(thetas)


def score_slopes(f, theta, sigma, noise, baseline=0.0):
    x = theta + sigma * noise
    return (x - theta) / sigma**2 * (f(x) - baseline)


def z_score(slopes, truth):
    off = slopes - truth
    return off.mean() / (off.std() / np.sqrt(off.size - 1))


# %% tensors_all_the_way
def path_slopes(f, theta, sigma, noise):
    x = dp.tensor(theta + sigma * noise, requires_grad=True)
    dp.sum(f(x)).backward()
    return x.grad


def score_slopes(f, theta, sigma, noise, baseline=0.0):
    noise = dp.tensor(noise)
    return (f(theta + sigma * noise) - baseline) * noise / sigma
