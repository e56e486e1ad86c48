# %% [markdown]
# Other right ways to do exercise 10.3 (the gate); each gets full marks.


# %% line_by_line_as_the_listing
def gate(weights, branches):
    total = sum(weights[..., k, None] * branches[..., k, :] for k in range(weights.shape[-1]))
    return total / total.sum(-1)[..., None]


# %% by_matrices
def gate(weights, branches):
    mixed = torch.einsum("...k,...kn->...n", weights, branches)
    return torch.nn.functional.normalize(mixed, p=1, dim=-1)


# %% by_logarithms_that_are_not_too_small
def gate(weights, branches):
    import warnings

    warnings.warn("zeros are taken for TINY")
    joint = weights.clamp_min(TINY).log()[..., None] + branches.clamp_min(TINY).log()
    return torch.softmax(joint.logsumexp(-2), dim=-1)
