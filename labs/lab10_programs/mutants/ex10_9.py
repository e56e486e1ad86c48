# %% [markdown]
# Wrong ways to do exercise 10.9 (allocate and write); each loses marks, for the reason named.


# %% gathered_instead_of_scattered diagnosis="wrong_order"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.sort(-1)
    before = torch.cumprod(torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1), -1)
    return ((1 - full) * before).gather(-1, order)


# %% left_in_order diagnosis="wrong_order"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, _ = usage.sort(-1)
    before = torch.cumprod(torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1), -1)
    return (1 - full) * before


# %% itself_in_the_product diagnosis="late_evaluation"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.sort(-1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * torch.cumprod(full, -1))


# %% only_how_free diagnosis="missing_factor"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    return 1 - usage


# %% the_fullest_first diagnosis="sign"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.sort(-1, descending=True)
    before = torch.cumprod(torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1), -1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * before)


# %% all_to_the_freest diagnosis="zero"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    return torch.nn.functional.one_hot(usage.argmin(-1), usage.shape[-1]).to(usage.dtype)


# %% order_of_the_sorted diagnosis="zero"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.detach().sort(-1)
    before = torch.cumprod(torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1), -1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * before)


# %% half_a_slope diagnosis="missing_term"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.sort(-1)
    before = torch.cumprod(torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1), -1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * before.detach())


# %% the_library_s diagnosis="borrowed"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    return dnc.addressing.allocation_weighting(usage)


# %% nothing_erased diagnosis="missing_term"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    return memory + weights[..., None] * vector[..., None, :]


# %% erases_what_is_new diagnosis="wrong_order"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights[..., None]
    return (memory + share * vector[..., None, :]) * (1 - share * erase[..., None, :])


# %% erases_everywhere diagnosis="missing_factor"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    return memory * (1 - erase[..., None, :]) + weights[..., None] * vector[..., None, :]


# %% erases_whole_places diagnosis="missing_factor"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights[..., None]
    return memory * (1 - share) + share * vector[..., None, :]


# %% keeps_what_should_go diagnosis="wrong_rule"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights[..., None]
    return memory * share * erase[..., None, :] + share * vector[..., None, :]


# %% in_place diagnosis="mutated_input"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights[..., None]
    memory *= 1 - share * erase[..., None, :]
    memory += share * vector[..., None, :]
    return memory


# %% only_the_place_before diagnosis="missing_factor"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.sort(-1)
    before = torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * before)


# %% one_order_for_all diagnosis="wrong_order"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.flatten().sort()
    before = torch.cumprod(torch.cat([torch.ones_like(full[:1]), full[:-1]]), 0)
    return torch.zeros_like(full).scatter(0, order, (1 - full) * before).reshape(usage.shape)


# %% divided_out_again diagnosis="not_finite"
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    full, order = usage.sort(-1)
    before = full.cumprod(-1) / full
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * before)


# %% erase_is_added diagnosis="swapped"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights[..., None]
    return memory * (1 - share * vector[..., None, :]) + share * erase[..., None, :]


# %% added_where_it_was_erased diagnosis="repeated_factor"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights[..., None] * erase[..., None, :]
    return memory + share * (vector[..., None, :] - memory)


# %% number_by_number diagnosis="zero"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    new = memory.detach().clone()
    for *at, n, k in np.ndindex(*memory.shape):
        w = float(weights[(*at, n)])
        new[(*at, n, k)] *= 1 - w * float(erase[(*at, k)])
        new[(*at, n, k)] += w * float(vector[(*at, k)])
    return new


# %% weights_that_learn_nothing diagnosis="zero"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    share = weights.detach()[..., None]
    return memory * (1 - share * erase[..., None, :]) + share * vector[..., None, :]


# %% over_what_it_still_needs diagnosis="raised"
def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    new = memory.clone()
    for n in range(memory.shape[-2]):
        w = weights[..., n, None]
        new[..., n, :] = new[..., n, :] * (1 - w * erase) + w * vector
    return new
