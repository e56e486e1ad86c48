"""Two-layered logistic regression in all its forms: one loss, one pair of gradients."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import nn
from dpkit.carry.suite import load_suite

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(20, 3)), (RNG.uniform(size=(20, 1)) < 0.4).astype(float)
W1, W2 = RNG.normal(size=(4, 3)), RNG.normal(size=(1, 4))


def by_hand():
    nu = 1 / (1 + np.exp(-X @ W1.T))
    mu = 1 / (1 + np.exp(-nu @ W2.T))
    loss = -np.mean(Y * np.log(mu) + (1 - Y) * np.log(1 - mu))
    z2 = (mu - Y) / len(X)
    return loss, ((z2 @ W2) * nu * (1 - nu)).T @ X, z2.T @ nu


def by_dpkit():
    def loss(a, b):
        return nn.binary_cross_entropy_with_logits(dp.sigmoid(X @ a.T) @ b.T, Y)

    return loss(W1, W2), *dp.grad(loss, (0, 1))(W1, W2)


def by_the_tape_of_lab_4():
    engine = load_suite("tensor").reference()

    def loss(a, b):
        z = (0.5 + 0.5 * engine.tanh(0.5 * (X @ a.T))) @ b.T
        softplus = engine.logsumexp(z @ np.array([[0.0, 1.0]]), 1).reshape(len(X), 1)
        return (softplus - Y * z).mean()

    return loss(engine.Tensor(W1), engine.Tensor(W2)).value, *engine.gradient(loss, W1, W2)


def by_torch():
    a, b = (torch.tensor(each, requires_grad=True) for each in (W1, W2))
    mu = torch.sigmoid(torch.sigmoid(torch.tensor(X) @ a.T) @ b.T)
    y = torch.tensor(Y)
    loss = -(y * mu.log() + (1 - y) * (1 - mu).log()).mean()
    loss.backward()
    return loss.item(), a.grad.numpy(), b.grad.numpy()


def by_modules(library, to):
    """With dpkit's modules or torch's, which have the same names."""
    first, second = (library.Linear(3, 4, bias=False), library.Linear(4, 1, bias=False))
    for layer, weights in ((first, W1), (second, W2)):
        if library is torch.nn:
            layer.weight = torch.nn.Parameter(to(weights))
        else:
            layer.weight.data = weights.copy()
    net = library.Sequential(first, library.Sigmoid(), second)
    loss = library.BCEWithLogitsLoss()(net(to(X)), to(Y))
    loss.backward()
    return float(loss.data), np.asarray(first.weight.grad), np.asarray(second.weight.grad)


FORMS = {
    "dpkit": by_dpkit,
    "the tape of lab 4": by_the_tape_of_lab_4,
    "torch": by_torch,
    "dpkit.nn": lambda: by_modules(nn, np.asarray),
    "torch.nn": lambda: by_modules(torch.nn, torch.tensor),
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_agree_with_the_one_by_hand(form):
    for got, truth in zip(FORMS[form](), by_hand(), strict=True):
        np.testing.assert_allclose(got, truth, rtol=1e-12, atol=1e-14)


def nudges(loss, W, h=1e-5):
    """The gradient of loss(W) by centred differences."""
    slopes = np.empty_like(W)
    for at in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[at] = h
        slopes[at] = (loss(W + step) - loss(W - step)) / (2 * h)
    return slopes


def test_two_layers_by_hand_agree_with_nudges():
    def loss(a, b):
        z = (1 / (1 + np.exp(-X @ a.T))) @ b.T
        return np.mean(np.logaddexp(0, z) - Y * z)

    _, first, second = by_hand()
    np.testing.assert_allclose(nudges(lambda a: loss(a, W2), W1), first, rtol=0, atol=1e-8)
    np.testing.assert_allclose(nudges(lambda b: loss(W1, b), W2), second, rtol=0, atol=1e-8)


def test_one_layer_by_hand_agrees_with_nudges():
    def loss(a):
        z = X @ a.T
        return np.mean(np.logaddexp(0, z) - Y * z)

    W = W1[:1]
    by_hand = (1 / (1 + np.exp(-X @ W.T)) - Y).T @ X / len(X)
    np.testing.assert_allclose(nudges(loss, W), by_hand, rtol=0, atol=1e-8)
