# %% [markdown]
# Wrong ways to do exercise 9.8 (how far back?); each loses marks, for the reason named.

# %% no_tanh diagnosis="missing_term"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: W @ h + U @ x


# %% logistic diagnosis="wrong_rule"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: dp.sigmoid(W @ h + U @ x)


# %% no_memory diagnosis="missing_term"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: dp.tanh(U @ x)


# %% deaf diagnosis="missing_term"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: dp.tanh(W @ h)


# %% transposed diagnosis="transposed"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: dp.tanh(W.T @ h + U @ x)


# %% numpy_tanh_of_numbers diagnosis="zero"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: dp.tanh(dp.stop_gradient(W) @ h + U @ x)


# %% powers_of_w diagnosis="missing_factor"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% frobenius diagnosis="magnitude"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(np.linalg.norm(J))
    return norms


# %% single_steps diagnosis="stale"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% wrong_side diagnosis="wrong_order"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = J @ ((1 - state**2)[:, None] * W)
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% columns_for_rows diagnosis="wrong_point"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2) * W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% state_before diagnosis="wrong_point"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[:-1]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% without_the_one diagnosis="early_stop"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), []
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% the_matrices diagnosis="shape"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [np.eye(len(h))]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(J)
    return norms


# %% entry_by_entry diagnosis="wrong_rule"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    return np.clip(gradient, -limit, limit)


# %% always_as_long diagnosis="normalised"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    return gradient * (limit / length)


# %% to_length_one diagnosis="normalised"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    return gradient if length <= limit else gradient * (1 / length)


# %% largest_entry diagnosis="magnitude"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.max(np.abs(gradient))
    return gradient if length <= limit else gradient * (limit / length)


# %% sum_of_squares diagnosis="repeated_factor"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    return gradient if length <= limit else gradient * (limit / length**2)


# %% in_place diagnosis="mutated_input"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    if length > limit:
        gradient *= limit / length
    return gradient


# %% never diagnosis="no_update"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    return gradient


# %% ready_made_norms diagnosis="borrowed"
from dpkit.physics import jacobian_norms


def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    return jacobian_norms(cell(W, U), h, inputs)


# %% norms_multiplied diagnosis="wrong_order"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    norms = [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        norms.append(norms[-1] * np.linalg.norm((1 - state**2)[:, None] * W, 2))
    return norms


# %% eigenvalues diagnosis="magnitude"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(np.abs(np.linalg.eigvals(J)).max())
    return norms


# %% entry_times_entry diagnosis="wrong_rule"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W * J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% w_on_its_side diagnosis="transposed"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W.T @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% one_tanh_too_many diagnosis="wrong_point"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - np.tanh(state) ** 2)[:, None] * W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% largest_singular_value diagnosis="magnitude"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.linalg.norm(gradient, 2)
    return gradient if length <= limit else gradient * (limit / length)


# %% row_by_row diagnosis="wrong_rule"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.linalg.norm(gradient, axis=-1, keepdims=True)
    return gradient * np.minimum(1.0, limit / np.maximum(length, 1e-300))


# %% a_list diagnosis="wrong_type"
def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    length = np.sqrt(np.sum(gradient**2))
    return [each * min(1.0, limit / length) if length else each for each in gradient]


# %% tanh_of_the_state diagnosis="wrong_order"
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    return lambda h, x: W @ dp.tanh(h) + U @ x


# %% slopes_alone diagnosis="missing_factor"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = np.diag(1 - state**2) @ J
        norms.append(np.linalg.norm(J, 2))
    return norms


# %% begins_with_w diagnosis="double_counted"
def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    J, norms = W, [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms
