# %% [markdown]
# Other right ways to do exercise 11.4 (the loss of a frame); each gets full marks.


# %% frame_by_frame
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    losses = []
    for i in range(len(lessons.steps)):
        state, loss = net.start(1), 0.0
        for t in range(int(lessons.steps[i])):
            (end, called, arguments), state = step(
                net,
                lessons.seen[i : i + 1, t],
                lessons.given[i : i + 1],
                lessons.program[i : i + 1],
                state,
            )
            if lessons.end[i, t] > 0:
                loss = loss - functional.logsigmoid(end[0])
                continue
            loss = loss - functional.logsigmoid(-end[0])
            loss = loss - torch.log_softmax(called[0], 0)[lessons.called[i, t]]
            for k, logits in enumerate(arguments):
                loss = loss - torch.log_softmax(logits[0], 0)[lessons.called_with[i, t, k]]
        losses.append(loss)
    return torch.stack(losses)


# %% by_gather
import sys


def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""

    def surprise(logits, goal):
        return -torch.log_softmax(logits, -1).gather(-1, goal[:, None])[:, 0]

    n, length = lessons.end.shape
    state, terms = net.start(n), []
    print(n, "frames", file=sys.stderr)
    for t in range(length):
        answer, state = step(net, lessons.seen[:, t], lessons.given, lessons.program, state)
        sign = 1 - 2 * lessons.end[:, t]
        stop = functional.softplus(sign * answer[0])
        goals = [lessons.called[:, t], *lessons.called_with[:, t].T]
        calls = sum(surprise(x, y) for x, y in zip([answer[1], *answer[2]], goals))
        loss = torch.where(lessons.end[:, t] > 0, stop, stop + calls)
        terms.append(torch.where(lessons.steps > t, loss, 0.0))
    return torch.stack(terms).sum(0)


# %% masks_in_place
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    n, length = lessons.end.shape
    state, total = net.start(n), torch.zeros(n)
    for t in range(length):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal, there = lessons.end[:, t], t < lessons.steps
        goes = there & (goal == 0)
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total[there] += stop[there]
        total[goes] += functional.cross_entropy(
            called[goes], lessons.called[goes, t], reduction="none"
        )
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[goes, t, k]
            total[goes] += functional.cross_entropy(logits[goes], asked, reduction="none")
    return total
