# %% [markdown]
# Wrong ways to do exercise 11.4 (the loss of a frame); each loses marks, for the reason named.


# %% counts_the_filling diagnosis="accumulated"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + stop + (1 - goal) * rest
    return total


# %% asks_for_a_call_at_the_end diagnosis="double_counted"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + rest)
    return total


# %% state_afresh_in_each_step diagnosis="stale"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, net.start(len(lessons.steps))
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% without_the_end diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (1 - goal) * rest
    return total


# %% without_arguments diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        pass
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% the_first_argument_only diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments[:1]):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% without_the_program diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = 0.0
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% mean_over_steps diagnosis="averaged"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total / lessons.steps


# %% one_number diagnosis="not_summed"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total.mean()


# %% log_p diagnosis="sign"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return -total


# %% end_turned_round diagnosis="sign"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(-end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% detached_state diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
        state = tuple(each.detach() for each in state)
    return total


# %% plain_numbers diagnosis="zero"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total.detach()


# %% ready_made diagnosis="borrowed"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    return npi.frame_losses(net, lessons)


# %% one_state_for_all_frames diagnosis="raised"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% act_is_nothing diagnosis="wrong_argument"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (lessons.called[:, t] > 0) * rest)
    return total


# %% logarithms_of_probabilities diagnosis="not_finite"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = -torch.where(goal > 0, end.sigmoid().log(), (1 - end.sigmoid()).log())
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% means_over_the_frames diagnosis="averaged"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t])
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked)
        stop = functional.binary_cross_entropy_with_logits(end, goal)
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% asked_only_at_the_end diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (goal * stop + (1 - goal) * rest)
    return total


# %% without_the_last_step diagnosis="early_stop"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t + 1 < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% one_step_too_many diagnosis="constant_offset"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t <= lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% held_back diagnosis="clipped"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy(end.sigmoid(), goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% keeps_the_last_step diagnosis="overwritten"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% asked_only_where_it_ends diagnosis="wrong_rule"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + goal * rest)
    return total


# %% means_of_the_programs diagnosis="averaged"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t])
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% means_of_the_arguments diagnosis="averaged"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked)
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% means_of_the_ends diagnosis="averaged"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal)
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% calls_in_the_filling diagnosis="accumulated"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * stop + (1 - goal) * rest
    return total


# %% ends_in_the_filling diagnosis="accumulated"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + stop + (t < lessons.steps) * (1 - goal) * rest
    return total


# %% softmax_twice diagnosis="normalised"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called.softmax(-1), lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits.softmax(-1), asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% sigmoid_twice diagnosis="normalised"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(
            torch.sigmoid(end), goal, reduction="none"
        )
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% bare_logits diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.nll_loss(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.nll_loss(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% sees_only_the_first diagnosis="stale"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, 0], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% runs_what_it_calls diagnosis="wrong_argument"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.called[:, t], state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% given_what_it_gives diagnosis="wrong_argument"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.called_with[:, t], lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% arguments_of_act_alone diagnosis="missing_term"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + (lessons.called[:, t] == 0) * functional.cross_entropy(
                logits, asked, reduction="none"
            )
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total


# %% divided_by_the_table diagnosis="averaged"
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total / lessons.end.shape[1]
