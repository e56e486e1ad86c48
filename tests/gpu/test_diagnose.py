"""Wrong gradients of tensors on the GPU are named there, as they are on the CPU."""

import pytest
import torch

import dpkit as dp

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "fault, kind", [("", "correct"), ("mean", "averaged"), ("tanh", "missing_factor")]
)
def test_a_backward_pass_in_torch(device, fault, kind):
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(device)

    X, t = normal(7, 3), normal(7)

    def error(W, b, v):
        return dp.mean((dp.tanh(X @ W + b) @ v - t) ** 2)

    def by_hand(W, b, v):
        h = torch.tanh(X @ W + b)
        d = 2 * (h @ v - t) / 7
        dh = torch.outer(d, v) * (1.0 if fault == "tanh" else 1 - h**2)
        return X.T @ dh, dh.mean(0) if fault == "mean" else dh.sum(0), h.T @ d

    found = dp.diagnose(error, by_hand, normal(3, 4), normal(4), normal(4))
    assert found.kind == kind, found
    if fault:
        assert found.line is not None
        assert found.confidence == 1.0
