# %% [markdown]
# Wrong ways to do exercise 11.9 (exact again); each loses marks, for the reason named.


# %% all_in_one_place diagnosis="no_update"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command],
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% diagonally diagnosis="wrong_rule"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step,
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% upwards diagnosis="transposed"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([0.0, 1.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% begins_one_late diagnosis="constant_offset"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(1, count + 1) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% to_the_left diagnosis="sign"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] - step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% one_step_only diagnosis="stale"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.minimum(np.arange(count), 1) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% not_unrolled diagnosis="truncated"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.arange(len(commands))
    turn = np.zeros(len(commands))
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% sizes_of_the_first diagnosis="wrong_value"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][0 * command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% numpy_on_the_way diagnosis="zero"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    plain = {name: dp.stop_gradient(value) for name, value in constants.items()}
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": plain["at"][command]
        + dp.expand_dims(plain["step"][command] * turn, -1) * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% a_list diagnosis="wrong_type"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    at = [
        constants["at"][k] + j * constants["step"][k] * np.array([1.0, 0.0])
        for k, (_, _, count) in enumerate(commands)
        for j in range(count)
    ]
    return at


# %% each_kind_once diagnosis="raised"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, _ in commands]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.mean((drawn - target) ** 2)


# %% the_sum diagnosis="not_summed"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.sum((drawn - target) ** 2)


# %% with_the_root diagnosis="magnitude"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.sqrt(dp.mean((drawn - target) ** 2))


# %% absolute diagnosis="wrong_rule"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.mean(dp.abs(drawn - target))


# %% without_squares diagnosis="wrong_rule"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.mean(drawn - target)


# %% another_softness diagnosis="wrong_value"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, 0.18)
    return dp.mean((drawn - target) ** 2)


# %% without_a_tape diagnosis="zero"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.mean((dp.stop_gradient(drawn) - target) ** 2)


# %% one_colour diagnosis="wrong_value"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[0][1] for _ in command]),
    }


# %% without_turn_and_colour diagnosis="missing"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
    }


# %% lists_of_numbers diagnosis="wrong_type"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    at, size, colour = [], [], []
    for k, (_, paint, count) in enumerate(commands):
        x, y = constants["at"][k]
        for j in range(count):
            at.append([x + j * constants["step"][k], y])
            size.append(constants["size"][k])
            colour.append(paint)
    return {"at": at, "size": size, "turn": [0.0] * len(at), "colour": colour}


# %% places_cut_off diagnosis="zero"
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": dp.stop_gradient(constants["at"])[command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }


# %% one_kind_for_all diagnosis="wrong_argument"
def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = [commands[0][0] for _, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.mean((drawn - target) ** 2)
