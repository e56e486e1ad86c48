# %% [markdown]
# Other right ways to do exercise 6.2 (the best step); each gets full marks.

# %% singular_values_and_a_loop
def best_step(A):
    sizes = np.linalg.svd(A, compute_uv=False)
    kappa = sizes.max() / sizes.min()
    return [2 / (sizes.max() + sizes.min()), 1 - 2 / (kappa + 1)]


def steps_needed(rate, gain):
    n, left = 0, 1.0
    while left > 1 / gain:
        left, n = left * rate, n + 1
    return n


# %% general_eigenvalues_on_stderr
import sys


def best_step(A):
    found = sorted(each.real for each in np.linalg.eigvals(A))
    print("curvatures", found, file=sys.stderr)
    step = 2 / (found[0] + found[-1])
    return np.array([step, 1 - step * found[0]])


def steps_needed(rate, gain):
    return int(np.ceil(-np.log(gain) / np.log(rate)))


# %% powers_and_floors
def best_step(A: np.ndarray) -> tuple[float, float]:
    high, kappa = np.linalg.norm(A, 2), np.linalg.cond(A)
    return np.array(2 / (high + high / kappa)), np.array((kappa - 1) / (kappa + 1))


def steps_needed(rate: float, gain: float) -> int:
    n = 0
    while rate**n * gain > 1:
        n += 1
    return np.int64(n)
