# %% [markdown]
# Other right ways to do exercise 8.9 (ink); each gets full marks.

# %% paper_by_products
def glow(distance, width):
    ratio = distance / width
    return 1 / dp.exp(dp.minimum(ratio * ratio, 500.0))


def draw(lines, width, points):
    paper = 1.0
    for k in range(len(lines)):
        a, b = lines[k][:2], lines[k][2:]
        paper = paper * (1.0 - glow(segment(points, a, b), width))
    return 1.0 - paper


def sketch_loss(lines, image, width, points, blurred):
    gap = render.blur(image - 1.0 + draw(lines, width, points), blurred)
    return dp.sum(gap**2) / image.size


# %% with_a_dot
import sys


def glow(distance, width):
    return dp.exp(-dp.square(distance) / width**2)


def draw(lines, width, points):
    layers = []
    for x0, y0, x1, y1 in (tuple(lines[k, j] for j in range(4)) for k in range(len(lines))):
        distance = segment(points, dp.stack([x0, y0]), dp.stack([x1, y1]))
        layers.append(glow(distance, width))
    print(len(layers), file=sys.stderr)
    return soft_or(dp.stack(layers))


def sketch_loss(lines, image, width, points, blurred):
    wanted, ink = 1.0 - image, draw(lines, width, points)
    return dp.mean(dp.square(render.blur(ink, blurred) - render.blur(wanted, blurred)))


# %% all_at_once
def glow(distance, width):
    return np.exp(-distance * distance / (width * width))


def draw(lines, width, points):
    along = dp.reshape(lines[:, 2:] - lines[:, :2], (-1, 1, 1, 2))
    away = dp.expand_dims(points, 0) - dp.reshape(lines[:, :2], (-1, 1, 1, 2))
    foot = dp.sum(away * along, axis=-1) / dp.maximum(dp.sum(along * along, axis=-1), 1e-12)
    gap = away - dp.expand_dims(dp.clip(foot, 0, 1), -1) * along
    return soft_or(glow(dp.linalg.norm(gap, axis=-1), width))


def sketch_loss(lines, image, width, points, blurred):
    from dpkit.render import blur

    sheet, goal = blur(1 - draw(lines, width, points), width=blurred), blur(image, width=blurred)
    return dp.nn.mse_loss(sheet, goal)


# %% stroke_by_stroke
def _stroke(line, width, points):
    return glow(segment(points=points, start=line[:2], end=line[2:]), width=width)


def draw(lines, width, points):
    ink = 0.0
    for line in lines:
        more = _stroke(line, width, points)
        ink = ink + more - ink * more
    return ink


def sketch_loss(lines, image, width, points, blurred):
    ink = draw(lines=lines, width=width, points=points)
    return dp.mean(dp.square(render.blur(image, blurred) - render.blur(1.0 - ink, blurred)))


# %% lists_of_layers
def soft_or(covered):
    white = 1.0
    for each in covered:
        white = white * (1.0 - each)
    return 1.0 - white


def draw(lines, width, points):
    return soft_or([glow(segment(points, each[:2], each[2:]), width) for each in lines])
