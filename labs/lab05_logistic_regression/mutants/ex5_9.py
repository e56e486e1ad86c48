# %% [markdown]
# Wrong ways to do exercise 5.9 (line, symptom, mend); each loses marks, for the reason named.

# %% counts_from_zero diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A4": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A7": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% one_log_only diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * np.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% wrong_gradient_stays diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W1.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% logs_stay diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% gradients_changed_places diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A7": ("f", "    W1_new = W1.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% tuple_of_layers diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = tuple(nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% still_no_bend diagnosis="not_mended"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = 1.0 * layer(x)"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% bend_at_the_end diagnosis="bend_at_the_end"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B8": ("c", "        return dp.tanh(self.layers[-1](x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% still_ignores_y diagnosis="not_mended"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% sum_for_mean diagnosis="not_mended"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).sum()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% zeroed_too_late diagnosis="does_not_run"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        nll.backward()\n        net.zero_grad()"),
    }


# %% never_zeroed diagnosis="not_mended"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        nll.backward()"),
    }


# %% symptoms_changed_places diagnosis="wrong_symptom"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("f", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("e", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% one_symptom_wrong diagnosis="wrong_symptom"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("d", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% a_list_of_places diagnosis="wrong_type"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    found = {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }
    return list(found)


# %% symptom_forgotten diagnosis="wrong_type"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": "    W2_new = W2.value - lr * W2.grad",
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }


# %% zeroed_once_for_all diagnosis="not_mended"
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C1": ("a", "def train(net, X, y, lr, steps):\n    net.zero_grad()"),
    }
