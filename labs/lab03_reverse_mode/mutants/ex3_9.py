# %% [markdown]
# Wrong ways to do exercise 3.9 (a bug hunt); each loses marks, for the reason named.

# %% accuses_both_gradients diagnosis="wrong_symptom"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, ["w1", "w2"], "    p_bar = h_bar * (1 - h ** 2)"


# %% accuses_the_wrong_gradient diagnosis="wrong_symptom"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, ["w2"], "    p_bar = h_bar * (1 - h ** 2)"


# %% mends_with_another_slip diagnosis="not_mended"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, ["w1"], "    p_bar = h_bar * (1 - h)"


# %% forgets_the_indentation diagnosis="does_not_run"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, ["w1"], "p_bar = h_bar * (1 - h ** 2)"


# %% counts_from_zero diagnosis="does_not_run"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 8, ["w1"], "    p_bar = h_bar * (1 - h ** 2)"


# %% mends_the_line_after diagnosis="wrong_line"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 10, ["w1"], "    w1_bar = h_bar * (1 - h ** 2) * x"


# %% believes_push_is_right diagnosis="wrong_symptom"
def hunt_b():
    """(number of the wrong line, what it leaves in a.grad, the line mended)"""
    return 4, 4, "        push(node.parents[k], upstream * node.partials[k])"


# %% pushes_without_the_partial diagnosis="not_mended"
def hunt_b():
    """(number of the wrong line, what it leaves in a.grad, the line mended)"""
    return 4, 6, "        push(node.parents[k], upstream)"


# %% overwrites_instead diagnosis="not_mended"
def hunt_b():
    """(number of the wrong line, what it leaves in a.grad, the line mended)"""
    return 2, 6, "    node.grad = upstream"


# %% answers_two_things diagnosis="wrong_type"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return 9, ["w1"]


# %% line_as_text diagnosis="wrong_type"
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    return "9", ["w1"], "    p_bar = h_bar * (1 - h ** 2)"
