# %% [markdown]
# Other right ways to do exercise 10.2 (soft apply); each gets full marks.


# %% one_value_at_a_time
def soft_apply(table, out, *distributions):
    front = torch.broadcast_shapes(*(each.shape[:-1] for each in distributions))
    found = [torch.zeros(front, dtype=distributions[0].dtype) for _ in range(out)]
    for values in np.ndindex(tuple(table.shape)):
        share = 1.0
        for each, k in zip(distributions, values, strict=True):
            share = share * each[..., k]
        found[int(table[values])] = found[int(table[values])] + share
    return torch.stack(found, dim=-1)


# %% by_einsum
def soft_apply(table, out, *distributions):
    import warnings

    warnings.warn("letters run out after ten arguments")
    letters = "abcdefghij"[: len(distributions)]
    rows = torch.eye(out, dtype=distributions[0].dtype)[table]
    terms = ",".join("..." + each for each in letters)
    return torch.einsum(f"{terms},{letters}z->...z", *distributions, rows)


# %% one_argument_after_the_other
def soft_apply(table, out, *distributions):
    rows = (table[..., None] == torch.arange(out)).to(distributions[0].dtype)
    for k, each in enumerate(distributions):
        rest = len(distributions) - 1 - k
        weights = each.reshape(*each.shape, *[1] * (rest + 1))
        rows = (weights * rows).sum(-(rest + 2))
    return rows


# %% by_recursion
def soft_apply(table, out, *distributions):
    if not distributions:
        return torch.eye(out)[int(table)]
    first, *rest = distributions
    parts = [
        first[..., k, None] * soft_apply(each, out, *rest).to(first.dtype)
        for k, each in enumerate(table)
    ]
    return sum(parts)


# %% scattered_and_divided_once_more
def soft_apply(table, out, *distributions):
    front = torch.broadcast_shapes(*(each.shape[:-1] for each in distributions))
    joint = torch.ones(*front, 1, dtype=distributions[0].dtype)
    for each in distributions:
        joint = (joint[..., None] * each[..., None, :]).reshape(*front, -1)
    found = torch.zeros(*front, out, dtype=joint.dtype)
    found.scatter_add_(-1, table.reshape(-1).expand(*front, -1), joint)
    return found / found.sum(-1, keepdim=True)
