"""Recurrent cells in `rollout`, how long they remember, and clipping."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import physics

torch = pytest.importorskip("torch")


def test_a_tanh_cell_is_torchs():
    ours, theirs = physics.RNN(3, 5, rng=0), torch.nn.RNNCell(3, 5).double()
    with torch.no_grad():
        theirs.weight_hh.copy_(torch.tensor(ours.recurrent.weight.numpy()))
        theirs.weight_ih.copy_(torch.tensor(ours.read.weight.numpy()))
        theirs.bias_ih.copy_(torch.tensor(ours.read.bias.numpy()))
        theirs.bias_hh.zero_()
    x = np.random.default_rng(1).normal(size=(7, 2, 3))
    states = physics.rollout(ours, ours.start(2), 7, x)
    loss = dp.sum(states[-1] ** 2)
    loss.backward()
    h = torch.zeros(2, 5, dtype=torch.float64)
    for word in torch.tensor(x):
        h = theirs(word, h)
    (h**2).sum().backward()
    np.testing.assert_allclose(states[-1].numpy(), h.detach().numpy(), rtol=1e-12)
    goal = theirs.weight_hh.grad.numpy()  # summed over all steps that share it
    np.testing.assert_allclose(ours.recurrent.weight.grad, goal, rtol=1e-10, atol=1e-14)


def test_a_gru_by_hand():
    cell, rng = physics.GRU(2, 3, keep=1.0, rng=0), np.random.default_rng(2)
    h, x = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    both = np.concatenate([h, x], 1) @ cell.gates.weight.numpy().T + cell.gates.bias.numpy()
    z, r = sigmoid(both[:, :3] + 1.0), sigmoid(both[:, 3:])
    new = x @ cell.read.weight.numpy().T + cell.read.bias.numpy()
    new = np.tanh(new + (r * h) @ cell.recurrent.weight.numpy().T)
    np.testing.assert_allclose(cell(h, x).numpy(), z * h + (1 - z) * new, rtol=1e-12)


def test_norms_shrink_and_grow_as_the_singular_values_say():
    matrix = np.array([[0.0, 2.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 0.9]])
    norms = physics.jacobian_norms(lambda x: matrix @ x, np.ones(3), steps=4)
    goal = [np.linalg.norm(np.linalg.matrix_power(matrix, t), 2) for t in range(5)]
    np.testing.assert_allclose(norms, goal, rtol=1e-12)
    assert norms[1] == 2.0 and norms[2] == 1.0  # the norm of a product is not the product


def test_norms_are_those_of_the_whole_rollout():
    cell, x = physics.RNN(2, 4, spread=1.3, rng=0), np.random.default_rng(0).normal(size=(6, 2))
    h = 0.1 * np.ones(4)
    norms = physics.jacobian_norms(cell, h, x)
    whole = dp.jacrev(lambda h: physics.rollout(cell, h, 6, x))(h)
    whole = dp.tensor(whole).numpy() if not isinstance(whole, np.ndarray) else whole
    np.testing.assert_allclose(norms, [np.linalg.norm(j, 2) for j in whole], rtol=1e-10)


def test_a_loose_spread_explodes_a_tight_one_vanishes_and_a_gate_keeps():
    silence, h = np.zeros((50, 1)), 1e-3 * np.ones(16)
    last = {}
    for spread in (0.8, 1.0, 1.2):
        cell = physics.RNN(1, 16, spread=spread, rng=0)
        cell.read.bias.data = np.zeros(16)
        # near 0 tanh is the identity, so the norm is spread ** t as long as the state is small
        norms = physics.jacobian_norms(cell, 1e-6 * np.ones(16), silence)
        last[spread] = norms[-1]
        np.testing.assert_allclose(norms[:20], spread ** np.arange(20), rtol=1e-3)
    assert last[0.8] < 1e-4 < 0.5 < last[1.0] < 1.1 < 100 < last[1.2]
    gated = physics.jacobian_norms(physics.GRU(1, 16, rng=0), h, silence)
    assert gated[20] > 10 * 0.8**20


def test_clipping_is_torchs():
    rng = np.random.default_rng(3)
    ours = [dp.tensor(rng.normal(size=s), requires_grad=True) for s in ((3, 2), (4,))]
    theirs = [torch.tensor(x.numpy(), requires_grad=True) for x in ours]
    (dp.sum(ours[0] ** 3) + dp.sum(ours[1] ** 3)).backward()
    ((theirs[0] ** 3).sum() + (theirs[1] ** 3).sum()).backward()
    length = physics.clip_gradients(ours, 0.5)
    goal = torch.nn.utils.clip_grad_norm_(theirs, 0.5)
    assert length == pytest.approx(float(goal))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-5)
    before = [x.grad for x in ours]
    assert physics.clip_gradients(ours, 10.0) == pytest.approx(0.5, rel=1e-5)
    assert all(np.array_equal(x.grad, old) for x, old in zip(ours, before, strict=True))


def test_what_cannot_be_clipped_or_measured():
    x = dp.tensor(np.ones(2), requires_grad=True)
    dp.sum(x * np.array([np.inf, 1.0])).backward()
    with pytest.raises(FloatingPointError, match="not finite"):
        physics.clip_gradients([x], 1.0)
    with pytest.raises(ValueError, match="must be positive"):
        physics.clip_gradients([x], 0.0)
    with pytest.raises(ValueError, match=r"one vector's path, but the state's shape is \(2, 2\)"):
        physics.jacobian_norms(lambda x: x, np.ones((2, 2)), steps=3)
    with pytest.raises(ValueError, match="say how many steps"):
        physics.jacobian_norms(lambda x: x, np.ones(2))


def test_a_network_learns_to_echo():
    rng = np.random.default_rng(0)
    heard, goals = physics.echo(rng, 4, 2, 6)
    np.testing.assert_array_equal(heard[:4], goals[2:])
    assert not goals[:2].any() and set(np.unique(heard)) == {-1.0, 1.0}
    cell, readout = physics.RNN(1, 16, spread=0.9, rng=0), dp.nn.Linear(16, 1, rng=1)
    parameters = [*cell.parameters(), *readout.parameters()]
    optimizer = dp.optim.Adam(parameters, lr=0.01)
    for _ in range(250):
        heard, goals = physics.echo(rng, 32, 3, 12)
        optimizer.zero_grad()
        loss = dp.mean((physics.run_network(cell, readout, heard) - goals) ** 2)
        loss.backward()
        physics.clip_gradients(parameters, 1.0)
        optimizer.step()
    heard, goals = physics.echo(np.random.default_rng(9), 64, 3, 40)  # longer than it ever heard
    said = physics.run_network(cell, readout, heard).numpy()
    assert np.mean(np.sign(said[3:]) == goals[3:]) > 0.99
    assert np.mean((said - goals) ** 2) < 0.1  # silence would have 0.925
