# %% [markdown]
# Wrong ways to do exercise 4.8 (the adjoint test, and a hunt); each loses marks, for the reason named.

# %% difference_not_scaled diagnosis="missing_factor"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    difference = abs(np.sum(Jv * w) - np.sum(v * Jw))
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference)


# %% signed diagnosis="sign"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    difference = np.sum(v * Jw) - np.sum(Jv * w)
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0


# %% compares_v_with_w diagnosis="wrong_value"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    difference = abs(np.sum(Jv) - np.sum(Jw))
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0


# %% smaller_scale diagnosis="wrong_value"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    difference = abs(np.sum(Jv * w) - np.sum(v * Jw))
    norm = np.linalg.norm
    scale = min(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0


# %% at_sign_on_matrices diagnosis="raised"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    difference = abs(Jv @ w - v @ Jw)
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0


# %% vectors_of_ones diagnosis="wrong_value"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    v, w = np.ones_like(v), np.ones_like(w)
    Jv, Jw = push(v), pull(w)
    difference = abs(np.sum(Jv * w) - np.sum(v * Jw))
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0


# %% changes_v diagnosis="mutated_input"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    v /= np.linalg.norm(v)
    difference = abs(np.sum(Jv * w) - np.sum(v * Jw))
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0


# %% always_content diagnosis="wrong_value"
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    Jv, Jw = push(v), pull(w)
    difference = abs(np.sum(Jv * w) - np.sum(v * Jw))
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return 0.0


# %% mends_the_state_only diagnosis="not_mended"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        12: "        M = (1 - X[r + 1] ** 2) * gx",
    }


# %% mends_the_weights_only diagnosis="does_not_run"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        14: "        gA[r] = M @ X[r].T",
    }


# %% mends_with_another_state diagnosis="does_not_run"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        12: "        M = (1 - X[r - 1] ** 2) * gx",
        14: "        gA[r] = M @ X[r].T",
    }


# %% transposes_the_wrong_factor diagnosis="does_not_run"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        12: "        M = (1 - X[r + 1] ** 2) * gx",
        14: "        gA[r] = X[r].T @ M",
    }


# %% forgets_the_indentation diagnosis="does_not_run"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        12: "M = (1 - X[r + 1] ** 2) * gx",
        14: "        gA[r] = M @ X[r].T",
    }


# %% counts_from_zero diagnosis="does_not_run"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        11: "        M = (1 - X[r + 1] ** 2) * gx",
        13: "        gA[r] = M @ X[r].T",
    }


# %% a_list_of_lines diagnosis="wrong_type"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return [12, 14]


# %% changes_a_third_line diagnosis="wrong_line"
def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    return {
        12: "        M = (1 - X[r + 1] ** 2) * gx",
        15: "        gb[r] = np.sum(M, 1, keepdims=True)",
        14: "        gA[r] = M @ X[r].T",
    }


# %% numbers_as_texts diagnosis="wrong_type"
def adjoint_gap(push, pull, v, w):
    jv = push(v)
    jw = pull(w)
    return abs((jv * w).sum() - (v * jw).sum()) / max(
        np.linalg.norm(jv) * np.linalg.norm(w), np.linalg.norm(v) * np.linalg.norm(jw)
    )


def hunt():
    return {"12": "        M = (1 - X[r + 1] ** 2) * gx", "14": "        gA[r] = M @ X[r].T"}
