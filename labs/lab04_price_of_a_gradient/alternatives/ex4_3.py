# %% [markdown]
# Other right ways to do exercise 4.3 (matrix products); each gets full marks.

# %% by_einsum
def matmul(a, b):
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        backs = (
            lambda g: np.einsum("i,j->ij", g, b.value),
            lambda g: np.einsum("ij,i->j", a.value, g),
        )
    else:
        backs = (
            lambda g: np.einsum("ik,jk->ij", g, b.value),
            lambda g: np.einsum("ij,ik->jk", a.value, g),
        )
    return Tensor(np.dot(a.value, b.value), (a, b), backs, "@")


# %% vectors_as_columns
import sys


def matmul(a, b):
    a, b = lift(a), lift(b)
    column = b.value.reshape(b.shape[0], -1)
    print("a product of", a.shape, b.shape, file=sys.stderr)

    def for_a(g):
        return g.reshape(len(a.value), -1) @ column.T

    def for_b(g):
        return (a.value.T @ g.reshape(len(a.value), -1)).reshape(b.shape)

    return Tensor(a.value @ b.value, (b, a), (for_b, for_a), "@")


# %% the_transpose_twice
def matmul(a, b):
    a, b = lift(a), lift(b)

    def for_a(g):
        return (b.value @ g.T).T if b.value.ndim == 2 else g[:, None] * b.value[None, :]

    def for_b(g):
        return (g.T @ a.value).T

    return Tensor(a.value @ b.value, (a, b), (for_a, for_b), "@")
