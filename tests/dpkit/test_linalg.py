"""Products of matrices, einsum, equations, determinants, the Cholesky factor, lengths."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import (
    assert_close,
    assert_first_order,
    assert_misreading_is_wrong,
    assert_same_elsewhere,
    assert_second_order,
    like,
)

import dpkit as dp
from dpkit import linalg
from dpkit.array_rules import matrices
from dpkit.arrays.products import einsum, matmul

few = settings(max_examples=30, deadline=None)
lengths = st.integers(1, 4)
seeds = st.integers(0, 10**6)


def regular(shape, rng):
    """Matrices that are far from singular, with determinants of both signs."""
    n = shape[-1]
    q = np.linalg.qr(rng.normal(size=shape))[0]
    return q * rng.uniform(0.7, 1.6, (*shape[:-1], 1)) + 0.05 * rng.normal(size=shape) / n


def positive(shape, rng):
    x = rng.normal(size=shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


# Products of matrices -------------------------------------------------------------------------------

RANKS = [
    ("k", "k"), ("nk", "k"), ("k", "km"), ("nk", "km"), ("bnk", "km"), ("nk", "bkm"),
    ("bnk", "bkm"), ("bnk", "k"), ("k", "bkm"), ("b1nk", "ckm"), ("1nk", "bkm"), ("cbnk", "bkm"),
]  # fmt: skip


def of_letters(letters, size, rng):
    return like(tuple(1 if c == "1" else size[c] for c in letters), rng)


@pytest.mark.parametrize("left, right", RANKS)
@few
@given(n=lengths, k=lengths, m=lengths, b=lengths, c=lengths, seed=seeds)
def test_products_of_every_rank(left, right, n, k, m, b, c, seed):
    rng, size = np.random.default_rng(seed), {"n": n, "k": k, "m": m, "b": b, "c": c}
    x, y = of_letters(left, size, rng), of_letters(right, size, rng)
    assert_close(matmul(x, y), np.matmul(x, y))
    assert_first_order(matmul, torch.matmul, x, y, seed=seed)


@pytest.mark.parametrize("left, right", RANKS)
def test_products_to_second_order_and_in_other_libraries(left, right):
    size = {"n": 2, "k": 3, "m": 4, "b": 5, "c": 2}
    rng = np.random.default_rng(1)
    x, y = of_letters(left, size, rng), of_letters(right, size, rng)
    assert_second_order(matmul, jnp.matmul, x, y)
    assert_same_elsewhere(matmul, x, y)


def test_the_operator_the_function_and_numpys_are_the_same():
    rng = np.random.default_rng(2)
    x, y = like((3, 4), rng), like((4, 2), rng)
    gradients = [
        dp.grad(lambda x, f=f: dp.sum(dp.sin(f(x, y))))(x)
        for f in (matmul, lambda a, b: a @ b, np.matmul, lambda a, b: (b.T @ a.T).T)
    ]
    for each in gradients[1:]:
        assert_close(each, gradients[0])


def test_products_of_arrays_of_single_numbers():
    w = [[dp.Scalar(1.0), dp.Scalar(2.0)], [dp.Scalar(3.0), dp.Scalar(4.0)]]
    y = matmul(w, [5.0, 6.0]).sum()
    y.backward()
    assert [each.grad for row in w for each in row] == [5.0, 6.0, 5.0, 6.0]
    v = [dp.Scalar(2.0), dp.Scalar(3.0)]
    einsum("i,i->", v, v).item().backward()
    assert [each.grad for each in v] == [4.0, 6.0]


@pytest.mark.parametrize("make", [np.asarray, torch.as_tensor, dp.tensor])
def test_shapes_that_do_not_chain(make):
    x = make(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 3\) do not chain.*x @ y.T"):
        matmul(x, x)
    with pytest.raises(ValueError, match="single number"):
        matmul(x, make(np.array(2.0)))
    with pytest.raises(ValueError, match="stacks of matrices that do not fit"):
        matmul(make(np.ones((2, 2, 3))), make(np.ones((5, 3, 1))))


# einsum ---------------------------------------------------------------------------------------------

SPECIFICATIONS = [
    "ij,jk->ik", "ij,jk", "ji,jk->ki", "i,i->", "i,i->i", "i,j->ij", "i,j->ji", "bij,bjk->bik",
    "bij,bjk->kb", "ij,ij->i", "ij,ij->", "ijk,jil->kl", "ii", "ii->i", "iij->j", "iij,j->i",
    "ij->", "ij->j", "ij->ji", "ba", "ij,k->j", "ij,jk,kl->il", "bi,i,bij,j->b", ",i->i", "iii->i",
    "i,ij,j->",
]  # fmt: skip


@pytest.mark.parametrize("spec", SPECIFICATIONS)
@settings(max_examples=8, deadline=None)
@given(sizes=st.tuples(*[lengths] * 5), seed=seeds)
def test_einsum(spec, sizes, seed):
    rng, size = np.random.default_rng(seed), dict(zip("ijklb", sizes, strict=True)) | {"a": 3}
    arrays = [of_letters(letters, size, rng) for letters in spec.split("->")[0].split(",")]
    assert_close(einsum(spec, *arrays), np.einsum(spec, *arrays))
    assert_first_order(
        lambda *xs: einsum(spec, *xs), lambda *xs: torch.einsum(spec, *xs), *arrays, seed=seed
    )


@pytest.mark.parametrize("spec", ["ij,jk->ik", "bij,bjk->kb", "iij,j->i", "i,ij,j->", "i,j->ij"])
def test_einsum_to_second_order(spec):
    rng, size = np.random.default_rng(3), {"i": 2, "j": 3, "k": 4, "b": 2}
    arrays = [of_letters(letters, size, rng) for letters in spec.split("->")[0].split(",")]
    assert_second_order(lambda *xs: einsum(spec, *xs), lambda *xs: jnp.einsum(spec, *xs), *arrays)


@pytest.mark.parametrize("spec", SPECIFICATIONS)
def test_einsum_in_other_libraries(spec):
    rng, size = np.random.default_rng(4), dict(zip("ijklba", (3, 2, 4, 2, 3, 2), strict=True))
    arrays = [of_letters(letters, size, rng) for letters in spec.split("->")[0].split(",")]
    assert_same_elsewhere(lambda *xs: einsum(spec, *xs), *arrays)


def test_numpys_einsum_on_tensors():
    x = np.arange(9.0).reshape(3, 3)
    gradient = dp.grad(lambda x: np.einsum("ij,ji->", x, x, optimize=True))(x)
    assert_close(gradient, 2 * x.T)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("...i,i->...", np.ones((2, 2)), np.ones(2)), "letter"),
        (("ij,jk->ik", np.ones((2, 3))), "names 2 arrays.*given 1"),
        (("ijk->i", np.ones((2, 3))), r"shape \(2, 3\).*2 letters"),
        (("ij,jk->ik", np.ones((2, 3)), np.ones((2, 3))), "'j' stands for 3.*2"),
        (("ij->k", np.ones((2, 3))), "'k'"),
        (("ij->ii", np.ones((2, 3))), "only once"),
    ],
)
def test_letters_that_do_not_fit(arguments, words):
    with pytest.raises(ValueError, match=words):
        einsum(*arguments)


def test_letters_come_first():
    with pytest.raises(TypeError, match="letters first"):
        einsum(np.ones(2), [0])


# Equations and inverses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "left, right", [("nn", "n"), ("nn", "nk"), ("bnn", "bnk"), ("bnn", "nk"), ("nn", "bnk"),
                    ("nnn", "nn"), ("bnn", "n"), ("1nn", "bnk")],
)  # fmt: skip
@few
@given(n=lengths, k=lengths, b=lengths, seed=seeds)
def test_solve(left, right, n, k, b, seed):
    rng, size = np.random.default_rng(seed), {"n": n, "k": k, "b": b, "1": 1}
    a = regular(tuple(size[c] for c in left), rng)
    y = of_letters(right, size, rng)

    def by_torch(a, y):
        if y.ndim == 1:
            return torch.linalg.solve(a, y[:, None].expand(*a.shape[:-1], 1))[..., 0]
        return torch.linalg.solve(a, y.expand(*a.shape[:-2], *y.shape) if y.ndim == 2 else y)

    assert_close(linalg.solve(a, y), np.linalg.solve(a, y), 1e-8)
    assert_first_order(linalg.solve, by_torch, a, y, seed=seed)


ONE_MATRIX = [
    (linalg.inv, torch.linalg.inv, jnp.linalg.inv, regular),
    (linalg.det, torch.linalg.det, jnp.linalg.det, regular),
    (
        lambda a: linalg.slogdet(a).logabsdet,
        lambda a: torch.linalg.slogdet(a)[1],
        lambda a: jnp.linalg.slogdet(a)[1],
        regular,
    ),
    (linalg.logdet, torch.logdet, lambda a: jnp.linalg.slogdet(a)[1], positive),
    (
        linalg.cholesky,
        lambda a: torch.linalg.cholesky(0.5 * (a + a.mT)),
        jnp.linalg.cholesky,
        positive,
    ),
]
NAMES = ["inv", "det", "slogdet", "logdet", "cholesky"]


@pytest.mark.parametrize("f, by_torch, by_jax, make", ONE_MATRIX, ids=NAMES)
@few
@given(n=lengths, stack=st.sampled_from([(), (1,), (3,), (2, 2)]), seed=seeds)
def test_functions_of_one_matrix(f, by_torch, by_jax, make, n, stack, seed):
    assert_first_order(f, by_torch, make((*stack, n, n), np.random.default_rng(seed)), seed=seed)


@pytest.mark.parametrize("f, by_torch, by_jax, make", ONE_MATRIX, ids=NAMES)
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2)])
def test_one_matrix_to_second_order_and_in_other_libraries(f, by_torch, by_jax, make, shape):
    a = make(shape, np.random.default_rng(6))
    assert_second_order(f, by_jax, a)
    assert_same_elsewhere(f, a)


@pytest.mark.parametrize("left, right", [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3, 2))])
def test_solve_to_second_order_and_in_other_libraries(left, right):
    rng = np.random.default_rng(7)
    a, b = regular(left, rng), like(right, rng)
    assert_second_order(linalg.solve, jnp.linalg.solve, a, b)
    assert_same_elsewhere(linalg.solve, a, b)


def test_a_determinant_has_a_gradient_where_the_matrix_has_no_inverse():
    assert dp.grad(linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]])) == pytest.approx(
        np.array([[4.0, -2.0], [-2.0, 1.0]])
    )
    assert dp.grad(linalg.det)(np.zeros((3, 3))) == pytest.approx(np.zeros((3, 3)))
    stack = np.stack([np.diag([2.0, 0.0, 3.0]), np.diag([1.0, 2.0, -3.0])])
    gradient = dp.grad(lambda a: dp.sum(linalg.det(a)))(stack)
    assert_close(gradient, np.stack([np.diag([0.0, 6.0, 0.0]), np.diag([-6.0, -3.0, 2.0])]))


def by_minors(a):
    cofactors = np.ones_like(a)
    for i, j in np.ndindex(a.shape if len(a) > 1 else (0, 0)):
        rest = np.delete(np.delete(a, i, 0), j, 1)
        cofactors[i, j] = (-1) ** (i + j) * np.linalg.det(rest)
    return cofactors


@few
@given(n=st.integers(1, 5), data=st.data(), seed=seeds, whole=st.booleans())
def test_gradients_of_determinants_of_every_rank(n, data, seed, whole):
    rank, rng = data.draw(st.integers(0, n)), np.random.default_rng(seed)
    a = like((n, rank), rng) @ like((rank, n), rng)
    a = np.round(a) if whole else a
    for make in (np.asarray, torch.as_tensor):
        assert_close(dp.grad(linalg.det)(make(a)), by_minors(a))


def test_the_sign_of_a_determinant_is_a_constant():
    a = np.array([[0.0, 1.0], [2.0, 5.0]])
    sign, logarithm = linalg.slogdet(a)
    assert (sign, logarithm) == (-1.0, pytest.approx(np.log(2.0)))
    gradient = dp.grad(lambda a: np.multiply(*linalg.slogdet(a)))(a)
    assert_close(gradient, -np.linalg.inv(a).T)


def test_a_determinant_too_large_for_a_float():
    a = np.eye(400) * 1e3
    value, gradient = dp.value_and_grad(linalg.logdet)(a)
    assert value == pytest.approx(400 * np.log(1e3))
    assert_close(gradient, np.eye(400) / 1e3)


def test_only_the_symmetric_part_of_a_covariance_matters():
    """The gradient is symmetric, and agrees with difference quotients of every single element."""
    a = positive((3, 3), np.random.default_rng(8)) + np.triu(np.full((3, 3), 0.1), 1)
    assert_close(linalg.cholesky(a), np.linalg.cholesky((a + a.T) / 2))

    def f(a):
        return dp.sum(dp.sin(linalg.cholesky(a)))

    gradient = dp.grad(f)(a)
    assert_close(gradient, gradient.T)
    for i, j in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[i, j] = 1e-6
        assert gradient[i, j] == pytest.approx((f(a + step) - f(a - step)) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("make", [np.asarray, torch.as_tensor, dp.tensor])
def test_matrices_that_have_no_inverse_or_root(make):
    singular = make(np.array([[1.0, 2.0], [2.0, 4.0]]))
    for f in (linalg.inv, lambda a: linalg.solve(a, make(np.ones(2)))):
        with pytest.raises(np.linalg.LinAlgError, match=r"\(2, 2\).*singular"):
            f(singular)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        linalg.cholesky(make(-np.eye(2)))
    with pytest.raises(ValueError, match="not positive.*slogdet"):
        linalg.logdet(make(np.diag([1.0, -1.0])))
    for f in (linalg.inv, linalg.det, linalg.slogdet, linalg.cholesky, linalg.logdet):
        with pytest.raises(ValueError, match=r"square.*\(2, 3\)"):
            f(make(np.ones((2, 3))))
    with pytest.raises(ValueError, match=r"\(2, 2\).*right side of shape \(3,\)"):
        linalg.solve(make(np.eye(2)), make(np.ones(3)))


def test_matrices_of_single_numbers_are_refused():
    numbers = [[dp.Scalar(1.0), dp.Scalar(0.0)], [dp.Scalar(0.0), dp.Scalar(1.0)]]
    with pytest.raises(TypeError, match="single numbers"):
        linalg.inv(numbers)


def test_numpys_and_torchs_functions_on_tensors():
    a, b = regular((3, 3), np.random.default_rng(9)), np.arange(3.0)
    pairs = [
        (lambda a: np.linalg.solve(a, b), lambda a: linalg.solve(a, b)),
        (np.linalg.inv, linalg.inv),
        (np.linalg.det, linalg.det),
        (lambda a: np.linalg.slogdet(a)[1], lambda a: linalg.slogdet(a)[1]),
        (lambda a: np.linalg.cholesky(a @ a.T), lambda a: linalg.cholesky(a @ a.T)),
        (lambda a: np.linalg.norm(a, axis=0), lambda a: linalg.norm(a, axis=0)),
        (lambda a: np.linalg.norm(a), lambda a: dp.sqrt(dp.sum(a * a))),
    ]
    for theirs, ours in pairs:
        assert_close(
            dp.grad(lambda a, f=theirs: dp.sum(f(a)))(a), dp.grad(lambda a, f=ours: dp.sum(f(a)))(a)
        )
    t = torch.as_tensor(a)
    assert_close(dp.grad(lambda a: torch.linalg.det(a))(t), dp.grad(linalg.det)(a))


# Lengths --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (0, 1, 2)])
@few
@given(shape=st.tuples(lengths, lengths, lengths), seed=seeds)
def test_norm(axis, keepdims, shape, seed):
    x = like(shape, np.random.default_rng(seed))
    dim = axis if axis is not None else (0, 1, 2)
    assert_first_order(
        lambda x: linalg.norm(x, axis=axis, keepdims=keepdims),
        lambda x: torch.linalg.vector_norm(x, dim=dim, keepdim=keepdims),
        x, seed=seed,
    )  # fmt: skip


@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_norm_to_second_order_and_in_other_libraries(axis):
    x = like((3, 2), np.random.default_rng(10))
    assert_second_order(
        lambda x: linalg.norm(x, axis=axis), lambda x: jnp.sqrt(jnp.sum(x * x, axis=axis)), x
    )
    assert_same_elsewhere(lambda x: linalg.norm(x, axis=axis), x)


@pytest.mark.parametrize("ord", [None, 1, 2, np.inf])
def test_the_other_lengths_of_vectors(ord):
    x = np.array([[3.0, -4.0, 1.0], [0.5, -0.25, -2.0]])
    assert_close(linalg.norm(x, ord, axis=1), np.linalg.norm(x, ord, axis=1))
    assert_first_order(
        lambda x: linalg.norm(x, ord, axis=1),
        lambda x: torch.linalg.vector_norm(x, 2 if ord is None else ord, dim=1), x,
    )  # fmt: skip


def test_the_length_of_a_matrix_and_of_numbers():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert linalg.norm(x, "fro") == 5.0
    v = [dp.Scalar(3.0), dp.Scalar(4.0)]
    linalg.norm(v).backward()
    assert [each.grad for each in v] == pytest.approx([0.6, 0.8])
    with pytest.raises(ValueError, match=r"'nuc'.*\(2, 2\)"):
        linalg.norm(x, "nuc")
    with pytest.raises(ValueError, match="ord=2"):
        linalg.norm(x, 2)


def test_the_length_of_zero_has_the_slope_that_torch_gives_it():
    x = np.array([[0.0, 0.0], [3.0, -4.0]])
    t = torch.tensor(x, requires_grad=True)
    torch.linalg.vector_norm(t, dim=1).sum().backward()
    assert_close(dp.grad(lambda x: dp.sum(linalg.norm(x, axis=1)))(x), t.grad.numpy())
    assert np.all(dp.grad(linalg.norm)(np.zeros(3)) == 0.0)


# The table ------------------------------------------------------------------------------------------

RNG = np.random.default_rng(11)
SQUARE, OTHER, G = like((3, 3), RNG), like((3, 3), RNG), regular((3, 3), RNG)
STACK = like((4, 3, 3), RNG)
EXAMPLES = {
    "matmul": ([SQUARE, OTHER], {}),
    "einsum": ([SQUARE, OTHER], {"spec": "ij,jk->ik"}),
    "solve": ([G, SQUARE], {}),
    "inv": ([G], {}),
    "det": ([G], {}),
    "cofactor": ([G], {}),
    "logabsdet": ([G], {}),
    "cholesky": ([positive((3, 3), RNG)], {}),
    "norm": ([SQUARE], {"axis": 0, "keepdims": False}),
}
CASES = [(rule, m, n) for rule in matrices.TABLE for m in rule.misreadings for n in m.wrong]


@pytest.mark.parametrize(
    "rule, misreading, argument",
    CASES,
    ids=[f"{r.name}-{m.sentence[:30]}-{n}" for r, m, n in CASES],
)
def test_misreadings(rule, misreading, argument):
    arrays, params = EXAMPLES[rule.name]
    if misreading.kind == "overwritten":
        arrays = [STACK if k != argument else x for k, x in enumerate(arrays)]
    assert_misreading_is_wrong(rule, misreading, argument, *arrays, **params)


def test_every_row_has_an_example_and_a_misreading():
    assert {rule.name for rule in matrices.TABLE} == set(EXAMPLES)
    assert all(rule.misreadings for rule in matrices.TABLE)


def test_a_matrix_that_meets_a_stack_of_ones_is_still_one_matrix():
    """The misreading that keeps the last matrix only, for a stack whose length is 1."""
    overwritten = next(m for m in matrices.TABLE[0].misreadings if m.kind == "overwritten")
    x, y = like((1, 2, 3), RNG), like((5, 3, 2), RNG)
    g = like((5, 2, 2), RNG)
    wrong = overwritten.wrong[0](x @ y, x, y)(g)
    assert_close(wrong, (g @ np.swapaxes(y, -1, -2))[-1:])
