# %% [markdown]
# Other right ways to do exercise 4.7 (the meter); each gets full marks.

# %% follow_the_shapes
def bracket_costs(sizes):
    bills = []
    for row in (list(sizes), list(sizes)[::-1]):
        bill, inner = 0, row[1]
        for outer in row[2:]:
            bill += outer * inner * row[0]
            inner = outer
        bills.append(bill)
    return tuple(bills)


def price(y):
    bills = np.zeros(2, int)
    seen, waiting = {id(y)}, [y]
    for node in waiting:
        if node.op == "@":
            k = node.parents[1].shape[0]
            bills += node.value.size * np.array([2 * k - 1, 4 * k])
        elif node.op:
            largest = max([node.value.size] + [parent.value.size for parent in node.parents])
            bills += largest * np.array(PRICES[node.op])
        for parent in node.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return int(bills[0]), int(bills[1])


# %% lists_and_sums
def bracket_costs(sizes):
    pairs = [a * b for a, b in zip(sizes, sizes[1:])]
    return [sizes[0] * sum(pairs[1:]), sizes[-1] * sum(pairs[:-1])]


def price(y):
    def of(node):
        if not node.parents:
            return 0, 0
        if node.op == "@":
            m = node.parents[0].value
            return node.value.size * (2 * m.shape[1] - 1), 4 * m.shape[1] * node.value.size
        size = max(node.value.size, max(p.value.size for p in node.parents))
        return tuple(size * each for each in PRICES[node.op])

    bills = [of(node) for node in topological_order(y)]
    return [sum(bill[0] for bill in bills), sum(bill[1] for bill in bills)]


# %% counted_by_numpy
def bracket_costs(sizes):
    s = np.array(sizes)
    pairs = s[:-1] * s[1:]
    return np.array([s[0] * pairs[1:].sum(), s[-1] * pairs[:-1].sum()])


def price(y):
    costs = np.zeros(2)
    for node in topological_order(y):
        if node.op == "@":
            k = node.parents[0].shape[1]
            costs += np.array([2 * k - 1, 4 * k]) * node.value.size
        elif node.parents:
            costs += np.array(PRICES[node.op]) * max(
                t.value.size for t in [node] + list(node.parents)
            )
    return costs
