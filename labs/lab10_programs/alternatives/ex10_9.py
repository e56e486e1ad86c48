# %% [markdown]
# Other right ways to do exercise 10.9 (allocate and write); each gets full marks.


# %% by_comparing_all_pairs
def allocation(usage):
    import sys

    mine, other = usage[..., :, None], usage[..., None, :]
    n = torch.arange(usage.shape[-1])
    freer = (other < mine) | ((other == mine) & (n[None, :] < n[:, None]))
    print("no sorting", file=sys.stderr)
    return (1 - usage) * torch.where(freer, other, torch.ones_like(other)).prod(-1)


def write(memory, weights, erase, vector):
    kept = 1 - torch.einsum("...n,...w->...nw", weights, erase)
    return memory * kept + torch.einsum("...n,...w->...nw", weights, vector)


# %% sorted_twice
def allocation(usage):
    order = torch.argsort(usage, dim=-1, stable=True)
    back = torch.argsort(order, dim=-1)
    full = usage.gather(-1, order)
    left, shares = torch.ones_like(full[..., 0]), []
    for k in range(usage.shape[-1]):
        shares.append(left * (1 - full[..., k]))
        left = left * full[..., k]
    return torch.stack(shares, -1).gather(-1, back)


def write(memory, weights, erase, vector):
    import warnings

    warnings.warn("one place after the other")
    rows = []
    for n in range(memory.shape[-2]):
        w = weights[..., n, None]
        rows.append(memory[..., n, :] - w * erase * memory[..., n, :] + w * vector)
    return torch.stack(rows, -2)


# %% places_in_python_and_a_copy_filled
def allocation(usage):
    rows = []
    for row in usage.reshape(-1, usage.shape[-1]):
        shares, left = [None] * len(row), torch.ones_like(row[0])
        for n in sorted(range(len(row)), key=lambda n: float(row[n])):
            shares[n] = left * (1 - row[n])
            left = left * row[n]
        rows.append(torch.stack(shares))
    return torch.stack(rows).reshape(usage.shape)


def write(memory, weights, erase, vector):
    new = memory.clone()
    for n in range(memory.shape[-2]):
        w = weights[..., n].unsqueeze(-1)
        new[..., n, :] = memory[..., n, :] - memory[..., n, :] * (w * erase) + w * vector
    return new
