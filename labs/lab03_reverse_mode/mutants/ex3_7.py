# %% [markdown]
# Wrong ways to do exercise 3.7 (the backward sweep); each loses marks, for the reason named.

# %% overwrites diagnosis="overwritten"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad = partial * node.grad


# %% forgets_upstream diagnosis="not_upstream"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial


# %% forgets_the_partial diagnosis="missing_factor"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += node.grad


# %% forgets_to_clean diagnosis="accumulated"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        pass
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad


# %% cleans_only_the_inputs diagnosis="accumulated"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        if not node.parents:
            node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad


# %% cleans_all_but_the_inputs diagnosis="accumulated"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        if node.parents:
            node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad


# %% forgets_to_seed diagnosis="zero"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad


# %% seeds_with_the_value diagnosis="wrong_seed"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = y.value
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad


# %% sweeps_forwards diagnosis="wrong_order"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in order:
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad


# %% calls_itself_with_the_running_total diagnosis="double_counted"
def backward(y):
    for node in topological_order(y):
        node.grad = 0.0

    def push(node, upstream):
        node.grad += upstream
        for parent, partial in zip(node.parents, node.partials):
            push(parent, partial * node.grad)

    push(y, 1.0)


# %% walks_breadth_first_from_the_result diagnosis="overwritten"
def backward(y):
    for node in topological_order(y):
        node.grad = 0.0
    y.grad = 1.0
    seen, to_do = {id(y)}, [y]
    for node in to_do:
        for parent, partial in zip(node.parents, node.partials):
            if id(parent) not in seen:
                seen.add(id(parent))
                to_do.append(parent)
                parent.grad += partial * node.grad


# %% subtracts diagnosis="sign"
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad -= partial * node.grad
