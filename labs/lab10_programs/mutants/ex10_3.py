# %% [markdown]
# Wrong ways to do exercise 10.3 (the gate); each loses marks, for the reason named.


# %% not_renormalised diagnosis="not_normalised"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    return (weights[..., None] * branches).sum(-2)


# %% mean_of_branches diagnosis="averaged"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    return (weights[..., None] * branches).mean(-2)


# %% likeliest_branch diagnosis="zero"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    front = torch.broadcast_shapes(weights.shape[:-1], branches.shape[:-2])
    weights = weights.expand(*front, weights.shape[-1])
    branches = branches.expand(*front, *branches.shape[-2:])
    best = weights.argmax(-1)[..., None, None].expand(*front, 1, branches.shape[-1])
    return branches.gather(-2, best)[..., 0, :]


# %% softmax_instead diagnosis="wrong_rule"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    return torch.softmax((weights[..., None] * branches).sum(-2), -1)


# %% weights_unused diagnosis="ignored_argument"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    total = (0 * weights[..., None] + branches).sum(-2)
    return total / total.sum(-1, keepdim=True)


# %% divided_by_the_mean diagnosis="normalised"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    total = (weights[..., None] * branches).sum(-2)
    return total / total.mean(-1, keepdim=True)


# %% detached_divisor diagnosis="missing_term"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    total = (weights[..., None] * branches).sum(-2)
    return total / total.sum(-1, keepdim=True).detach()


# %% normalised_before_mixing diagnosis="wrong_order"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    weights = weights / weights.sum(-1, keepdim=True)
    branches = branches / branches.sum(-1, keepdim=True)
    return (weights[..., None] * branches).sum(-2)


# %% only_the_weights_normalised diagnosis="not_normalised"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    weights = weights / weights.sum(-1, keepdim=True)
    return (weights[..., None] * branches).sum(-2)


# %% summed_over_values diagnosis="transposed"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    total = (weights[..., None] * branches).sum(-1)
    return total / total.sum(-1, keepdim=True)


# %% divided_by_everything diagnosis="normalised"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    total = (weights[..., None] * branches).sum(-2)
    return total / total.sum()


# %% by_logarithms diagnosis="not_finite"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    joint = weights.log()[..., None] + branches.log()
    return torch.softmax(torch.logsumexp(joint, -2), -1)


# %% axes_of_length_one_lost diagnosis="shape"
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    total = (weights[..., None, :] @ branches).squeeze()
    return total / total.sum(-1, keepdim=True)
