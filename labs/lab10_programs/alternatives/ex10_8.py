# %% [markdown]
# Other right ways to do exercise 10.8 (content weights); each gets full marks.


# %% by_hand
def content_weights(memory, key, strength):
    import sys

    def unit(x):
        return x * torch.rsqrt((x * x).sum(dim=-1, keepdim=True) + EPSILON)

    scores = strength.unsqueeze(-1) * torch.einsum("...nw,...w->...n", unit(memory), unit(key))
    parts = torch.exp(scores - scores.amax(-1, keepdim=True))
    print("attention", file=sys.stderr)
    return parts / parts.sum(-1, keepdim=True)


# %% lengths_afterwards
def content_weights(memory, key, strength):
    import warnings

    warnings.warn("both lengths under one root each")
    product = (memory @ key[..., None])[..., 0]
    long = ((memory**2).sum(-1) + EPSILON) * ((key**2).sum(-1)[..., None] + EPSILON)
    return torch.softmax(strength[..., None] * product / torch.sqrt(long), dim=-1)


# %% place_by_place
def content_weights(memory, key, strength):
    def length(x):
        return torch.sqrt(torch.pow(x, 2).sum(-1) + EPSILON)

    scores = []
    for place in memory.unbind(-2):
        scores.append(strength * (place * key).sum(-1) / (length(place) * length(key)))
    return torch.log_softmax(torch.stack(scores, -1), -1).exp()
