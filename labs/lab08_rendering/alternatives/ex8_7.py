# %% [markdown]
# Other right ways to do exercise 8.7 (a first guess); each gets full marks.

# %% pixel_by_pixel
def label(picture, colours):
    answer = np.zeros(picture.shape[:2], int)
    for i, row in enumerate(picture):
        for j, pixel in enumerate(row):
            gaps = [sum((pixel - colour) ** 2) for colour in [*colours, (1, 1, 1)]]
            answer[i, j] = gaps.index(min(gaps))
    return answer


def look(picture, colours):
    labels = label(picture, colours)
    scene = np.zeros((len(colours), 6))
    for k in range(len(colours)):
        inside = labels == k
        scene[k, 0] = np.sum(POINTS[..., 0] * inside) / np.sum(inside)
        scene[k, 1] = np.sum(POINTS[..., 1] * inside) / np.sum(inside)
        scene[k, 2] = PIXEL * np.sqrt(np.sum(inside) / np.pi)
    scene[:, 3:] = colours
    return scene


# %% by_products
import sys


def label(picture, colours):
    every = np.concatenate([colours, [[1.0, 1.0, 1.0]]])
    print(every.shape, file=sys.stderr)
    return np.argmax(2 * picture @ every.T - np.sum(every**2, axis=1), axis=2)


def look(picture, colours):
    labels = label(picture, colours).ravel()
    count = np.bincount(labels, minlength=len(colours) + 1)[: len(colours)]
    places = [
        np.bincount(labels, POINTS[..., k].ravel(), len(colours) + 1)[: len(colours)] / count
        for k in (0, 1)
    ]
    return np.column_stack([*places, np.sqrt(count / np.pi) * PIXEL, colours])


# %% the_best_so_far
def label(picture, colours):
    best = np.sum((picture - 1) ** 2, axis=2)
    answer = np.full(best.shape, len(colours))
    for k, colour in enumerate(colours):
        apart = np.sum((picture - colour) ** 2, axis=2)
        answer[apart < best] = k
        best = np.minimum(best, apart)
    return answer


def look(picture, colours):
    scene, labels = [], label(picture, colours)
    for k in range(len(colours)):
        rows, columns = np.nonzero(labels == k)
        x, y = POINTS[rows, columns].T
        scene.append((np.mean(x), np.mean(y), np.sqrt(len(x) / np.pi) * PIXEL, *colours[k]))
    return scene


# %% lists
def label(picture, colours):
    every = [*colours.tolist(), [1, 1, 1]]

    def nearest(pixel):
        apart = [sum((a - b) ** 2 for a, b in zip(pixel, each, strict=True)) for each in every]
        return apart.index(min(apart))

    return [[nearest(pixel) for pixel in row] for row in picture.tolist()]


def look(picture, colours):
    labels = np.array(label(picture, colours))
    masks = np.stack([labels == k for k in range(len(colours))]).astype(float)
    area = masks.sum((1, 2))
    at = np.einsum("kij,ijc->kc", masks, POINTS) / area[:, None]
    return np.hstack([at, np.sqrt(area / np.pi)[:, None] * PIXEL, colours])


# %% lengths_as_bytes
def label(picture, colours):
    every = np.append(colours, [[1, 1, 1]], axis=0)
    return np.linalg.norm(picture[..., None, :] - every, axis=-1).argmin(-1).astype(np.uint8)
