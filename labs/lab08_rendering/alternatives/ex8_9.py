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
