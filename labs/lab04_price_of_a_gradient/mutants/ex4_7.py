# %% [markdown]
# Wrong ways to do exercise 4.7 (the meter); each loses marks, for the reason named.

# %% modes_change_places diagnosis="swapped"
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * first for r in range(1, len(sizes) - 1))
    reverse = sum(last * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return reverse, forward


# %% counts_additions_too diagnosis="factor"
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * first for r in range(1, len(sizes) - 1))
    reverse = sum(last * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return 2 * forward, 2 * reverse


# %% one_product_too_many diagnosis="wrong_value"
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * first for r in range(len(sizes) - 1))
    reverse = sum(last * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return forward, reverse


# %% one_product_too_few diagnosis="wrong_value"
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * first for r in range(1, len(sizes) - 2))
    reverse = sum(last * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return forward, reverse


# %% every_product_is_square diagnosis="wrong_value"
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * sizes[r] for r in range(1, len(sizes) - 1))
    reverse = sum(last * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return forward, reverse


# %% reverse_keeps_the_columns diagnosis="wrong_value"
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * first for r in range(1, len(sizes) - 1))
    reverse = sum(first * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return forward, reverse


# %% pays_for_every_path diagnosis="double_counted"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    if not y.parents:
        return 0, 0
    if y.op == "@":
        k, entries = y.parents[0].shape[-1], y.value.size
        there, home = 2 * k - 1, 4 * k
    else:
        entries = max(each.value.size for each in (y, *y.parents))
        there, home = PRICES[y.op]
    bills = [price(parent) for parent in y.parents]
    return there * entries + sum(b[0] for b in bills), home * entries + sum(b[1] for b in bills)


# %% pays_for_the_last_step_only diagnosis="not_upstream"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y)[-1:]:
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward, back


# %% only_the_result_counts diagnosis="wrong_argument"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = node.value.size
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward, back


# %% back_before_forward diagnosis="swapped"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return back, forward


# %% one_product_on_the_way_back diagnosis="wrong_value"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 2 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward, back


# %% inner_size_from_the_result diagnosis="wrong_value"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward, back


# %% inputs_cost_something diagnosis="wrong_value"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            forward += node.value.size
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward, back


# %% one_bill_for_both diagnosis="wrong_type"
def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward + back
