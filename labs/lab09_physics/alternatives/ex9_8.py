# %% [markdown]
# Other right ways to do exercise 9.8 (how far back?); each gets full marks.

# %% jacobians_by_dp
def cell(W, U):
    def step(h, x):
        return dp.tanh(dp.matmul(W, h) + dp.matmul(U, x))

    return step


def reach(W, U, h, inputs):
    step, J, norms = cell(W, U), np.eye(len(h)), [np.linalg.norm(np.eye(len(h)), 2)]
    for x in inputs:
        J = dp.jacfwd(lambda h, x=x: step(h, x))(h) @ J
        h = step(h, x)
        norms.append(np.linalg.norm(J, ord=2))
    return np.array(norms)


def clip(gradient, limit):
    return gradient / max(1.0, np.linalg.norm(gradient) / limit)


# %% singular_values
def cell(W, U):
    both = dp.concatenate([W, U], axis=1)
    return lambda h, x: dp.tanh(both @ dp.concatenate([h, x], axis=0))


def reach(W, U, h, inputs):
    path = rollout(cell(W, U), h, inputs)
    product, norms = None, [1]
    for after in path[1:]:
        one = np.diag(1 - after * after) @ W
        product = one if product is None else one @ product
        norms.append(np.linalg.svd(product, compute_uv=False)[0])
    return norms


def clip(gradient, limit):
    too_long = np.sum(np.square(gradient)) > limit**2
    return limit * gradient / np.linalg.norm(gradient.ravel()) if too_long else gradient.copy()
