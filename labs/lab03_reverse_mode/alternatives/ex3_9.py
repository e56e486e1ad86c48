# %% [markdown]
# Other right ways to do exercise 3.9 (a bug hunt); each gets full marks.

# %% other_spellings
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, ("w1",), "    p_bar = h_bar / math.cosh(p) ** 2"


def hunt_b():
    """(number of the wrong line, what it leaves in a.grad, the line mended)"""
    return [
        4,
        6.0,
        "        push(node.parents[k], node.partials[k] * upstream)  # only what has just come",
    ]


# %% worked_out_by_running
def hunt_a():
    import warnings

    room = {"math": math}
    exec(LISTING_A, room)
    said = room["grad_loss"](0.7, 1.1, 0.9, 0.2)
    truth = dp.grad(lambda w1, w2: (w2 * dp.tanh(w1 * 0.9) - 0.2) ** 2, (0, 1))(0.7, 1.1)
    wrong = [n for n, s, t in zip(("w1", "w2"), said, truth) if abs(s - t) > 1e-9]
    warnings.warn("found it", stacklevel=1)
    return 9, wrong, LISTING_A.splitlines()[8].replace("(1 - p ** 2)", "(1 - h * h)")


def hunt_b():
    lines = LISTING_B.splitlines()
    number = next(k for k, line in enumerate(lines) if line.strip().startswith("push("))
    return number + 1, 2 * (1 + 2), lines[number].replace("node.grad", "upstream")


# %% names_as_the_listing_has_them
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, "w1_bar", "    p_bar = h_bar * (1 - h * h)"
