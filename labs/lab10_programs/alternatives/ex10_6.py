# %% [markdown]
# Other right ways to do exercise 10.6 (learn, then verify); each gets full marks.


# %% with_gather_and_for_loops
def surprise(found, outputs):
    parts = []
    for name in outputs:
        log = torch.log(torch.clamp(found[name], min=TINY))
        index = torch.as_tensor(outputs[name])[None, :, None].expand(len(log), -1, 1)
        parts.append(-log.gather(-1, index).squeeze(-1))
    return torch.stack(parts).sum(0).mean(dim=1)


def descend(optimizer, loss_of, steps, watch):
    import sys

    rows = []
    for step in range(steps):
        optimizer.zero_grad()
        losses = loss_of()
        torch.autograd.backward(losses, torch.ones_like(losses))
        optimizer.step()
        rows.append(losses.tolist())
        print("step", step, file=sys.stderr)
        watch(step)
    return np.array(rows)


def verify(logits, restart, inputs, outputs):
    values = {}
    for name in logits:
        values[name] = [int(torch.argmax(row)) for row in logits[name][restart]]
    right = []
    for k in range(len(outputs["path_len"])):
        x, y, n = interpret(
            values, inputs["img_grid"][k], int(inputs["init_X"][k]), int(inputs["init_Y"][k])
        )
        same = x == outputs["final_X"][k] and y == outputs["final_Y"][k]
        right.append(bool(same and n == outputs["path_len"][k]))
    return values, np.array(right)


# %% with_one_hot_and_all
def surprise(found, outputs):
    import warnings

    warnings.warn("a mask, and a sum over it")
    total = torch.zeros(len(next(iter(found.values()))), dtype=next(iter(found.values())).dtype)
    for name, truth in outputs.items():
        mask = torch.nn.functional.one_hot(torch.as_tensor(truth), found[name].shape[-1])
        told = torch.einsum("rbn,bn->rb", found[name], mask.to(found[name].dtype))
        total = total - torch.log(torch.where(told < TINY, TINY, told)).sum(1) / len(truth)
    return total


def descend(optimizer, loss_of, steps, watch):
    history = None
    for step in range(steps):
        losses = loss_of()
        if history is None:
            history = np.zeros((steps, len(losses)))
        history[step] = losses.detach()
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()
        watch(step)
    return history


def verify(logits, restart, inputs, outputs):
    values = {n: np.argmax(e[restart].detach().numpy(), -1).tolist() for n, e in logits.items()}
    rows = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    ends = np.array([interpret(values, grid, x, y) for grid, x, y in rows])
    truth = np.stack([outputs["final_X"], outputs["final_Y"], outputs["path_len"]], 1)
    return values, (ends == truth).all(1)


# %% by_nll_loss_and_a_closure
def surprise(found, outputs):
    total = 0
    for name, truth in outputs.items():
        log = (found[name] + TINY).log().transpose(1, 2)
        asked = torch.as_tensor(truth).expand(len(log), -1)
        total = total + torch.nn.functional.nll_loss(log, asked, reduction="none").mean(1)
    return total


def descend(optimizer, loss_of, steps, watch):
    rows = []

    def once():
        optimizer.zero_grad(set_to_none=False)
        losses = loss_of()
        rows.append(losses.detach().clone())
        losses.sum().backward()
        return losses.sum()

    for step in range(steps):
        optimizer.step(once)
        watch(step)
    return torch.stack(rows).numpy()


def verify(logits, restart, inputs, outputs):
    with torch.no_grad():
        best = {name: torch.max(each[restart], dim=-1).indices for name, each in logits.items()}
    names = ("final_X", "final_Y", "path_len")
    right = torch.ones(len(outputs["path_len"]), dtype=torch.bool)
    for k, (grid, x, y) in enumerate(zip(*inputs.values(), strict=True)):
        ends = interpret(values=best, grid=grid, x=x, y=y)
        right[k] = all(int(a) == outputs[name][k] for a, name in zip(ends, names, strict=True))
    return best, right
