"""The whole machine beside the paper's equations, written a second time: in numpy, with loops."""

import numpy as np
import pytest
import torch

from dpkit.programs import dnc


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def oneplus(x):
    return 1 + np.logaddexp(0, x)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def content(memory, key, strength):
    lengths = np.linalg.norm(memory, axis=1) * np.linalg.norm(key)
    cosine = np.divide(memory @ key, lengths, out=np.zeros(len(memory)), where=lengths > 0)
    return softmax(strength * cosine)


def allocation(usage):
    free, a = np.argsort(usage, kind="stable"), np.zeros(len(usage))
    for j, place in enumerate(free):
        a[place] = (1 - usage[place]) * np.prod(usage[free[:j]])
    return a


def machine(network, places, inputs):
    """Graves et al. 2016, Methods: from the start, for one example (T, X)."""
    w = {name: each.detach().numpy() for name, each in network.state_dict().items()}
    W, R, hidden = network.width, network.heads, network.controller.hidden_size
    h, c = np.zeros(hidden), np.zeros(hidden)
    M, L = np.zeros((places, W)), np.zeros((places, places))
    u, p, w_w = np.zeros(places), np.zeros(places), np.zeros(places)
    w_r, r = np.zeros((R, places)), np.zeros((R, W))
    answers = []
    for x in inputs:
        x = np.concatenate([x, r.ravel()])
        gates = w["controller.weight_ih"] @ x + w["controller.bias_ih"]
        gates += w["controller.weight_hh"] @ h + w["controller.bias_hh"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        says = iter(w["interface.weight"] @ h + w["interface.bias"])

        def take(count, says=says):
            return np.array([next(says) for _ in range(count)])

        k_r, b_r = take(R * W).reshape(R, W), oneplus(take(R))
        k_w, b_w, e, v = take(W), oneplus(take(1)), sigmoid(take(W)), take(W)
        free, g_a, g_w, modes = sigmoid(take(R)), sigmoid(take(1)), sigmoid(take(1)), take(3 * R)
        assert next(says, None) is None
        psi = np.prod([1 - free[k] * w_r[k] for k in range(R)], axis=0)
        u = (u + w_w - u * w_w) * psi
        w_w = g_w * (g_a * allocation(u) + (1 - g_a) * content(M, k_w, b_w))
        M = M * (1 - np.outer(w_w, e)) + np.outer(w_w, v)
        for m, n in np.ndindex(places, places):
            L[m, n] = (m != n) * ((1 - w_w[m] - w_w[n]) * L[m, n] + w_w[m] * p[n])
        p = (1 - w_w.sum()) * p + w_w
        pi = [softmax(each) for each in modes.reshape(R, 3)]
        w_r = np.stack([
            pi[k][0] * (L.T @ w_r[k]) + pi[k][1] * content(M, k_r[k], b_r[k]) + pi[k][2] * (L @ w_r[k])
            for k in range(R)
        ])  # fmt: skip
        r = w_r @ M
        answers.append(w["output.weight"] @ np.concatenate([h, r.ravel()]) + w["output.bias"])
    return np.stack(answers)


@pytest.mark.parametrize(
    "places, width, heads, scale",
    [(5, 3, 1, 1), (6, 4, 2, 3), (1, 1, 1, 4), (7, 2, 4, 6), (1, 3, 2, 4), (12, 5, 2, 10)],
)
def test_the_paper_s_equations(places, width, heads, scale, monkeypatch):
    # The paper has no small number under its roots and in its usages; so there is none here either.
    monkeypatch.setattr(dnc.addressing, "EPSILON", 1e-30)
    network = dnc.DNC(3, 2, hidden=6, width=width, heads=heads, rng=places).double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(scale)  # gates that are open or shut
    x = torch.randn(30, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    answers = network(x, places).detach().numpy()
    for k in range(2):
        np.testing.assert_allclose(
            machine(network, places, x[:, k].numpy()), answers[:, k], atol=1e-10
        )


@pytest.mark.parametrize("dtype, most", [(torch.float32, 1e-6), (torch.float64, 1e-12)])
@pytest.mark.parametrize("places, width, heads", [(1, 1, 1), (2, 1, 4), (8, 4, 4), (16, 1, 2)])
def test_weightings_stay_weightings_whatever_is_said(places, width, heads, dtype, most):
    """200 steps of a controller that says ±50, and nothing between."""
    dice = torch.Generator().manual_seed(places)
    state = dnc.State.empty(3, places, width, heads, torch.zeros((), dtype=dtype))
    for _ in range(200):
        numbers = torch.randint(0, 2, (3, dnc.Interface.size(width, heads)), generator=dice)
        says = dnc.Interface.of((100 * numbers - 50).to(dtype), width, heads)
        read, state = dnc.step(says, state)
        shares = state.written, state.reads, state.precedence, state.links, state.links.mT
        for each in shares:
            assert each.min() >= -most and each.sum(-1).max() <= 1 + most
        assert not state.links.diagonal(dim1=-2, dim2=-1).any()
        assert (state.written.sum(-1) <= says.gate[:, 0] + most).all()
        assert state.usage.min() >= 0 and state.usage.max() <= 1
        assert torch.isfinite(read).all()
