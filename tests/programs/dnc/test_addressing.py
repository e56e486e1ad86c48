"""Every equation beside a case worked by hand or a loop; and what has to hold whatever is said."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dpkit.programs.dnc import Interface, State, addressing, step

some = settings(max_examples=60, deadline=None)
shares = st.integers(0, 200).map(lambda k: k / 200)  # equal, or far from it
seeds = st.integers(0, 2**31)


def rows(*numbers):
    return torch.tensor([numbers], dtype=torch.float64)


def uniform(seed, *shape):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def weighting(seed, *shape):
    """Not negative, with a sum below 1."""
    return torch.softmax(6 * uniform(seed, *shape), -1) * uniform(seed + 1, *shape[:-1], 1)


def test_oneplus():
    x = torch.tensor([-50.0, 0.0, 3.0], dtype=torch.float64)
    expected = [1.0, 1 + math.log(2), 1 + math.log(1 + math.exp(3))]
    assert addressing.oneplus(x).tolist() == pytest.approx(expected, rel=1e-9)


def test_content_is_a_softmax_of_cosines():
    """Cosines with (1, 0): 1, 0.6, −1. The lengths of places and of the key are no matter."""
    memory = rows([5.0, 0.0], [3.0, 4.0], [-1.0, 0.0])
    for length in (1.0, 100.0):
        found = addressing.content_weighting(memory, rows([length, 0.0]), rows(2.0))
        powers = [math.exp(2 * c) for c in (1, 0.6, -1)]
        assert found[0, 0].tolist() == pytest.approx([p / sum(powers) for p in powers], abs=1e-5)


def test_an_empty_memory_is_looked_at_evenly():
    found = addressing.content_weighting(
        torch.zeros(1, 4, 3), torch.ones(1, 1, 3), torch.ones(1, 1)
    )
    assert found[0, 0].tolist() == pytest.approx([0.25] * 4)


def test_retention_by_hand():
    """Two heads: the first frees all it has read, the second a half of it."""
    reads = rows([1.0, 0.5, 0.0], [0.0, 0.5, 1.0])
    assert addressing.retention(rows(1.0, 0.5), reads)[0].tolist() == [0.0, 0.5 * 0.75, 0.5]


def test_usage_by_hand():
    used = addressing.usage(rows(0.0, 0.5, 1.0), rows(0.5, 0.5, 0.0), rows(1.0, 1.0, 0.25))
    assert used[0].tolist() == [0.5, 0.75, 0.25]


def allocated(used):
    """The freest place gets what is free of it, the next one what is free of the rest, and so on."""
    rest, shares = 1.0, [0.0] * len(used)
    for k in sorted(range(len(used)), key=used.__getitem__):
        shares[k] = rest * (1 - used[k])
        rest *= used[k]
    return shares


def test_allocation_by_hand():
    a = addressing.allocation_weighting(rows(0.5, 0.9, 0.2))[0]
    assert a.tolist() == pytest.approx([0.2 * 0.5, 0.2 * 0.5 * 0.1, 0.8], abs=1e-5)


@some
@given(st.lists(shares, min_size=1, max_size=9))
def test_allocation_is_the_loop(used):
    """A product hides where the shares went: the sum is right even if they are in wrong places."""
    a = addressing.allocation_weighting(rows(*used))[0]
    assert a.tolist() == pytest.approx(allocated(used), abs=2e-5)
    assert float(a.sum()) == pytest.approx(1 - math.prod(used), abs=2e-5)
    assert a.min() >= 0
    assert used[int(a.argmax())] == pytest.approx(min(used), abs=1e-5)


def test_unsorting_with_gather_is_seen():
    """Where the order is not its own inverse, taking instead of putting gives other places."""
    used = rows(0.9, 0.1, 0.5)
    ordered, order = torch.sort(used)
    shares = (1 - ordered) * torch.tensor([[1.0, 0.1, 0.05]])
    wrong, right = shares.gather(-1, order)[0], allocated(used[0].tolist())
    assert float(wrong.sum()) == pytest.approx(sum(right))  # which is why sums do not tell
    assert max(abs(a - b) for a, b in zip(wrong.tolist(), right, strict=True)) > 0.5
    assert addressing.allocation_weighting(used)[0].tolist() == pytest.approx(right, abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_nothing_to_allocate(dtype):
    a = addressing.allocation_weighting(torch.ones(2, 7, dtype=dtype))
    assert float(a.abs().max()) < 1e-6


def test_write_weighting_by_hand():
    content, fresh = rows(0.25, 0.75), rows(1.0, 0.0)
    mixed = addressing.write_weighting(content, fresh, rows(0.5), rows(0.2))[0]
    assert mixed.tolist() == pytest.approx([0.5 * (0.2 + 0.2), 0.5 * 0.6])
    assert addressing.write_weighting(content, fresh, rows(1.0), rows(1.0))[0].tolist() == [1, 0]
    assert addressing.write_weighting(content, fresh, rows(0.0), rows(0.3))[0].tolist() == [0, 0]


def test_write_by_hand():
    """The second place gets half of what is said, where half of its second number is erased."""
    memory = rows([1.0, 2.0], [3.0, 4.0])
    after = addressing.write(memory, rows(0.0, 0.5), rows(0.0, 1.0), rows(10.0, 20.0))
    assert after[0].tolist() == [[1.0, 2.0], [3 + 5.0, 2 + 10.0]]


def test_precedence_by_hand():
    last = addressing.precedence(rows(0.0, 1.0, 0.0), rows(0.5, 0.0, 0.25))
    assert last[0].tolist() == [0.5, 0.25, 0.25]


@some
@given(seeds)
def test_links_and_directions_are_the_loops(seed):
    n = 5
    links = uniform(seed, 1, n, n) / n
    w, last, read = (weighting(seed + 2 * k, 1, n) for k in range(3))
    expected = torch.zeros(n, n, dtype=torch.float64)
    for i in range(n):
        for j in range(n):
            if i != j:
                expected[i, j] = (1 - w[0, i] - w[0, j]) * links[0, i, j] + w[0, i] * last[0, j]
    after = addressing.temporal_link(links, w, last)
    torch.testing.assert_close(after[0], expected)
    forward, backward = addressing.directional(after, read[:, None])
    for i in range(n):
        ahead = sum(expected[i, j] * read[0, j] for j in range(n))
        behind = sum(expected[j, i] * read[0, j] for j in range(n))
        assert float(forward[0, 0, i]) == pytest.approx(float(ahead))
        assert float(backward[0, 0, i]) == pytest.approx(float(behind))


def test_read_weighting_by_hand():
    b, c, f = rows([1.0, 0, 0]), rows([0, 1.0, 0]), rows([0, 0, 1.0])
    assert addressing.read_weighting(b, c, f, rows([0.5, 0.3, 0.2]))[0, 0].tolist() == [
        0.5,
        0.3,
        0.2,
    ]


# What has to hold -----------------------------------------------------------------------------------

PLACES, WIDTH, HEADS = 7, 4, 2


def said(seed, steps, batch=3, scale=6.0):
    """Interfaces from random numbers, so large that gates are open or shut."""
    size = Interface.size(WIDTH, HEADS)
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(steps, batch, size, dtype=torch.float64, generator=generator)
    return [Interface.of(scale * each, WIDTH, HEADS) for each in numbers]


def empty(batch=3, places=PLACES):
    return State.empty(batch, places, WIDTH, HEADS, torch.zeros((), dtype=torch.float64))


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_invariants(seed):
    """For 60 steps of gates at their extremes. Forwards and backwards may lead to nowhere, so
    reads may sum to less than 1."""
    state, above = empty(), 1 + 1e-12
    for says in said(seed, 60):
        _, state = step(says, state)
        for each in (*state.reads.unbind(1), state.written, state.precedence):
            assert each.min() >= 0 and each.sum(-1).max() <= above
        assert (state.written.sum(-1) <= says.gate[:, 0] * above).all()
        assert state.usage.min() >= 0 and state.usage.max() <= above
        assert state.links.min() >= 0
        assert state.links.sum(-1).max() <= above and state.links.sum(-2).max() <= above
        assert not state.links.diagonal(dim1=-2, dim2=-1).any()
        used = addressing.EPSILON + (1 - addressing.EPSILON) * state.usage
        total = addressing.allocation_weighting(state.usage).sum(-1)
        torch.testing.assert_close(total, 1 - used.prod(-1))
        assert all(each.isfinite().all() for each in state)


def test_places_are_interchangeable():
    """Their order is nowhere used: with places permuted at the start, all goes on permuted."""
    order = torch.tensor([3, 0, 6, 2, 5, 1, 4])
    first = empty()._replace(memory=uniform(0, 3, PLACES, WIDTH), usage=uniform(1, 3, PLACES))
    other = first._replace(memory=first.memory[:, order], usage=first.usage[:, order])
    for says in said(0, 20, scale=1.0):  # softly, so that no two places are equally used
        read, first = step(says, first)
        same, other = step(says, other)
        torch.testing.assert_close(same, read)
        torch.testing.assert_close(other.memory, first.memory[:, order])
        torch.testing.assert_close(other.usage, first.usage[:, order])
        torch.testing.assert_close(other.written, first.written[:, order])
        torch.testing.assert_close(other.reads, first.reads[..., order])
        torch.testing.assert_close(other.links, first.links[:, order][..., order])


def test_examples_do_not_see_each_other():
    together, alone = empty(), empty(1)
    for says in said(4, 10):
        read, together = step(says, together)
        one, alone = step(Interface(*(each[1:2] for each in says)), alone)
        torch.testing.assert_close(one[0], read[1])


# Slopes ---------------------------------------------------------------------------------------------


def test_slopes_of_allocation_and_content():
    used = (0.05 + 0.9 * uniform(7, 2, 6)).requires_grad_()
    assert torch.autograd.gradcheck(addressing.allocation_weighting, used)
    given = uniform(8, 2, 5, 3) - 0.5, uniform(9, 2, 2, 3) - 0.5, 1 + uniform(10, 2, 2)
    given = [each.requires_grad_() for each in given]
    assert torch.autograd.gradcheck(addressing.content_weighting, given)


def slope_at_zero(unit):
    """The largest slope of a content weighting by an empty memory."""
    memory = torch.zeros(1, 4, 3, requires_grad=True)
    key, goal = torch.tensor([[[1.0, -2.0, 0.5]]]), torch.tensor([1.0, 0, 0, 0])
    found = unit(memory, key)
    (found * goal).sum().backward()
    return float(memory.grad.abs().max())


def test_the_slope_at_an_empty_memory():
    """Finite, and a thousand times less than the usual way of not dividing by zero has."""

    def ours(memory, key):
        return addressing.content_weighting(memory, key, torch.ones(1, 1))

    def naive(memory, key):
        unit = memory / (torch.sqrt((memory**2).sum(-1, keepdim=True) + 1e-30) + 1e-6)
        return torch.softmax((key / key.norm()) @ unit.transpose(-1, -2), -1)

    assert 0 < slope_at_zero(ours) < 1e4 < 1e5 < slope_at_zero(naive)


def test_a_wrong_number_of_numbers():
    with pytest.raises(ValueError, match="says 33 numbers, not 32"):
        Interface.of(torch.zeros(1, 32), WIDTH, HEADS)
