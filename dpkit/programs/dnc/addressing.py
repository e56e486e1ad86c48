"""Where a memory is read and written: by content, into free places, in the order of writing.

Each function is one equation of Graves et al., *Hybrid computing using a neural network with dynamic
external memory*, Nature 538 (2016), Methods, "Memory addressing", in the order of the paper, which
numbers two of them. A *weighting* is a share of attention for each place: not negative, with a sum of 1
at most.

Shapes: B examples, N places of W numbers, R read heads. Memory (B, N, W), weightings (B, N) or
(B, R, N). The letters of the paper are called

======  ==========================  ======  ==============================================
M       memory                      a       allocation: shares of what is free
k, β    keys, strengths             wʷ      written: the write weighting
c       content                     gʷ, gᵃ  gate (write at all?), allocate (in new places?)
f, b    forward, backward           e, v    erase, vector
π       modes                       p       precedence: what was written last
wʳ      reads: the read weighting   L       links
fⁱ      free: the gates of release  u, ψ    usage; kept, after release
======  ==========================  ======  ==============================================
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = [
    "allocation_weighting", "content_weighting", "directional", "oneplus", "precedence",
    "read_weighting", "retention", "temporal_link", "usage", "write", "write_weighting",
]  # fmt: skip

EPSILON = 1e-6


def oneplus(x: Tensor) -> Tensor:
    """1 + log(1 + exp x): a strength, never below 1."""
    return 1 + nn.functional.softplus(x)


def content_weighting(memory: Tensor, keys: Tensor, strengths: Tensor) -> Tensor:
    """C(M, k, β): the softmax of β times the cosine of the angle between a key and each place.

    keys (B, R, W), strengths (B, R) → (B, R, N). This is attention, and was called addressing.

    Every run begins with an empty memory, where |M| has no slope. So the root is taken of a sum that is
    never zero: M / √(|M|² + ε) has the slope 1/√ε there, a thousand. M / (|M| + ε) would be nearly the
    same everywhere else, and a thousand times as steep.
    """
    unit = memory * torch.rsqrt(memory.square().sum(-1, keepdim=True) + EPSILON)
    key = keys * torch.rsqrt(keys.square().sum(-1, keepdim=True) + EPSILON)
    return torch.softmax(strengths[..., None] * (key @ unit.transpose(-1, -2)), -1)


def retention(free: Tensor, reads: Tensor) -> Tensor:
    """ψ = ∏ᵢ (1 − fⁱ wʳⁱ): how much of each place is kept after it was read. free (B, R)."""
    return (1 - free[..., None] * reads).prod(-2)


def usage(before: Tensor, written: Tensor, kept: Tensor) -> Tensor:
    """u = (u + w − u∘w) ∘ ψ: how full each place is. All (B, N)."""
    return (before + written - before * written) * kept


def allocation_weighting(used: Tensor) -> Tensor:
    """a[φⱼ] = (1 − u[φⱼ]) ∏ᵢ﹤ⱼ u[φᵢ], where φ sorts places from the freest to the fullest. (B, N).
    Equation 1.

    The order itself has no slope; what is allocated has one, with respect to how full each place is.
    """
    used = EPSILON + (1 - EPSILON) * used  # so that a product of many has a slope
    sorted_, order = torch.sort(used, dim=-1, stable=True)  # order is φ, sorted_ is u[φ]
    freer = torch.cat([torch.ones_like(sorted_[..., :1]), sorted_[..., :-1]], -1)
    left_over = torch.cumprod(freer, -1)  # by all that are freer: 1 for the first
    # Put back to the places. (`gather` would pick, which sorts once more; every sum stays right.)
    return torch.zeros_like(used).scatter(-1, order, (1 - sorted_) * left_over)


def write_weighting(content: Tensor, allocation: Tensor, gate: Tensor, allocate: Tensor) -> Tensor:
    """wʷ = gʷ (gᵃ a + (1 − gᵃ) cʷ). The gates (B, 1): whether to write at all, whether in new places.
    Equation 2.
    """
    return gate * (allocate * allocation + (1 - allocate) * content)


def write(memory: Tensor, weighting: Tensor, erase: Tensor, vector: Tensor) -> Tensor:
    """M ∘ (1 − w eᵀ) + w vᵀ. erase, vector (B, W)."""
    share = weighting[..., None]
    return memory * (1 - share * erase[:, None]) + share * vector[:, None]


def precedence(before: Tensor, written: Tensor) -> Tensor:
    """p = (1 − Σ w) p + w: which place was written last. (B, N). Writing nothing leaves it as it was."""
    return (1 - written.sum(-1, keepdim=True)) * before + written


def temporal_link(links: Tensor, written: Tensor, last: Tensor) -> Tensor:
    """L[i, j] = (1 − w[i] − w[j]) L[i, j] + w[i] p[j], and L[i, i] = 0: i was written just after j.

    links (B, N, N). last: the precedence *before* this writing.
    """
    w = written[..., :, None]
    links = (1 - w - written[..., None, :]) * links + w * last[..., None, :]
    return links * (1 - torch.eye(links.shape[-1], dtype=links.dtype, device=links.device))


def directional(links: Tensor, reads: Tensor) -> tuple[Tensor, Tensor]:
    """f = L wʳ and b = Lᵀ wʳ: the places written after those read in the step before, and those written
    before them. (B, R, N). Weightings are rows here, so L stands on the right, and the other way up."""
    return reads @ links.transpose(-1, -2), reads @ links


def read_weighting(backward: Tensor, content: Tensor, forward: Tensor, modes: Tensor) -> Tensor:
    """wʳ = π₁ b + π₂ c + π₃ f. modes (B, R, 3)."""
    each = torch.stack([backward, content, forward], -1)
    return (each * modes[..., None, :]).sum(-1)
