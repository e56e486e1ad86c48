# %% [markdown]
# Other right ways to do exercise 11.9 (exact again); each gets full marks.


# %% shape_by_shape
import sys


def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    at, size, colour = [], [], []
    for k, (_, paint, count) in enumerate(commands):
        x, y = constants["at"][k][0], constants["at"][k][1]
        for _ in range(count):
            at.append(dp.stack([x, y]))
            size.append(constants["size"][k])
            colour.append(paint)
            x = x + constants["step"][k]
    print(len(at), "shapes", file=sys.stderr)
    return {
        "at": dp.stack(at),
        "size": dp.stack(size),
        "turn": np.zeros(len(at)),
        "colour": np.array(colour),
    }


def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = sum(([kind] * count for kind, _, count in commands), [])
    difference = render.render(kinds, unroll(commands, constants), CANVAS, softness) - target
    return dp.sum(difference * difference) / difference.size


# %% by_a_matrix
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    counts = [count for _, _, count in commands]
    owner = [k for k, count in enumerate(counts) for _ in range(count)]
    pick = np.eye(len(commands))[owner]
    turn = np.array([j for count in counts for j in range(count)], float)
    along = dp.expand_dims((pick @ constants["step"]) * turn, -1) * np.array([[1.0, 0.0]])
    return {
        "at": pick @ constants["at"] + along,
        "size": pick @ constants["size"],
        "turn": 0.0 * turn,
        "colour": np.array([commands[k][1] for k in owner], float),
    }


# %% row_after_row
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    at, size, colour = [], [], []
    for k, (_, paint, count) in enumerate(commands):
        x = constants["at"][k, 0] + constants["step"][k] * np.arange(count)
        at.append(dp.stack([x, constants["at"][k, 1] + np.zeros(count)], -1))
        size.append(constants["size"][k] * np.ones(count))
        colour += [list(paint)] * count
    turn = np.zeros(len(colour))
    return dict(
        at=dp.concatenate(at), size=dp.concatenate(size), turn=turn, colour=np.array(colour)
    )


def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    kinds = np.repeat([kind for kind, _, _ in commands], [count for _, _, count in commands])
    scene = unroll(commands, constants)
    return np.mean(np.square(target - render.render(list(kinds), scene, CANVAS, softness)))
