# %% [markdown]
# Other right ways to do exercise 5.9 (line, symptom, mend); each gets full marks.

# %% other_mends
def hunt():
    return {
        "C5": ["a", "        net.zero_grad(); nll.backward()"],
        "C4": ["b", "        nll = nn.binary_cross_entropy_with_logits(z, y)"],
        "B7": ["c", "            x = layer(x).relu() if hasattr(x, 'relu') else dp.relu(layer(x))"],
        "B3": [
            "g",
            "        self.layers = nn.Sequential("
            "*[nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:])])",
        ],
        "A8": ["f", "    W2_new = W2.value - W2.grad * lr"],
        "A5": ["e", "    nll = -(engine.log(mu) * y + engine.log(1.0 - mu) * (1 - y)).sum()"],
    }


# %% emptied_after_each_parameter
def hunt():
    import sys

    print("found them", file=sys.stderr)
    mends = {
        "A5": "    nll = loss_of(mu, y)",
        "A8": "    W2_new = W2.value - lr * W2.grad",
        "B3": "        self.layers = nn.ModuleList()\n"
        "        for n, m in zip(dims, dims[1:]): self.layers.append(nn.Linear(n, m, rng=rng))",
        "B7": "            x = dp.sigmoid(layer(x))",
        "C4": "        nll = (y * dp.softplus(-z) + (1 - y) * dp.softplus(z)).mean()",
        "C5": "        for p in net.parameters(): p.grad = None\n        nll.backward()",
    }
    mends["A5"] = "    nll = (-1 * (y * engine.log(mu) + (1 - y) * engine.log(1 - mu))).sum()"
    return {place: (letter, mends[place]) for place, letter in zip(sorted(mends), "efgcba")}


# %% emptied_after_the_step
def hunt():
    return {
        "A5": ("(e)", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("(f)", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "(g)",
            "        self.layers = nn.ModuleList("
            "[nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:])])",
        ),
        "B7": ("(c)", "            x = np.tanh(layer(x))"),
        "C4": ("(b)", "        nll = nn.BCEWithLogitsLoss()(z, y)"),
        "C7": ("(a)", "            W.data = W.data - lr * W.grad\n            W.grad = None"),
    }


# %% emptied_before_the_forward_pass
def hunt():
    return {
        "a5": ("E", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "a8": ("F", "    W2_new = W2.value - lr * W2.grad"),
        "b3": (
            "G",
            "        self.layers = nn.ModuleList("
            "[nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:])])",
        ),
        "b7": ("C", "            x = layer(x).relu()"),
        "c4": ("B", "        nll = dp.softplus((1 - 2 * y) * z).mean()"),
        "c3": ("A", "        net.zero_grad()\n        z = net(X)"),
    }
