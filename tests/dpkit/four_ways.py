"""Networks for yes and no, written in several ways that have nothing in common but the mathematics.

Each way starts from the same weights [(W, b), …], W of shape (out, in), with tanh between layers, and
has `gradient`, the loss and its derivatives by hand or by machine, and `step`, by one of two methods.
"""

import numpy as np
import torch

import dpkit as dp
from dpkit import nn, optim

RATE, MOMENTUM, BETAS, EPS = 0.1, 0.9, (0.9, 0.999), 1e-8


def problem(layers):
    """X (23, 3), y (23,) of 0 and 1, and weights for that many layers. No two sizes are equal."""
    rng = np.random.default_rng(layers)
    X = rng.normal(size=(23, 3))
    y = (X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=23) > 0).astype(float)
    dims = {1: (3, 1), 2: (3, 5, 1), 3: (3, 5, 4, 1)}[layers]
    pairs = zip(dims[:-1], dims[1:], strict=True)
    return X, y, [(rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in pairs]


class ByHand:
    """numpy, with the gradient derived on paper and both methods written out."""

    def __init__(self, X, y, weights):
        self.X, self.y = X, y
        self.numbers = [np.array(each) for layer in weights for each in layer]
        self.memory = [(np.zeros_like(each), np.zeros_like(each)) for each in self.numbers]
        self.count = 0

    def gradient(self):
        layers = list(zip(self.numbers[::2], self.numbers[1::2], strict=True))
        inputs, h = [], self.X
        for k, (W, b) in enumerate(layers):
            inputs.append(h)
            h = h @ W.T + b
            if k < len(layers) - 1:
                h = np.tanh(h)
        z = h[:, 0]
        p = 1 / (1 + np.exp(-z))
        loss = -np.mean(self.y * np.log(p) + (1 - self.y) * np.log(1 - p))
        back = ((p - self.y) / len(self.y))[:, None]
        grads = []
        for (W, _), h in zip(reversed(layers), reversed(inputs), strict=True):
            grads = [back.T @ h, back.sum(0), *grads]
            back = (back @ W) * (1 - h**2)
        return float(loss), grads

    def step(self, method):
        self.count += 1
        _, grads = self.gradient()
        for w, g, (m, v) in zip(self.numbers, grads, self.memory, strict=True):
            if method == "sgd":
                m[...] = MOMENTUM * m + g
                w -= RATE * m
            else:
                m[...] = BETAS[0] * m + (1 - BETAS[0]) * g
                v[...] = BETAS[1] * v + (1 - BETAS[1]) * g * g
                hats = m / (1 - BETAS[0] ** self.count), v / (1 - BETAS[1] ** self.count)
                w -= RATE * hats[0] / (np.sqrt(hats[1]) + EPS)

    def values(self):
        return self.numbers


class Engine:
    """dpkit's tensors, the loss as it is on paper, and dpkit's optimisers."""

    tensor = staticmethod(lambda each: dp.tensor(each, requires_grad=True))
    functions, optim = dp, optim

    def __init__(self, X, y, weights):
        self.X, self.y = X, y
        self.numbers = [self.tensor(each) for layer in weights for each in layer]
        self.optimizers = {}

    def loss(self):
        h = self.X
        for k in range(0, len(self.numbers), 2):
            h = (self.functions.tanh(h) if k else h) @ self.numbers[k].T + self.numbers[k + 1]
        p = self.functions.sigmoid(h[:, 0])
        log = self.functions.log
        return -(self.y * log(p) + (1 - self.y) * log(1 - p)).mean()

    def gradient(self):
        for each in self.numbers:
            each.grad = None
        loss = self.loss()
        loss.backward()
        return loss.item(), [np.asarray(each.grad) for each in self.numbers]

    def step(self, method):
        if method not in self.optimizers:
            self.optimizers[method] = (
                self.optim.SGD(self.numbers, lr=RATE, momentum=MOMENTUM)
                if method == "sgd"
                else self.optim.Adam(self.numbers, lr=RATE, betas=BETAS, eps=EPS)
            )
        self.gradient()
        self.optimizers[method].step()

    def values(self):
        return [each.data for each in self.numbers]


class TorchTensors(Engine):
    """torch's tensors with autograd, and torch's optimisers."""

    tensor = staticmethod(lambda each: torch.tensor(each, requires_grad=True))
    functions, optim = torch, torch.optim

    def __init__(self, X, y, weights):
        super().__init__(torch.tensor(X), torch.tensor(y), weights)


class Modules(Engine):
    """`dpkit.nn`, with the stable loss."""

    def __init__(self, X, y, weights):
        self.X, self.y, self.optimizers = X, y, {}
        self.net = nn.MLP((3, *(len(b) for _, b in weights)))
        layers = [each for each in self.net if isinstance(each, nn.Linear)]
        for layer, (W, b) in zip(layers, weights, strict=True):
            layer.weight.data, layer.bias.data = W, b
        self.numbers = list(self.net.parameters())

    def loss(self):
        return nn.binary_cross_entropy_with_logits(self.net(self.X)[:, 0], self.y)


class TorchModules(Engine):
    """`torch.nn`, likewise."""

    optim = torch.optim

    def __init__(self, X, y, weights):
        self.X, self.y, self.optimizers = torch.tensor(X), torch.tensor(y), {}
        modules = []
        for W, b in weights:
            modules += [torch.nn.Tanh()] * bool(modules)
            modules.append(torch.nn.Linear(*W.T.shape).double())
            modules[-1].load_state_dict({"weight": torch.tensor(W), "bias": torch.tensor(b)})
        self.net = torch.nn.Sequential(*modules)
        self.numbers = list(self.net.parameters())

    def loss(self):
        z = self.net(self.X)[:, 0]
        return torch.nn.functional.binary_cross_entropy_with_logits(z, self.y)


WAYS = {each.__name__: each for each in (ByHand, Engine, TorchTensors, Modules, TorchModules)}
