# %% [markdown]
# Wrong ways to do exercise 10.4 (the soft step); each loses marks, for the reason named.


# %% never_halts diagnosis="missing_term"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    return State(
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, choose(cell, signs.flatten(-3, -2)))),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )


# %% inc_and_dec_swapped diagnosis="swapped"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, choose(cell, signs.flatten(-3, -2)))),
        choose(do, stack(DEC(reg), INC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% halted_the_wrong_way_round diagnosis="swapped"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, choose(cell, signs.flatten(-3, -2)))),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(new, state, strict=True)))


# %% moves_where_it_just_looked diagnosis="post_update"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, seen), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, seen), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% goto_transposed diagnosis="transposed"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, choose(cell, signs.flatten(-3, -2)))),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto.transpose(-1, -2)),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% all_lines_at_once diagnosis="ignored_argument"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    even = torch.full_like(ptr, 1 / 3)
    do = choose(even, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, choose(cell, signs.flatten(-3, -2)))),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(even, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% stays_where_it_is diagnosis="no_update"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    new = (
        X,
        Y,
        choose(do, stack(dir, dir, dir, choose(cell, signs.flatten(-3, -2)))),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% x_and_y_swapped_in_the_grid diagnosis="transposed"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    seen = torch.einsum("...y,...x,...yxd->...d", Y, X, signs)
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% always_its_own_gate diagnosis="ignored_argument"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = gate(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    new = (
        gate(do, stack(X, X, MOVE_X(X, dir), X)),
        gate(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        gate(do, stack(dir, dir, dir, gate(cell, signs.flatten(-3, -2)))),
        gate(do, stack(INC(reg), DEC(reg), reg, reg)),
        gate(ptr, goto),
    )
    return State(*(gate(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% only_three_of_five diagnosis="wrong_type"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    return choose(do, stack(X, X, MOVE_X(X, dir), X)), choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y))


# %% halts_by_what_it_just_saw diagnosis="post_update"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(new[2]), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% looks_where_it_moves_to diagnosis="post_update"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    at_x = MOVE_X(X, dir)
    at_y = MOVE_Y(Y, dir)
    line = choose(ptr, instr)
    at_x, at_y = choose(line, stack(X, X, at_x, X)), choose(line, stack(Y, Y, at_y, Y))
    do = choose(ptr, instr)
    cell = (at_x[..., :, None] * at_y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% mixes_the_lines_itself diagnosis="ignored_argument"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = (ptr[..., None] * instr).sum(-2)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% forgets_the_way_it_came diagnosis="missing_term"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    X, Y, dir, reg, ptr = (each.detach() for each in state)
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% moves_across_for_along diagnosis="swapped"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_Y(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_X(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))


# %% only_for_full_shapes diagnosis="raised"
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    full = X.shape[:2]
    ptr, instr = ptr.expand(*full, 3), instr.expand(*full, 3, 4)
    do = choose(ptr, instr)
    cell = (X[..., :, None] * Y[..., None, :]).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        choose(do, stack(INC(reg), DEC(reg), reg, reg)),
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))
