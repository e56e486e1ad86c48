# %% [markdown]
# Wrong ways to do exercise 3.5 (a topological order); each loses marks, for the reason named.

# %% recursion diagnosis="recursion"
def topological_order(y):
    order, seen = [], set()

    def visit(node):
        if id(node) in seen:
            return
        seen.add(id(node))
        for parent in node.parents:
            visit(parent)
        order.append(node)

    visit(y)
    return order


# %% no_memory_of_visits diagnosis="duplicated"
def topological_order(y):
    order, to_do = [], [y]
    while to_do:
        node = to_do.pop()
        order.append(node)
        to_do.extend(node.parents)
    return order[::-1]


# %% breadth_first diagnosis="wrong_order"
def topological_order(y):
    order, seen = [y], {id(y)}
    for node in order:
        for parent in node.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                order.append(parent)
    return order[::-1]


# %% depth_first_written_down_on_arrival diagnosis="wrong_order"
def topological_order(y):
    order, seen, to_do = [], set(), [y]
    while to_do:
        node = to_do.pop()
        if id(node) not in seen:
            seen.add(id(node))
            order.append(node)
            to_do.extend(node.parents)
    order.reverse()
    return order


# %% the_wrong_end_first diagnosis="reversed"
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
    return order[::-1]


# %% equal_numbers_are_one_node diagnosis="missing_node"
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node)
        elif node.value not in seen:
            seen.add(node.value)
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
    return order


# %% without_the_result diagnosis="missing_node"
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
    return order[:-1]


# %% eats_the_graph diagnosis="mutated_input"
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
            node.parents = ()
    return order


# %% numbers_instead_of_nodes diagnosis="wrong_type"
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node.value)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
    return order


# %% nothing_returned diagnosis="wrong_type"
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
    order.reverse()
