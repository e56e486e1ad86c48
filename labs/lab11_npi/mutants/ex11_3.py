# %% [markdown]
# Wrong ways to do exercise 11.3 (one step); each loses marks, for the reason named.


# %% p_before_s diagnosis="wrong_order"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([net.M_prog[program], s], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% begins_afresh diagnosis="stale"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), net.start(len(program)))
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% returns_the_old_state diagnosis="no_update"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), state


# %% c_and_h_swapped diagnosis="swapped"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (c, h)


# %% another_program diagnosis="wrong_value"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program - 1]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% reads_c diagnosis="wrong_argument"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(c)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% reads_the_old_h diagnosis="stale"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(state[0])[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% a_column_too_many diagnosis="shape"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h), called, [f(h) for f in net.f_arg]), (h, c)


# %% a_probability_of_the_end diagnosis="normalised"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (torch.sigmoid(net.f_end(h)[:, 0]), called, [f(h) for f in net.f_arg]), (h, c)


# %% probabilities_of_programs diagnosis="normalised"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = torch.softmax(net.f_prog(h) @ net.M_key.T, -1)
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% cosine_similarity diagnosis="normalised"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ functional.normalize(net.M_key, dim=-1).T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% the_key_itself diagnosis="wrong_rule"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h)
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% embeddings_for_keys diagnosis="raised"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_prog.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% decided_already diagnosis="wrong_type"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = (net.f_prog(h) @ net.M_key.T).argmax(-1)
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% one_argument diagnosis="shape"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [net.f_arg[0](h)]), (h, c)


# %% arguments_decided diagnosis="wrong_type"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h).argmax(-1) for f in net.f_arg]), (h, c)


# %% flat diagnosis="wrong_type"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg], h, c


# %% detached_embedding diagnosis="zero"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program].detach()], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% through_numpy diagnosis="missing_term"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = torch.tensor(net.f_prog(h).detach().numpy() @ net.M_key.detach().numpy().T)
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% ready_made diagnosis="borrowed"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    answer, state = net(seen, given, program, state)
    return (answer.end, answer.programs, answer.arguments), state


# %% squeezed diagnosis="shape"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h).squeeze(), called, [f(h) for f in net.f_arg]), (h, c)


# %% detached_arguments diagnosis="zero"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h.detach()) for f in net.f_arg]), (h, c)


# %% forgets_how_it_came_here diagnosis="zero"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    before = tuple(each.detach() for each in state)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), before)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)


# %% arguments_of_c diagnosis="wrong_argument"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(c) for f in net.f_arg]), (h, c)


# %% state_handed_in_crosswise diagnosis="swapped"
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    s = net.f_enc(seen, given)
    h, c = net.f_lstm(torch.cat([s, net.M_prog[program]], -1), state[::-1])
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)
