"""A small object detector and the scenes it learns from: `python -m course.systems.detector`.

    scene (3, 48, 48) ──Detector──▶ centres (3, 12, 12), places (4, 12, 12) ──detect──▶ boxes

A scene is a picture of 48 × 48 pixels with one to four discs, squares and triangles on a noisy ground.
The network looks at a grid of 12 × 12 cells. Of each cell it says, for each kind, whether a shape's
centre is there (a logistic regression), and where in the cell and how large (a regression that counts
at true centres only). Boxes that overlap a better one of their kind are thrown away: a hard step,
which nothing is trained through.

Nor is anything trained through the measure that judges it: average precision sorts and counts, and
its derivative is zero almost everywhere. The loss stands in for it.

A box is (left, top, right, bottom) in pixels.

Source: Zhou, Wang and Krähenbühl, "Objects as points", arXiv:1904.07850, 2019.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course.systems.shapes import box as square
from course.systems.shapes import cover, disc, paint, triangle
from dpkit import relax

SIZE, CELL, KINDS = 48, 4, ("disc", "square", "triangle")
GRID = SIZE // CELL
SHAPES = (disc, square, triangle)


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of a box (4,) with each of others (n, 4)."""
    return relax.iou(box, others) if len(others) else np.zeros(0)


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture (3, 48, 48), float32 from 0 to 1, and its shapes: rows of box and kind, (n, 5)."""
    shapes = np.zeros((0, 5))
    wanted = rng.integers(1, 5)
    for _ in range(30):
        if len(shapes) == wanted:
            break
        radius = rng.uniform(4, 9)
        x, y = rng.uniform(radius, SIZE - radius, 2)
        box = np.array([x - radius, y - radius, x + radius, y + radius])
        if not np.any(overlap(box, shapes[:, :4]) > 0.1):  # it would hide another: throw again
            shapes = np.vstack([shapes, [*box, rng.integers(len(KINDS))]])
    ground = rng.uniform(0.2, 0.8, 3)
    colours = rng.uniform(0, 1, (len(shapes), 3))
    for colour in colours:
        while np.abs(colour - ground).sum() < 0.6:  # it would not be seen
            colour[:] = rng.uniform(0, 1, 3)
    picture = draw(shapes, ground, colours) + rng.normal(0, 0.05, (3, SIZE, SIZE))
    return np.clip(picture, 0, 1).astype(np.float32), shapes


def draw(shapes: np.ndarray, ground: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """The picture (3, 48, 48) of shapes (n, 5) in colours (n, 3), without noise."""
    along = torch.arange(SIZE) + 0.5
    y, x = torch.meshgrid(along, along, indexing="ij")
    picture = torch.tensor(ground)[None, :, None, None].expand(1, 3, SIZE, SIZE)
    for (left, top, right, bottom, kind), colour in zip(shapes, colours, strict=True):
        distance = SHAPES[int(kind)](
            x - (left + right) / 2, y - (top + bottom) / 2, (right - left) / 2
        )
        picture = paint(picture, torch.tensor(colour)[:, None, None], cover(distance, 1.0)[None])
    return picture[0].numpy()


def scenes(count: int, seed: int, judging: bool = False) -> tuple[np.ndarray, list[np.ndarray]]:
    """Pictures (count, 3, 48, 48) and the shapes of each. Those to judge with come from another stream
    of chance than those to train with, whatever the seed."""
    rng = np.random.default_rng([seed, int(judging)])
    pictures, shapes = zip(*(scene(rng) for _ in range(count)), strict=True)
    return np.stack(pictures), list(shapes)


def targets(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a detector should say of a scene: centres (3, 12, 12), 0 or 1, and at the centres the place
    in the cell and the logarithm of the size in cells (4, 12, 12)."""
    centres = np.zeros((len(KINDS), GRID, GRID), np.float32)
    places = np.zeros((4, GRID, GRID), np.float32)
    for left, top, right, bottom, kind in shapes:
        x, y = (left + right) / 2 / CELL, (top + bottom) / 2 / CELL
        i, j = min(int(y), GRID - 1), min(int(x), GRID - 1)
        centres[int(kind), i, j] = 1
        sizes = np.log([(right - left) / CELL, (bottom - top) / CELL])
        places[:, i, j] = x - j, y - i, *sizes
    return centres, places


class Detector(nn.Module):
    """Pictures (n, 3, 48, 48) to logits of centres (n, 3, 12, 12) and to places (n, 4, 12, 12)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out, stride in (
            (3, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1), (64, 64, 1),
        ):  # fmt: skip
            layers += [
                nn.Conv2d(into, out, 3, stride, 1, bias=False),
                nn.BatchNorm2d(out),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(64, len(KINDS) + 4, 1)
        with torch.no_grad():
            self.head.bias[: len(KINDS)] = -4.0  # nearly all cells are empty: start by saying so

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        out = self.head(self.body(pictures))
        return out[:, : len(KINDS)], out[:, len(KINDS) :]


def loss(
    logits: torch.Tensor, places: torch.Tensor, centres: torch.Tensor, wanted: torch.Tensor
) -> torch.Tensor:
    """Logistic loss of all cells, those that are already right weighing little (focal), and the error
    of the places at true centres; for each shape."""
    wrong = torch.abs(centres - torch.sigmoid(logits)).detach()
    each = functional.binary_cross_entropy_with_logits(logits, centres, reduction="none")
    there = centres.amax(1, keepdim=True)
    off = functional.smooth_l1_loss(places, wanted, reduction="none", beta=0.1)
    return ((wrong**2 * each).sum() + (there * off).sum()) / centres.sum()


def train(
    count: int = 2500, steps: int = 500, batch: int = 16, seed: int = 0, rate: float = 8e-3
) -> Detector:
    """A detector trained on `count` scenes."""
    rng = np.random.default_rng([seed, 2])
    torch.manual_seed(seed)
    pictures, shapes = scenes(count, seed)
    centres, places = zip(*map(targets, shapes), strict=True)
    data = [torch.tensor(each) for each in (pictures, np.stack(centres), np.stack(places))]
    model = Detector()
    optimiser = torch.optim.AdamW(model.parameters(), rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for _ in range(steps):
        some = torch.tensor(rng.integers(0, count, batch))
        seen, true, where = (each[some] for each in data)
        optimiser.zero_grad()
        loss(*model(seen), true, where).backward()
        optimiser.step()
        schedule.step()
    return model.eval()


Found = list[tuple[float, int, np.ndarray]]  # score, kind, box; the best first


@torch.no_grad()
def detect(model: Detector, pictures: np.ndarray, least: float = 0.05) -> list[Found]:
    """What is found in each picture, after non-maximum suppression at an overlap of 0.4."""
    logits, places = model(torch.as_tensor(pictures))
    found = []
    for chances, where in zip(torch.sigmoid(logits).numpy(), places.numpy(), strict=True):
        candidates = []
        for kind, i, j in np.argwhere(chances > least):
            x, y = CELL * (j + where[0, i, j]), CELL * (i + where[1, i, j])
            w, h = CELL * np.exp(where[2:, i, j]) / 2
            box = np.array([x - w, y - h, x + w, y + h])
            candidates.append((float(chances[kind, i, j]), int(kind), box))
        kept: Found = []
        for score, kind, box in sorted(candidates, key=lambda each: -each[0]):
            better = np.array([other for _, same, other in kept if same == kind])
            if not np.any(overlap(box, better) > 0.4):
                kept.append((score, kind, box))
        found.append(kept)
    return found


def average_precision(
    found: list[Found], truths: list[np.ndarray], kind: int, least: float = 0.5
) -> float:
    """Area under the curve of precision by recall, for one kind, over all scenes together.

    The boxes are taken in the order of their scores. One is right if it overlaps a true one of its
    scene, which no better box has claimed, by at least `least`. Precision at a recall is the best one
    there or at any higher recall; a recall that is never reached counts 0. Raises ValueError if the
    scenes hold nothing of the kind: nothing can be said of it then.

    Source: Everingham et al., "The Pascal visual object classes challenge: a retrospective", 2015; a
    box may claim its second-best true one if the best is taken, as in COCO.
    """
    total = sum(int(np.sum(truth[:, 4] == kind)) for truth in truths)
    if not total:
        raise ValueError(f"The scenes hold no {KINDS[kind]}, so its precision has no meaning.")
    answers = []
    for boxes, truth in zip(found, truths, strict=True):
        free = truth[truth[:, 4] == kind, :4]
        for score, which, box in boxes:
            if which != kind:
                continue
            overlaps = overlap(box, free)
            right = bool(len(free)) and bool(overlaps.max() >= least)
            answers.append((score, right))
            if right:
                free = np.delete(free, overlaps.argmax(), axis=0)
    right = np.cumsum([hit for _, hit in sorted(answers, key=lambda each: -each[0])])
    precision = right / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(right / total, prepend=0.0) * precision))


def judge(model: Detector, count: int = 300, seed: int = 0) -> tuple[float, float]:
    """Mean average precision over the kinds, at overlaps of 0.5 and of 0.75, on new scenes."""
    pictures, truths = scenes(count, seed, judging=True)
    found = detect(model, pictures)
    half, three_quarters = (
        float(np.mean([average_precision(found, truths, k, least) for k in range(len(KINDS))]))
        for least in (0.5, 0.75)
    )
    return half, three_quarters


if __name__ == "__main__":
    torch.set_num_threads(1)  # so small a network gains little by more
    started = time.process_time()
    trained = train()
    print(f"trained in {time.process_time() - started:.0f} s of a processor")
    print("mean average precision {:.3f} at overlap 0.5, {:.3f} at 0.75".format(*judge(trained)))
