"""The memory driven by hand, the network that drives it, its tasks and its training."""

import pytest
import torch

from dpkit.programs import dnc
from dpkit.programs.dnc import Interface, State, step

# By hand: every gate open or shut --------------------------------------------------------------------

A, B, C, D = torch.eye(4, dtype=torch.float64)
BACKWARDS, CONTENT, FORWARDS = range(3)
SURE = 1000.0  # a strength with which the best match gets all


class Hand:
    """A memory of some places with one reading head, told what to do."""

    def __init__(self, places):
        self.state = State.empty(1, places, 4, 1, A)

    def do(self, write=None, key=None, mode=CONTENT, free=0.0, at=None):
        """Writes in a new place, or `at` what is like that; reads; returns what was read."""
        nothing = torch.zeros(4, dtype=torch.float64)
        one = torch.ones(1, dtype=torch.float64)
        says = Interface(
            read_keys=(nothing if key is None else key)[None, None],
            read_strengths=SURE * one[None],
            write_key=(nothing if at is None else at)[None],
            write_strength=SURE * one,
            erase=torch.ones(1, 4, dtype=torch.float64),
            vector=(nothing if write is None else write)[None],
            free=free * one[None],
            allocate=(at is None) * one[None],
            gate=(write is not None) * one[None],
            modes=torch.eye(3, dtype=torch.float64)[mode][None, None],
        )
        read, self.state = step(says, self.state)
        return read[0, 0]

    def written(self):
        return int(self.state.written.argmax()), float(self.state.written.sum())


def near(a, b):
    return torch.allclose(a, b, atol=1e-3)


def three():
    hand = Hand(6)
    places = []
    for each in (A, B, C):
        hand.do(write=each)
        place, total = hand.written()
        assert total == pytest.approx(1, abs=1e-3)
        places.append(place)
    assert len(set(places)) == 3  # which ones, nobody promised
    return hand, places


def test_there_and_back():
    """A is found by what it is; then what was written after it, after that, and before that."""
    hand, _ = three()
    assert near(hand.do(key=A), A)
    assert near(hand.do(mode=FORWARDS), B)
    assert near(hand.do(mode=FORWARDS), C)
    assert near(hand.do(mode=BACKWARDS), B)
    assert near(hand.do(mode=FORWARDS), C)
    assert float(hand.do(mode=FORWARDS).abs().max()) < 1e-3  # nothing was written after C


def test_waiting_changes_nothing():
    hand, _ = three()
    before = hand.state
    hand.do(key=B)
    for name in ("memory", "precedence", "links"):
        assert torch.equal(getattr(hand.state, name), getattr(before, name))
    hand.do(write=D)  # after a pause: the link is from C, the last that was written
    hand.do(key=C)
    assert near(hand.do(mode=FORWARDS), D)


def test_written_over():
    """By content: D in the place of B. It is then the last that was written; A leads to no one."""
    hand, places = three()
    hand.do(write=D, at=B)
    assert hand.written()[0] == places[1] and near(hand.state.memory[0, places[1]], D)
    hand.do(key=C)
    assert near(hand.do(mode=FORWARDS), D)
    hand.do(key=A)
    assert float(hand.do(mode=FORWARDS).abs().max()) < 1e-3


def test_a_full_memory_and_a_freed_place():
    """All places used: nothing is written. One is read and freed: it is the one to be used again."""
    hand, places = Hand(3), []
    for each in (A, B, C):
        hand.do(write=each)
        places.append(hand.written()[0])
    hand.do(write=D)
    assert hand.written()[1] < 1e-3 and near(hand.do(key=B), B)
    hand.do(free=1.0, key=A)  # free is about what was read in the step before: B
    assert float(hand.state.usage[0, places[1]]) < 1e-3
    hand.do(write=D)
    assert hand.written() == (places[1], pytest.approx(1, abs=1e-3))
    assert near(hand.do(key=D), D) and near(hand.do(key=A), A) and near(hand.do(key=C), C)


def test_what_is_taken_away():
    """Without links no read goes forwards; without allocation no write goes to a free place."""
    size = Interface.size(4, 1)
    says = Interface.of(torch.randn(1, size, generator=torch.Generator().manual_seed(0)), 4, 1)
    state = State.empty(1, 5, 4, 1, torch.zeros(()))._replace(
        memory=torch.randn(1, 5, 4, generator=torch.Generator().manual_seed(1)),
        usage=torch.tensor([[0.9, 0.1, 0.5, 0.7, 0.3]]),
    )
    forwards = says._replace(modes=torch.tensor([[[0.0, 0.0, 1.0]]]))
    searched = says._replace(modes=torch.tensor([[[0.0, 1.0, 0.0]]]))
    torch.testing.assert_close(step(forwards, state, links=False)[0], step(searched, state)[0])
    always = says._replace(allocate=torch.ones(1, 1))
    never = says._replace(allocate=torch.zeros(1, 1))
    torch.testing.assert_close(step(always, state, allocation=False)[0], step(never, state)[0])


# The network ----------------------------------------------------------------------------------------


def test_slopes_through_time():
    """Of a loss over 8 steps by every weight, beside differences."""
    network = dnc.DNC(3, 2, hidden=5, width=3, heads=2).double()
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(8, 2, 3, dtype=torch.float64, generator=generator)
    goal = torch.randn(8, 2, 2, dtype=torch.float64, generator=generator)

    def loss():
        return ((network(x, places=5) - goal) ** 2).sum()

    loss().backward()
    with torch.no_grad():
        for weight in network.parameters():
            flat, slopes = weight.view(-1), weight.grad.view(-1)
            for k in torch.randint(0, len(flat), (6,), generator=generator).tolist():
                was, values = float(flat[k]), []
                for side in (1e-5, -1e-5):
                    flat[k] = was + side
                    values.append(float(loss()))
                flat[k] = was
                difference = (values[0] - values[1]) / 2e-5
                assert float(slopes[k]) == pytest.approx(difference, rel=1e-3, abs=1e-5)


def test_places_are_no_part_of_it():
    """More places: the same numbers to learn, other answers. Interface as in the paper."""
    network = dnc.DNC(7, 6, heads=2)
    x = dnc.copy(3, 2)[0]
    assert network(x, places=4).shape == network(x, places=40).shape == (7, 2, 6)
    assert Interface.size(8, 2) == 8 * 2 + 3 * 8 + 5 * 2 + 3 == network.interface.out_features


def test_examples_are_independent():
    network = dnc.DNC(7, 6)
    x = dnc.copy(4, 3)[0]
    with torch.no_grad():
        torch.testing.assert_close(network(x, 8)[:, 1:2], network(x[:, 1:2], 8))


def test_the_trace():
    """Every step's interface and state; watching changes nothing."""
    network, trace = dnc.DNC(7, 6), []
    x = dnc.copy(4, 3)[0]
    assert torch.equal(network(x, 8, trace), network(x, 8))
    assert len(trace) == len(x)
    says, state = trace[-1]
    assert says.modes.shape == (3, 1, 3) and state.links.shape == (3, 8, 8)


def test_seeds():
    weights = [next(dnc.DNC(7, 6, rng=seed).parameters()) for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    torch.manual_seed(0)
    alone = torch.rand(3)
    torch.manual_seed(0)
    dnc.LSTM(7, 6, 8, rng=5)
    assert torch.equal(torch.rand(3), alone)


def test_refused():
    network = dnc.DNC(7, 6)
    with pytest.raises(ValueError, match=r"\(steps, examples, 7\), not \(5, 2, 6\)"):
        network(torch.zeros(5, 2, 6), 8)
    with pytest.raises(ValueError, match=r"not \(5, 7\)"):
        network(torch.zeros(5, 7), 8)
    with pytest.raises(ValueError, match="at least one place, not 0"):
        network(torch.zeros(5, 2, 7), 0)
    with pytest.raises(ValueError, match="at least one place, not 8.0"):
        network(torch.zeros(5, 2, 7), 8.0)
    with pytest.raises(ValueError, match="x has no steps"):
        network(torch.zeros(0, 2, 7), 8)
    with pytest.raises(ValueError, match="weights are torch.float32, but x is torch.int64"):
        network(torch.zeros(5, 2, 7, dtype=torch.long), 8)
    for size in ("hidden", "width", "heads"):
        with pytest.raises(ValueError, match="hidden, width and heads are 1 at least"):
            dnc.DNC(7, 6, **{size: 0})
    for wrong in ({"batch": 0}, {"lengths": (5, 2)}, {"places": (9, 3)}):
        with pytest.raises(ValueError, match="from the smaller to the larger"):
            dnc.train(network, dnc.copy, steps=1, **wrong)
    with torch.no_grad():
        network.output.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="loss of step 0 is nan"):
        dnc.train(network, dnc.copy, steps=3)


# The tasks ------------------------------------------------------------------------------------------


def words(rows):
    return [tuple(row) for row in rows.int().tolist()]


def test_copy_by_rule():
    x, y, mask = dnc.copy(5, 20, torch.Generator().manual_seed(0))
    assert mask.tolist() == [False] * 6 + [True] * 5
    assert torch.equal(y[6:], x[:5, :, :6]) and not x[6:].any()
    assert x[:, :, 6].tolist() == [[float(k == 5)] * 20 for k in range(11)]
    assert len({tuple(words(x[:5, k])) for k in range(20)}) == 20


def test_recall_by_rule():
    x, y, mask = dnc.recall(6, 50, torch.Generator().manual_seed(0))
    asked = set()
    for k in range(50):
        listed, question = words(x[:6, k, :6]), words(x[7:8, k, :6])[0]
        assert len(set(listed)) == 6
        asked.add(listed.index(question))
        assert words(y[mask][:, k]) == [listed[listed.index(question) + 1]]
    assert asked == set(range(5))


def test_traversal_by_rule():
    """Told by nothing but the input: a dictionary of the pieces, and the ride through it."""
    x, y, mask = dnc.traversal(5, 40, torch.Generator().manual_seed(0), stops=6)
    assert mask.tolist() == [False] * 10 + [True] * 6
    firsts, begins = set(), []
    for k in range(40):
        pieces = {}
        for row in x[:10, k].int().tolist():
            (start,), (line,), (end,) = (
                [i for i, bit in enumerate(part) if bit]
                for part in (row[:8], row[8:10], row[10:18])
            )
            assert not row[18] and (start, line) not in pieces
            pieces[start, line] = end
        firsts.add(next(iter(pieces)))
        stations = {start for start, _ in pieces}
        assert len(stations) == 5 and set(pieces.values()) == stations
        for line in range(2):  # each a circle through all
            round_ = [min(stations)]
            for _ in range(5):
                round_.append(pieces[round_[-1], line])
            assert round_[0] == round_[-1] and set(round_) == stations
        assert x[10, k, :8].sum() == 1 and not x[10:, k, 10:18].any() and x[10:, k, 18].all()
        for row, answer in zip(x[10:, k], y[10:, k], strict=True):
            begins.append(int(row[:8].sum()))
            if begins[-1]:
                here = int(row[:8].argmax())
            here = pieces[here, int(row[8:10].argmax())]
            assert answer.sum() == 1 and int(answer.argmax()) == here
    assert len(firsts) > 10 and 40 + 70 < sum(begins) < 40 + 130  # a half of 200, and all firsts
    one = dnc.traversal(8, 40, torch.Generator().manual_seed(0), stops=6, on=1.0)[0]
    assert one[16, :, :8].sum() == 40 and not one[17:, :, :8].any()


@pytest.mark.parametrize(
    "task, number", [(dnc.copy, 0), (dnc.recall, 1), (dnc.recall, 65), (dnc.traversal, 9)]
)
def test_tasks_refuse(task, number):
    with pytest.raises(ValueError, match=f"not {number}"):
        task(number, 2)


def test_exact_wants_every_bit():
    task = dnc.copy(3, 4, torch.Generator().manual_seed(0))
    logits = 2 * task[1] - 1
    assert dnc.exact(lambda x: logits, task) == 1
    spoilt = logits.clone()
    spoilt[5, 2, 4] *= -1
    assert dnc.exact(lambda x: spoilt, task) == 0.75
    spoilt[0, 3, 1] *= -1  # where nothing was asked
    assert dnc.exact(lambda x: spoilt, task) == 0.75


# Training -------------------------------------------------------------------------------------------


def test_training_learns_on_any_device(device):
    """Words that are copied as soon as they have been said twice: a quick one, for the way."""
    network = dnc.DNC(7, 6, hidden=24).to(device)
    seen = []
    losses = dnc.train(
        network, dnc.copy, lengths=(1, 2), places=(6, 10), steps=250, batch=16, lr=1e-2,
        callback=lambda k, loss: seen.append((k, loss)),
    )  # fmt: skip
    assert seen == list(enumerate(losses)) and len(losses) == 250
    assert sum(losses[:10]) / 10 > 0.6 and sum(losses[-10:]) / 10 < 0.45
    task = dnc.copy(1, 100, torch.Generator().manual_seed(9))
    assert dnc.exact(lambda x: network(x.to(device), 8), task) > 0.5


def test_training_is_ended_and_repeated():
    losses = [
        dnc.train(
            dnc.DNC(7, 6, rng=3), dnc.copy, steps=9, rng=seed, callback=lambda k, loss: k == 2
        )
        for seed in (1, 1, 2)
    ]
    assert len(losses[0]) == 3 and losses[0] == losses[1] != losses[2]
    assert len(dnc.train(dnc.LSTM(7, 6, 8), dnc.copy, steps=4)) == 4
