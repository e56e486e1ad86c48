# %% [markdown]
# Wrong ways to do exercise 10.8 (content weights); each loses marks, for the reason named.


# %% plain_product diagnosis="not_normalised"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    return torch.softmax(strength[..., None] * (memory * key[..., None, :]).sum(-1), -1)


# %% key_not_normalised diagnosis="not_normalised"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    return torch.softmax(strength[..., None] * (unit * key[..., None, :]).sum(-1), -1)


# %% strength_unused diagnosis="ignored_argument"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    return torch.softmax((unit * goal[..., None, :]).sum(-1), -1)


# %% strength_as_a_temperature diagnosis="wrong_argument"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    return torch.softmax((unit * goal[..., None, :]).sum(-1) / strength[..., None], -1)


# %% the_most_alike_alone diagnosis="zero"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit * key[..., None, :]).sum(-1)
    return torch.nn.functional.one_hot(cosine.argmax(-1), cosine.shape[-1]).to(memory.dtype)


# %% by_distance diagnosis="other_function"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    far = (memory - key[..., None, :]).square().sum(-1)
    return torch.softmax(-strength[..., None] * far, -1)


# %% squares_of_lengths diagnosis="repeated_factor"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON)
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON)
    return torch.softmax(strength[..., None] * (unit * goal[..., None, :]).sum(-1), -1)


# %% the_least_alike diagnosis="sign"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    return torch.softmax(-strength[..., None] * (unit * goal[..., None, :]).sum(-1), -1)


# %% epsilon_beside_the_length diagnosis="magnitude"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.norm(dim=-1, keepdim=True) + EPSILON)
    goal = key / (key.norm(dim=-1, keepdim=True) + EPSILON)
    return torch.softmax(strength[..., None] * (unit * goal[..., None, :]).sum(-1), -1)


# %% no_epsilon diagnosis="not_finite"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / memory.square().sum(-1, keepdim=True).sqrt()
    goal = key / key.square().sum(-1, keepdim=True).sqrt()
    return torch.softmax(strength[..., None] * (unit * goal[..., None, :]).sum(-1), -1)


# %% empty_places_left_out diagnosis="zero"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    long = memory.square().sum(-1, keepdim=True)
    unit = torch.where(
        long > 0, memory / torch.where(long > 0, long, 1.0).sqrt(), 0.0 * memory.detach()
    )
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    return torch.softmax(strength[..., None] * (unit * goal[..., None, :]).sum(-1), -1)


# %% softmax_over_words diagnosis="wrong_value"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit * goal[..., None, :]).sum(-1)
    return torch.softmax(strength[..., None] * cosine, 0)


# %% the_library_s diagnosis="borrowed"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    return dnc.addressing.content_weighting(memory, key[..., None, :], strength[..., None])[
        ..., 0, :
    ]


# %% key_without_epsilon diagnosis="not_finite"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / key.norm(dim=-1, keepdim=True)
    cosine = (unit * goal[..., None, :]).sum(-1)
    return torch.softmax(strength[..., None] * cosine, -1)


# %% lengths_clamped_from_below diagnosis="wrong_rule"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / memory.norm(dim=-1, keepdim=True).clamp_min(EPSILON**0.5)
    goal = key / key.norm(dim=-1, keepdim=True).clamp_min(EPSILON**0.5)
    cosine = (unit * goal[..., None, :]).sum(-1)
    return torch.softmax(strength[..., None] * cosine, -1)


# %% softmax_forgotten diagnosis="missing_factor"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit * goal[..., None, :]).sum(-1)
    return strength[..., None] * cosine


# %% strength_after_the_softmax diagnosis="wrong_order"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit * goal[..., None, :]).sum(-1)
    return strength[..., None] * torch.softmax(cosine, -1)


# %% axes_of_length_one_lost diagnosis="shape"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit @ goal[..., None]).squeeze()
    return torch.softmax(strength[..., None] * cosine, -1)


# %% strength_detached diagnosis="zero"
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit * goal[..., None, :]).sum(-1)
    return torch.softmax(strength.detach()[..., None] * cosine, -1)
