"""The table of derivatives: every row against torch and against difference quotients."""

import math

import numpy as np
import pytest
import torch

import dpkit as dp
from dpkit.rules import RULES

NARROW = {
    "log": (0.2, 3.0),
    "log1p": (-0.6, 3.0),
    "sqrt": (0.2, 3.0),
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "tan": (-1.2, 1.2),
    "power": (0.3, 2.5),
    "div": (0.3, 2.5),
}


def points(rule, count=5):
    rng = np.random.default_rng(7)
    low, high = NARROW.get(rule.name, (-2.0, 2.0))
    return rng.uniform(low, high, (count, len(rule.partials))).tolist()


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_local_derivatives_agree_with_torch(rule):
    for point in points(rule):
        z = rule.value(*point)
        leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
        slopes = torch.autograd.grad(rule.value(*leaves), leaves)
        for partial, slope in zip(rule.partials, slopes, strict=True):
            assert partial(z, *point) == pytest.approx(slope.item(), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_local_derivatives_agree_with_difference_quotients(rule):
    h = 1e-5
    for point in points(rule):
        for k, partial in enumerate(rule.partials):
            right = [x + h * (n == k) for n, x in enumerate(point)]
            left = [x - h * (n == k) for n, x in enumerate(point)]
            quotient = (rule.value(*right) - rule.value(*left)) / (2 * h)
            assert partial(rule.value(*point), *point) == pytest.approx(
                quotient, rel=1e-7, abs=1e-8
            )


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_the_table_serves_arrays_too(rule):
    columns = np.array(points(rule)).T
    z = rule.value(*columns)
    for partial in rule.partials:
        for n, slope in enumerate(np.broadcast_to(partial(z, *columns), z.shape)):
            expected = partial(float(z[n]), *columns[:, n].tolist())
            assert slope == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_misreadings_are_wrong_and_do_not_give_the_answer_away(rule):
    for misreading in rule.misreadings:
        assert misreading.kind in dp.CATALOGUE
        assert len(misreading.sentence) > 20
        for k, wrong in misreading.partials().items():
            differences = []
            for point in points(rule):
                z = rule.value(*point)
                try:
                    differences.append(abs(wrong(z, *point) - rule.partials[k](z, *point)))
                except ValueError:  # some misreadings have a narrower domain
                    continue
            assert max(differences) > 1e-3, misreading
        for right in rule.text[1:]:
            assert len(right) < 5 or right not in misreading.sentence


def test_the_edges_of_powers():
    assert dp.grad(lambda x: x**0)(0.0) == 0.0
    assert dp.grad(lambda x: x**1)(0.0) == 1.0
    assert dp.grad(lambda x: x**2)(-3.0) == -6.0
    assert dp.grad(lambda x: x**-1)(-2.0) == -0.25
    assert dp.grad(lambda x: 2.0**x)(3.0) == pytest.approx(8 * math.log(2))
    assert dp.grad(lambda y: 0.0**y)(2.0) == 0.0
    assert dp.grad(dp.grad(lambda x: x**2))(0.0) == 2.0
    # d/dy d/dx x^y = x^(y-1) (1 + y log x): 1/x at y = 0
    assert dp.grad(dp.grad(lambda x, y: x**y, 0), 1)(4.0, 0.0) == 0.25


@pytest.mark.parametrize(
    "f, at, slope",
    [
        (dp.relu, 0.0, 0.0),
        (dp.abs, 0.0, 0.0),
        (lambda x: dp.maximum(x, 1.0), 1.0, 0.5),
        (lambda x: dp.minimum(1.0, x), 1.0, 0.5),
    ],
)
def test_slopes_at_kinks_are_those_of_torch(f, at, slope):
    assert dp.grad(f)(at) == slope
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(f(x), x)[0].item() == slope


def test_the_root_at_zero_has_an_infinite_slope():
    assert dp.grad(dp.sqrt)(0.0) == math.inf
    assert dp.Scalar(0.0).sqrt().data == 0.0
