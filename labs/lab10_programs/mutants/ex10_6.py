# %% [markdown]
# Wrong ways to do exercise 10.6 (learn, then verify); each loses marks, for the reason named.


# %% a_negative_surprise diagnosis="sign"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total + told.clamp_min(TINY).log().mean(-1)
    return total


# %% summed_over_examples diagnosis="not_summed"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log().sum(-1)
    return total


# %% one_number_for_all diagnosis="shape"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log().mean()
    return total


# %% the_last_output_only diagnosis="overwritten"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = -told.clamp_min(TINY).log().mean(-1)
    return total


# %% logarithm_of_the_mean diagnosis="wrong_order"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.mean(-1).clamp_min(TINY).log()
    return total


# %% no_logarithm diagnosis="missing_factor"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total + (1 - told).mean(-1)
    return total


# %% in_bits diagnosis="factor"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log2().mean(-1)
    return total


# %% not_clamped diagnosis="not_finite"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.log().mean(-1)
    return total


# %% mean_of_outputs diagnosis="averaged"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log().mean(-1) / len(outputs)
    return total


# %% plain_numbers diagnosis="zero"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name].detach()[:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log().mean(-1)
    return total


# %% gradients_pile_up diagnosis="accumulated"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        losses.sum().backward()
        optimizer.step()
        watch(step)
    return np.array(history)


# %% mean_over_restarts diagnosis="averaged"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
        watch(step)
    return np.array(history)


# %% never_steps diagnosis="no_update"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        optimizer.zero_grad()
        losses.sum().backward()
        watch(step)
    return np.array(history)


# %% zeroed_too_late diagnosis="no_update"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        losses.sum().backward()
        optimizer.zero_grad()
        optimizer.step()
        watch(step)
    return np.array(history)


# %% asks_twice diagnosis="late_evaluation"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        history.append(loss_of().detach().numpy())
        optimizer.zero_grad()
        loss_of().sum().backward()
        optimizer.step()
        watch(step)
    return np.array(history)


# %% only_their_sum diagnosis="shape"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of().sum()
        history.append(losses.item())
        optimizer.zero_grad()
        losses.backward()
        optimizer.step()
        watch(step)
    return np.array(history)


# %% a_list_of_tensors diagnosis="wrong_type"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach())
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        watch(step)
    return history


# %% nobody_watches diagnosis="not_asked"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for _ in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
    return np.array(history)


# %% the_first_restart_always diagnosis="wrong_argument"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[0].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    truth = zip(outputs["final_X"], outputs["final_Y"], outputs["path_len"], strict=True)
    right = [interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)]
    return values, np.array(right)


# %% forgets_the_register diagnosis="missing_term"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    truth = zip(outputs["final_X"], outputs["final_Y"], strict=True)
    right = [interpret(values, *a)[:2] == b for a, b in zip(asked, truth, strict=True)]
    return values, np.array(right)


# %% one_answer_for_all diagnosis="shape"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    truth = zip(outputs["final_X"], outputs["final_Y"], outputs["path_len"], strict=True)
    right = [interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)]
    return values, np.mean(right)


# %% probabilities_for_values diagnosis="shape"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    truth = zip(outputs["final_X"], outputs["final_Y"], outputs["path_len"], strict=True)
    right = [interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)]
    sure = {name: torch.softmax(each[restart], -1).tolist() for name, each in logits.items()}
    return sure, np.array(right)


# %% wrong_for_right diagnosis="sign"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    truth = zip(outputs["final_X"], outputs["final_Y"], outputs["path_len"], strict=True)
    wrong = [interpret(values, *a) != b for a, b in zip(asked, truth, strict=True)]
    return values, np.array(wrong)


# %% clamped_after_the_logarithm diagnosis="not_finite"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        told = found[name][:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.log().clamp_min(float(np.log(TINY))).mean(-1)
    return total


# %% outputs_by_position diagnosis="swapped"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for each, truth in zip(found.values(), outputs.values(), strict=True):
        told = each[:, torch.arange(len(truth)), torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log().mean(-1)
    return total


# %% every_example_s_truth diagnosis="double_counted"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    return sum(
        -found[name][:, :, torch.as_tensor(truth)].clamp_min(TINY).log().mean((-2, -1))
        for name, truth in outputs.items()
    )


# %% cross_entropy_of_probabilities diagnosis="other_function"
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    total = 0.0
    for name, truth in outputs.items():
        asked = torch.as_tensor(truth).expand(len(found[name]), -1)
        each = torch.nn.functional.cross_entropy(
            found[name].transpose(1, 2), asked, reduction="none"
        )
        total = total + each.mean(1)
    return total


# %% watched_too_early diagnosis="wrong_order"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        watch(step)
        losses = loss_of()
        history.append(losses.detach().numpy())
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
    return np.array(history)


# %% goes_without_the_optimizer diagnosis="other_function"
def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        optimizer.zero_grad()
        losses.sum().backward()
        with torch.no_grad():
            for group in optimizer.param_groups:
                for each in group["params"]:
                    each -= group["lr"] * each.grad
        watch(step)
    return np.array(history)


# %% numpy_of_what_has_a_slope diagnosis="raised"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: np.argmax(each[restart], -1).tolist() for name, each in logits.items()}
    asked, truth = zip(*inputs.values(), strict=True), zip(*outputs.values(), strict=True)
    right = [interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)]
    return values, np.array(right)


# %% a_list_of_answers diagnosis="wrong_type"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked, truth = zip(*inputs.values(), strict=True), zip(*outputs.values(), strict=True)
    return values, [interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)]


# %% place_as_row_and_column diagnosis="swapped"
def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_Y"], inputs["init_X"], strict=True)
    truth = zip(outputs["final_Y"], outputs["final_X"], outputs["path_len"], strict=True)
    return values, np.array([interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)])
