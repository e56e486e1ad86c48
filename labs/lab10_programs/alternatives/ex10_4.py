# %% [markdown]
# Other right ways to do exercise 10.4 (the soft step); each gets full marks.


# %% line_by_line_as_the_listing
def soft_step(state, instr, goto, signs, choose=gate):
    import sys

    print("one turn of the loop", file=sys.stderr)
    X, Y, dir, reg, ptr = state
    columns = [choose(Y, signs[..., x, :, :]) for x in range(signs.shape[-4 + 1])]
    seen = choose(X, stack(*columns))
    lines = []
    for i in range(instr.shape[-2]):
        op = instr[..., i, :]
        lines.append(
            (
                choose(op, stack(X, X, MOVE_X(X, dir), X)),
                choose(op, stack(Y, Y, MOVE_Y(Y, dir), Y)),
                choose(op, stack(dir, dir, dir, seen)),
                choose(op, stack(INC(reg), DEC(reg), reg, reg)),
                goto[..., i, :],
            )
        )
    new = [choose(ptr, stack(*each)) for each in zip(*lines, strict=True)]
    return State(*[choose(sides(dir), stack(a, b)) for a, b in zip(state, new, strict=True)])


# %% by_matrices
def soft_step(state, instr, goto, signs, choose=gate):
    do = choose(state.ptr, instr)
    where = torch.einsum("...x,...y->...xy", state.X, state.Y)
    seen = choose(where.reshape(*where.shape[:-2], -1), signs.reshape(*signs.shape[:-3], -1, 5))
    stay = torch.stack([state.dir[..., 0], 1 - state.dir[..., 0]], -1)

    def become(old, inc, dec, move, look):
        return choose(stay, stack(old, choose(do, stack(inc, dec, move, look))))

    X, Y, dir, reg, ptr = state
    return State(
        become(X, X, X, MOVE_X(X, dir), X),
        become(Y, Y, Y, MOVE_Y(Y, dir), Y),
        become(dir, dir, dir, dir, seen),
        become(reg, INC(reg), DEC(reg), reg, reg),
        choose(stay, stack(ptr, choose(ptr, goto))),
    )


# %% question_by_question
def soft_step(state, instr, goto, signs, choose=gate):
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)

    def whether(p, yes, no):
        return choose(torch.stack([p, 1 - p], -1), stack(yes, no))

    seen = choose(Y, choose(X[..., None, :], signs.transpose(-3, -2)))
    new_reg = whether(do[..., 0], INC(reg), whether(do[..., 1] / (1 - do[..., 0]), DEC(reg), reg))
    running = (
        whether(do[..., 2], MOVE_X(X, dir), X),
        whether(do[..., 2], MOVE_Y(Y, dir), Y),
        whether(do[..., 3], seen, dir),
        new_reg,
        choose(ptr, goto),
    )
    return [whether(dir[..., 0], old, new) for old, new in zip(state, running, strict=True)]


# %% twelve_ways_at_once
def soft_step(state, instr, goto, signs, choose=gate):
    import warnings

    warnings.warn("a line and an instruction are one choice")
    X, Y, dir, reg, ptr = state
    ways = (ptr[..., None] * instr).flatten(-2)
    cell = torch.einsum("...x,...y->...xy", X, Y).flatten(-2)
    seen = choose(cell, signs.flatten(-3, -2))

    def become(old, *four):
        return choose(sides(dir).flip(-1), stack(choose(ways, stack(*four, *four, *four)), old))

    place = X.roll(1, -1), X.roll(-1, -1)
    move = dir[..., 1, None] * place[0] + dir[..., 3, None] * place[1]
    move = move + (1 - dir[..., 1] - dir[..., 3])[..., None] * X
    return state._replace(
        X=become(X, X, X, move, X),
        Y=become(Y, Y, Y, MOVE_Y(Y, dir), Y),
        dir=become(dir, dir, dir, dir, seen),
        reg=become(reg, reg.roll(1, -1), reg.roll(-1, -1), reg, reg),
        ptr=choose(sides(dir), stack(ptr, choose(ptr, goto))),
    )
