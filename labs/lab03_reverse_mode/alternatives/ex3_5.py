# %% [markdown]
# Other right ways to do exercise 3.5 (a topological order); each gets full marks.

# %% counting_users_as_kahn_did
def topological_order(y):
    users, waiting = {y: 0}, [y]
    for node in waiting:
        for parent in node.parents:
            if parent not in users:
                users[parent] = 0
                waiting.append(parent)
            users[parent] += 1
    ready, order = [y], []
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in node.parents:
            users[parent] -= 1
            if not users[parent]:
                ready.append(parent)
    return order[::-1]


# %% a_stack_of_iterators
def topological_order(y):
    finished, seen = {}, {y}
    path = [(y, iter(y.parents))]
    while path:
        node, remaining = path[-1]
        for parent in remaining:
            if parent not in seen:
                seen.add(parent)
                path.append((parent, iter(parent.parents)))
                break
        else:
            finished[node] = None
            path.pop()
    return list(finished)


# %% a_tuple_and_a_warning
from collections import deque


def topological_order(y):
    import sys

    print("sorting", file=sys.stderr)
    to_do, done = deque([y]), {}
    while to_do:
        node = to_do[0]
        missing = [parent for parent in node.parents if id(parent) not in done]
        if missing:
            to_do.extendleft(missing)
        else:
            done.setdefault(id(node), node)
            to_do.popleft()
    return tuple(done.values())
