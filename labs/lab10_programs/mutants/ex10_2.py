# %% [markdown]
# Wrong ways to do exercise 10.2 (soft apply); each loses marks, for the reason named.


# %% only_the_likeliest diagnosis="zero"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    where = torch.broadcast_tensors(*(each.argmax(-1) for each in distributions))
    return torch.nn.functional.one_hot(table[tuple(where)], out).to(distributions[0].dtype)


# %% mean_value diagnosis="not_summed"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    return (joint * table.flatten()).sum(-1)


# %% counts_the_table diagnosis="wrong_argument"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    rows = torch.nn.functional.one_hot(table.flatten(), out).to(distributions[0].dtype)
    front = torch.broadcast_shapes(*(each.shape[:-1] for each in distributions))
    return rows.mean(0).expand(*front, out)


# %% arguments_the_other_way_round diagnosis="swapped"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., None, :] * each[..., :, None]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten(), out)
    return joint @ rows.to(joint.dtype)


# %% last_argument_even diagnosis="ignored_argument"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for k, each in enumerate(distributions[1:], 2):
        if k == len(distributions):
            each = torch.full_like(each, 1 / each.shape[-1])
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten(), out)
    return joint @ rows.to(joint.dtype)


# %% as_long_as_the_largest_value diagnosis="shape"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten())
    return joint @ rows.to(joint.dtype)


# %% detached diagnosis="zero"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten(), out)
    return torch.tensor((joint @ rows.to(joint.dtype)).detach().numpy())


# %% half_detached diagnosis="zero"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each.detach()[..., None, :]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten(), out)
    return joint @ rows.to(joint.dtype)


# %% in_single_precision diagnosis="float32"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten(), out)
    return (joint @ rows.to(joint.dtype)).float().double().float() + torch.zeros(1)


# %% the_library_s diagnosis="borrowed"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    from dpkit.programs.terpret import algebra

    return distributions[0] @ algebra._rows(table.numpy(), out, distributions[0])


# %% always_doubles diagnosis="float32"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0].double()
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    return joint @ torch.nn.functional.one_hot(table.flatten(), out).double()


# %% fetches_instead_of_sending diagnosis="transposed"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    return joint[..., table.flatten()]


# %% adds_instead_of_multiplying diagnosis="wrong_rule"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] + each[..., None, :]).flatten(-2)
    return joint @ torch.nn.functional.one_hot(table.flatten(), out).to(joint.dtype)


# %% by_logarithms diagnosis="not_finite"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0].log()
    for each in distributions[1:]:
        joint = (joint[..., :, None] + each.log()[..., None, :]).flatten(-2)
    return joint.exp() @ torch.nn.functional.one_hot(table.flatten(), out).to(joint.dtype)


# %% in_numpy diagnosis="wrong_type"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    joint = distributions[0].detach().numpy()
    for each in distributions[1:]:
        joint = joint[..., :, None] * each.detach().numpy()[..., None, :]
        joint = joint.reshape(*joint.shape[:-2], -1)
    return joint @ np.eye(out)[table.numpy().ravel()]


# %% never_more_than_three diagnosis="raised"
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    rows = torch.eye(out, dtype=distributions[0].dtype)[table]
    terms = {1: "...a,az->...z", 2: "...a,...b,abz->...z", 3: "...a,...b,...c,abcz->...z"}
    return torch.einsum(terms[len(distributions)], *distributions, rows)
