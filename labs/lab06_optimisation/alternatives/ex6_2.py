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
