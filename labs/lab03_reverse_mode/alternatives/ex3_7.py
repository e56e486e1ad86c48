# %% [markdown]
# Other right ways to do exercise 3.7 (the backward sweep); each gets full marks.

# %% adjoints_in_a_dictionary
from collections import defaultdict


def backward(y):
    adjoint = defaultdict(float, {id(y): 1.0})
    for node in topological_order(y)[::-1]:
        node.grad = adjoint[id(node)]
        for k, parent in enumerate(node.parents):
            adjoint[id(parent)] += node.partials[k] * node.grad


# %% contributions_collected_then_summed
def backward(y):
    order = list(topological_order(y))
    letters = {node: [] for node in order}
    letters[y].append(1.0)
    while order:
        node = order.pop()
        node.grad = math.fsum(letters[node])
        for parent, partial in zip(node.parents, node.partials):
            letters[parent].append(partial * node.grad)


# %% without_an_order_by_counting
def backward(y):
    users, found = {y: 0}, [y]
    for node in found:
        node.grad = np.float64(0.0)
        for parent in node.parents:
            if parent not in users:
                users[parent] = 0
                found.append(parent)
            users[parent] += 1
    y.grad, ready = np.float64(1.0), [y]
    while ready:
        node = ready.pop()
        for parent, partial in zip(node.parents, node.partials):
            parent.grad = parent.grad + np.float64(partial) * node.grad
            users[parent] -= 1
            if not users[parent]:
                ready.append(parent)


# %% by_linear_algebra_with_a_warning
import warnings


def backward(y):
    warnings.warn("solving a linear system instead", stacklevel=1)
    order = topological_order(y)
    place = {id(node): k for k, node in enumerate(order)}
    system = np.eye(len(order))
    for node in order:
        for parent, partial in zip(node.parents, node.partials):
            system[place[id(parent)], place[id(node)]] -= partial
    for node, adjoint in zip(order, np.linalg.solve(system, np.eye(len(order))[-1])):
        node.grad = float(adjoint)
