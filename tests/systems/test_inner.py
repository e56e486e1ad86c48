"""Two layers that descend in their forward pass: their inner gradients, and what they reach."""

import importlib.util

import numpy as np
import pytest

from tests.conftest import ROOT

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def inner():
    path = ROOT / "course" / "systems" / "inner.py"
    spec = importlib.util.spec_from_file_location("course_inner", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_total_cost_by_hand(inner):
    """The order 2, 0, 1: number 2 before 0, 2 before 1, and 0 before 1."""
    table = torch.tensor([[[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]])
    costs = torch.tensor([[[0.0, 0.25, -0.5], [-0.25, 0, 2.0], [0.5, -2.0, 0]]])
    assert inner.total_cost(table, costs).item() == 0.5 - 2.0 + 0.25


def test_the_inner_slope_is_that_of_the_cost(inner):
    torch.manual_seed(3)
    costs = inner.Order().costs(torch.rand(2, 4)).detach()
    torch.testing.assert_close(costs, -costs.transpose(1, 2))
    table = torch.rand(2, 4, 4, requires_grad=True)
    (slope,) = torch.autograd.grad(inner.total_cost(table, costs).sum(), table)
    torch.testing.assert_close(inner.cost_slope(table, costs), slope)


def test_a_table_of_shares_is_doubly_stochastic_and_made_hard(inner):
    torch.manual_seed(4)
    table = inner.Order()(torch.rand(3, 5))
    torch.testing.assert_close(table.sum(1), torch.ones(3, 5))
    torch.testing.assert_close(table.sum(2), torch.ones(3, 5), rtol=0, atol=0.02)
    tables = torch.tensor([[[0.1, 0.7, 0.2], [0.2, 0.3, 0.5], [0.7, 0.0, 0.3]]])
    assert inner.places(tables).tolist() == [[1, 2, 0]]


def test_an_order_that_has_learned_nothing_sorts_hardly_anything(inner):
    torch.manual_seed(5)
    model = inner.Order()
    torch.nn.init.zeros_(model.compare[2].weight)
    assert inner.exactly_sorted(model) < 0.03  # one in 120, by chance


@pytest.mark.slow
@pytest.mark.timeout(600)  # five seconds of work, on a machine that may be busy
def test_five_numbers_are_sorted_by_a_learned_order(inner):
    assert inner.exactly_sorted(inner.train_order()) >= 0.99


def test_chamfer_by_hand(inner):
    a, b = torch.tensor([[[0.0, 0], [1, 0]]]), torch.tensor([[[0.0, 0], [0, 2]]])
    assert inner.chamfer(a, b).tolist() == [(0 + 1) / 2 + (0 + 4) / 2]
    assert inner.chamfer(a, a.flip(1)).tolist() == [0]


def test_hexagons_are_hexagons(inner):
    corners = inner.hexagons(np.random.default_rng(6), 20)
    centred = corners - corners.mean(1, keepdim=True)
    radius = centred.norm(dim=2)
    torch.testing.assert_close(radius, radius[:, :1].expand(-1, 6))
    near = (
        torch.cdist(corners, corners).sort(2).values[:, :, 1:3]
    )  # a side is as long as the radius
    torch.testing.assert_close(near, radius[:, :, None].expand(-1, -1, 2), rtol=1e-4, atol=1e-4)


def test_a_summary_does_not_see_the_order(inner):
    points = inner.hexagons(np.random.default_rng(7), 3)
    summary = inner.Summary()
    torch.testing.assert_close(summary(points), summary(points[:, [3, 0, 5, 1, 4, 2]]))


def test_descent_on_the_points_comes_nearer_to_the_summary(inner):
    torch.manual_seed(8)
    points, summary = inner.hexagons(np.random.default_rng(8), 30), inner.Summary()
    wanted = summary(points)
    before = ((summary(inner.SetDecoder(summary, steps=0)(wanted)) - wanted) ** 2).sum()
    torch.manual_seed(8)
    after = ((summary(inner.SetDecoder(summary, steps=30)(wanted)) - wanted) ** 2).sum()
    assert after < before / 4


def test_the_outer_slope_goes_through_the_inner_loop(inner):
    """Nudging a rate, a lookout and the start changes the outcome as the tape says."""
    torch.manual_seed(9)
    points = inner.hexagons(np.random.default_rng(9), 4).double()
    model = inner.SetDecoder(inner.Summary(), steps=5).double()

    def lost():
        return inner.chamfer(model(model.summary(points)), points).sum()

    lost().backward()
    h = 1e-6
    for values, place in (
        (model.rates, 1),
        (model.summary.lookouts, (7, 0)),
        (model.start, (2, 1)),
    ):
        ends = []
        for step in (h, -2 * h):
            with torch.no_grad():
                values[place] += step
            ends.append(lost().item())
        with torch.no_grad():
            values[place] += h
        assert values.grad[place].item() == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(600)  # ten seconds of work, on a machine that may be busy
def test_descent_gives_sets_back_better_than_perceptrons_do(inner):
    """Trained on as many sets: half of the distance of a perceptron with more numbers to learn, and
    still less than that of one with sixty times as many."""
    ours, small, large = (inner.train_sets(hidden) for hidden in (None, 4, 64))
    assert inner.size(ours) < inner.size(small) < inner.size(large) / 20
    assert inner.judge_sets(ours) < 0.5 * inner.judge_sets(small)
    assert inner.judge_sets(ours) < 0.9 * inner.judge_sets(large)
