"""A small face recogniser and the faces it learns from: `python -m course.systems.faces`.

    who: identity (n, 14) ─┐
                           ├─ draw ──▶ pictures (n, 3, 32, 32) ──Embedder──▶ points on a sphere (n, 32)
    how: nuisance (n, 14) ─┘

Two pictures of one person differ in pose, light and expression, often more than two persons do, so
pixels are a poor measure of who it is. The network maps pictures to points on the unit sphere; the
loss pulls the points of one person together and pushes those of two persons apart. Whom it has
never seen, it must tell apart as well: nobody's name is an output.

`draw` is a program with 28 numbers as inputs, made of `course.systems.shapes`: all of it can be
differentiated. The head is an egg with a picture painted on it; a turn of the head moves the paint.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from course.systems.shapes import band, cover, disc, ellipse, mix, paint

SIZE = 32
IDENTITY = (
    "head width", "jaw", "eye distance", "eye size", "eye height", "eye colour", "nose length",
    "nose width", "mouth width", "lips", "brows", "hair length", "hair colour", "skin",
)  # fmt: skip
NUISANCE = (
    "turn", "nod", "tilt", "right", "up", "nearer", "light from the right", "light from above",
    "light", "warmth", "smile", "brows up", "eyes open", "clothes",
)  # fmt: skip

# From dark to light; hair goes on through brown, red and fair to grey.
SKIN = torch.tensor(
    [[0.36, 0.22, 0.15], [0.56, 0.36, 0.24], [0.78, 0.56, 0.41], [0.91, 0.72, 0.57], [0.98, 0.84, 0.74]]
)  # fmt: skip
HAIR = torch.tensor(
    [[0.10, 0.08, 0.09], [0.27, 0.16, 0.10], [0.58, 0.24, 0.10], [0.88, 0.69, 0.36], [0.72, 0.72, 0.74]]
)  # fmt: skip
EYES = torch.tensor(
    [[0.20, 0.11, 0.06], [0.42, 0.27, 0.10], [0.22, 0.45, 0.26], [0.25, 0.48, 0.72]]
)
CLOTHES = torch.tensor(
    [[0.00, 0.45, 0.70], [0.00, 0.62, 0.45], [0.94, 0.89, 0.26], [0.84, 0.37, 0.00], [0.80, 0.47, 0.65]]
)  # fmt: skip


def people(count: int, rng: np.random.Generator) -> Tensor:
    """Identities (count, 14), each number from −1 to 1."""
    return torch.tensor(rng.uniform(-1, 1, (count, len(IDENTITY))), dtype=torch.float32)


def moments(count: int, rng: np.random.Generator) -> Tensor:
    """Nuisances (count, 14), each number from −1 to 1; all zero is a plain portrait."""
    return torch.tensor(rng.uniform(-1, 1, (count, len(NUISANCE))), dtype=torch.float32)


def draw(who: Tensor, how: Tensor, size: int = SIZE) -> Tensor:
    """Pictures (n, 3, size, size), from 0 to 1, of n identities at n moments. Raises ValueError."""
    for what, given, names in (("who", who, IDENTITY), ("how", how, NUISANCE)):
        if given.ndim != 2 or given.shape[1] != len(names) or len(who) != len(how):
            raise ValueError(
                f"draw needs `who` (n, {len(IDENTITY)}) and `how` (n, {len(NUISANCE)}) with the same "
                f"n, but {what} has shape {tuple(given.shape)}."
            )
    one = dict(zip(IDENTITY, who[:, :, None, None].unbind(1), strict=True))
    now = dict(zip(NUISANCE, how[:, :, None, None].unbind(1), strict=True))
    pixel = 2.0 / size
    grid = (torch.arange(size) + 0.5) * pixel - 1
    down, across = torch.meshgrid(grid, grid, indexing="ij")

    # 1. From the picture to the upright head: shift, scale, tilt. From here on, y points up.
    scale, tilt = 1 + 0.1 * now["nearer"], 0.22 * now["tilt"]
    x, y = (across - 0.12 * now["right"]) / scale, (-down - 0.1 * now["up"]) / scale
    shoulders = y
    x, y = x * tilt.cos() - y * tilt.sin(), x * tilt.sin() + y * tilt.cos()
    pixel = pixel / scale

    # 2. From the head's outline to the egg, (0, 0, 1) in front, and from there to the paint on it.
    wide, high = 0.60 + 0.09 * one["head width"], 0.76
    y = y - 0.02
    taper = 1 - (0.17 - 0.13 * one["jaw"]) * torch.sigmoid(-6 * (y + 0.2))
    p, q = x / (wide * taper), y / high
    outline = ellipse(x / taper, y, wide, high)
    depth = torch.sqrt((1 - p * p - q * q).clamp(min=1e-4))
    turn, nod = 0.55 * now["turn"], 0.25 * now["nod"]
    a, b = p * turn.cos() - depth * turn.sin(), p * turn.sin() + depth * turn.cos()
    a, c = a * wide, (q * nod.cos() - b * nod.sin()) * high

    # 3. Light, as on any egg.
    light = torch.stack(
        [
            0.8 * now["light from the right"],
            0.4 + 0.5 * now["light from above"],
            torch.ones_like(p[:, :1, :1]),
        ]
    )
    light = light / light.norm(dim=0)
    lit = (light[0] * p + light[1] * q + light[2] * depth).clamp(min=0)
    shade = (0.45 + 0.6 * lit)[:, None]

    # 4. Behind the face: the wall, the hair, the neck, the clothes.
    skin, hair = (
        mix((one["skin"].flatten() + 1) / 2, SKIN),
        mix((one["hair colour"].flatten() + 1) / 2, HAIR),
    )
    cloth = mix((now["clothes"].flatten() + 1) / 2, CLOTHES)
    wall = mix((1 - now["clothes"].flatten()) / 2, CLOTHES) * 0.3 + 0.6
    picture = wall.expand(-1, 3, size, size) * (1 + 0.12 * down)
    long = 0.35 * (one["hair length"] + 0.4)
    low = torch.where(y < 0.05, 0.80 + long, torch.as_tensor(0.88))
    picture = paint(
        picture,
        hair * (0.62 + 0.1 * down),
        cover(ellipse(x + 0.1 * turn, y - 0.05, wide + 0.12, low), pixel),
    )
    picture = paint(picture, skin * 0.72, cover(torch.maximum((x).abs() - 0.24, shoulders), pixel))
    picture = paint(picture, cloth, cover(ellipse(x, shoulders + 1.12, 0.85, 0.36), pixel))
    for side in (-1, 1):
        ear = ellipse(x - side * 0.97 * wide + 0.1 * turn, y + 0.06, 0.1, 0.15)
        picture = paint(picture, skin * 0.8, cover(ear, pixel))

    # 5. The face, painted in the coordinates (a, c) of the egg's front.
    face = skin.expand(-1, 3, size, size)

    def add(distance: Tensor, colour: Tensor, strength: Tensor | float = 1.0) -> None:
        nonlocal face
        face = paint(face, colour, strength * cover(distance, pixel))

    apart = 0.25 + 0.06 * one["eye distance"]
    level = 0.06 + 0.06 * one["eye height"]
    eye = 0.105 + 0.03 * one["eye size"]
    opened = eye * (0.85 + 0.3 * now["eyes open"])
    smile = 0.4 + 0.7 * now["smile"]
    iris = mix((one["eye colour"].flatten() + 1) / 2, EYES)
    dark, white, rose = (
        torch.tensor([0.08, 0.06, 0.08]),
        torch.tensor([0.98, 0.97, 0.95]),
        torch.tensor([0.86, 0.30, 0.28]),
    )
    dark, white, rose = (each[:, None, None] for each in (dark, white, rose))
    for side in (-1, 1):
        s = side * a
        blush = torch.exp(-(((s - 0.34) / 0.13) ** 2) - ((c + 0.22) / 0.1) ** 2)
        face = paint(face, rose, 0.3 * blush)
        ex, ey = s - apart, c - level
        add(ellipse(ex, ey, 1.25 * eye, opened), white)
        inside = ellipse(ex, ey, 1.2 * eye, 0.95 * opened)
        add(torch.maximum(disc(ex, ey, 0.72 * eye), inside), iris)
        add(torch.maximum(disc(ex, ey, 0.40 * eye), inside), dark)
        add(disc(a - side * apart + 0.25 * eye, ey - 0.25 * eye, 0.2 * eye), white, 0.9)
        add(
            band(ex, ey - 0.9 * opened, 1.35 * eye, -0.6 * opened, torch.as_tensor(0.022)),
            dark,
            0.8,
        )
        thick = 0.032 + 0.018 * one["brows"]
        above = level + eye + 0.13 + 0.05 * now["brows up"]
        add(band(ex, c - above, 0.17, -0.07 - 0.03 * now["brows up"], thick), hair * 0.6)
    nose, flare = 0.24 + 0.07 * one["nose length"], 0.085 + 0.03 * one["nose width"]
    tip = level - nose
    nx = a - 0.1 * turn.sin()
    bridge = (
        torch.exp(-(((nx + 0.03) / (0.6 * flare)) ** 2))
        * torch.sigmoid((c - tip) / 0.03)
        * torch.sigmoid((level - c) / 0.06)
    )
    face = paint(face, skin * 0.75, 0.25 * bridge)
    add(band(nx, c - tip, flare, 0.05, torch.as_tensor(0.026)), skin * 0.55, 0.9)
    mouth, lips = 0.22 + 0.06 * one["mouth width"] + 0.03 * smile, 0.035 + 0.018 * one["lips"]
    place = tip - 0.17 - 0.03 * smile
    add(band(a, c - place, mouth, 0.09 * smile, lips), 0.55 * rose + 0.35 * skin)
    add(band(a, c - place, 0.95 * mouth, 0.09 * smile, 0.28 * lips), dark, 0.55)
    line = 0.48 - 0.10 * one["hair length"] + 0.12 * a - 0.5 * a * a
    add(line - c, hair)
    face = face * shade
    picture = paint(picture, face, cover(outline, pixel))

    # 6. The lamp and the camera.
    warm = 0.08 * now["warmth"]
    lamp = (1 + 0.2 * now["light"])[:, None] * (
        1 + torch.stack([warm, torch.zeros_like(warm), -warm], dim=1)
    )
    return (picture * lamp).clamp(0, 1)


# Learning ---------------------------------------------------------------------------------------


class Embedder(nn.Module):
    """Pictures (n, 3, 32, 32) to points (n, 32) on the unit sphere."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, wide, stride in ((3, 16, 2), (16, 32, 2), (32, 64, 1), (64, 64, 2)):
            layers += [
                nn.Conv2d(into, wide, 3, stride, 1, bias=False),
                nn.BatchNorm2d(wide),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 32))

    def forward(self, pictures: Tensor) -> Tensor:
        return functional.normalize(self.body(2 * pictures - 1))


def squared_distances(points: Tensor) -> Tensor:
    """(n, n), between all points (n, d); from 0 to 4 on the unit sphere."""
    squares = (points**2).sum(1)
    return (squares[:, None] + squares - 2 * points @ points.T).clamp(min=0)


def same(names: Tensor) -> tuple[Tensor, Tensor]:
    """Which pairs are two pictures of one person, and which are of two persons; both (n, n)."""
    alike = names[:, None] == names
    return alike & ~torch.eye(len(names), dtype=torch.bool), ~alike


def triplet_all(points: Tensor, names: Tensor, margin: float = 0.2) -> Tensor:
    """Every anchor, with every picture of its person and every picture of another, should have the
    first nearer by the margin. The mean over the triplets that have not: those that have would only
    make it small. Source: Hermans, Beyer and Leibe, "In defense of the triplet loss for person
    re-identification", arXiv:1703.07737, 2017 ("batch all, ≠ 0")."""
    d = squared_distances(points)
    positive, negative = same(names)
    excess = d[:, :, None] - d[:, None, :] + margin
    excess = excess[positive[:, :, None] & negative[:, None, :]].clamp(min=0)
    return excess.sum() / (excess > 0).sum().clamp(min=1)


def triplet_semihard(points: Tensor, names: Tensor, margin: float = 0.2) -> Tensor:
    """For every anchor and picture of its person, the nearest other person that is farther than that
    picture; the farthest of all if none is. Source: Schroff, Kalenichenko and Philbin, "FaceNet",
    CVPR 2015 (arXiv:1503.03832), section 3.2."""
    d = squared_distances(points)
    positive, negative = same(names)
    farther = negative[:, None, :] & (d[:, None, :] > d[:, :, None])
    nearest = torch.where(farther, d[:, None, :], torch.inf).amin(2)
    farthest = torch.where(negative, d, -torch.inf).amax(1, keepdim=True)
    other = torch.where(nearest.isinf(), farthest, nearest)
    return (d - other + margin).clamp(min=0)[positive].mean()


def hardest(points: Tensor, names: Tensor) -> tuple[Tensor, Tensor]:
    """For each anchor, the squared distances to the farthest picture of its person, and to the nearest
    picture of another; both (n,)."""
    d = squared_distances(points)
    positive, negative = same(names)
    far = torch.where(positive, d, -torch.inf).amax(1)
    return far, torch.where(negative, d, torch.inf).amin(1)


def triplet_hard(points: Tensor, names: Tensor, margin: float = 0.2) -> Tensor:
    """Each anchor's farthest own picture should be nearer, by the margin, than the nearest other
    person. From scratch it collapses, as `collapse` shows. Source: Hermans et al. 2017 ("batch hard")."""
    far, near = hardest(points, names)
    return (far - near + margin).clamp(min=0).mean()


def triplet_soft(points: Tensor, names: Tensor) -> Tensor:
    """The same two, but log(1 + exp(far − near)), which goes on pulling beyond any margin. The
    distances are not squared. Source: Hermans et al. 2017 ("soft margin")."""
    far, near = (torch.sqrt(d + 1e-8) for d in hardest(points, names))
    return functional.softplus(far - near).mean()


def infonce(points: Tensor, names: Tensor, temperature: float = 0.1) -> Tensor:
    """Which of the pictures is of the same person? The mean cross-entropy of the answer, a softmax of
    cosines over the temperature; if there are several right ones, each is asked for without the
    others. Source: van den Oord, Li and Vinyals, "Representation learning with contrastive predictive
    coding", arXiv:1807.03748, 2018, equation 4, with the cosine for the score."""
    scores = points @ points.T / temperature
    positive, negative = same(names)
    wrong = torch.where(negative, scores, -torch.inf).logsumexp(1, keepdim=True)
    return (torch.logaddexp(scores, wrong) - scores)[positive].mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "InfoNCE": infonce,
    "triplet, all": triplet_all,
    "triplet, semi-hard": triplet_semihard,
    "triplet, batch-hard": triplet_hard,
    "triplet, soft margin": triplet_soft,
}


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Two independent sources of chance, to train with and to judge with, whatever the seed."""
    return np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])


def snap(who: Tensor, how: Tensor, rng: np.random.Generator, noise: float = 0.03) -> Tensor:
    """`draw`, by a camera with grain: pictures (n, 3, 32, 32) of who at the moments how."""
    parts = zip(who.split(256), how.split(256), strict=True)  # at once, it would fill the memory
    shots = torch.cat([draw(*part) for part in parts])
    grain = torch.tensor(rng.normal(0, noise, shots.shape), dtype=torch.float32)
    return (shots + grain).clamp(0, 1)


def photograph(who: Tensor, views: int, rng: np.random.Generator) -> Tensor:
    """Pictures (persons, views, 3, 32, 32), each at a moment of its own."""
    how = moments(len(who) * views, rng)
    return snap(who.repeat_interleave(views, 0), how, rng).unflatten(0, (len(who), views))


def train(
    loss: Callable[[Tensor, Tensor], Tensor] = infonce,
    steps: int = 400,
    persons: int = 32,
    views: int = 4,
    seed: int = 0,
    known: int = 1000,
    rate: float = 3e-3,
    watch: Callable[[int, float, Tensor], None] | None = None,
    warm_up: int = 0,
) -> Embedder:
    """An embedder trained on pictures of `known` people, `persons` × `views` of them a step.

    warm_up: for so many steps, `triplet_all` comes first.
    watch: is called with the number of each step, the loss and the points.
    """
    rng, _ = streams(seed)
    torch.manual_seed(seed)
    album = photograph(people(known, rng), 2 * views, rng)
    model = Embedder()
    optimiser = torch.optim.AdamW(model.parameters(), rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    names = torch.arange(persons).repeat_interleave(views)
    for step in range(steps):
        chosen = rng.choice(known, persons, replace=False)
        which = rng.permuted(np.tile(np.arange(2 * views), (persons, 1)), axis=1)[:, :views]
        points = model(album[chosen[:, None], which].flatten(0, 1))
        value = (triplet_all if step < warm_up else loss)(points, names)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
        if watch:
            watch(step, value.item(), points.detach())
    return model.eval()


def small_scale(
    loss: Callable[[Tensor, Tensor], Tensor], points: Tensor, names: Tensor, scale: float = 0.03
) -> float:
    """How the loss of the points, shrunk to `scale` around 0, differs from that of one single point, in
    units of scale². Above zero: the single point is the better of the two, and shrinking pays."""
    change = loss(scale * points, names) - loss(0 * points, names)
    return change.item() / scale**2


# Judging ----------------------------------------------------------------------------------------


def area_under_roc(right: np.ndarray, wrong: np.ndarray) -> float:
    """How often a score of a right pair is above one of a wrong pair; a tie counts half."""
    scores = np.concatenate([right, wrong])
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[which]
    above = ranks[: len(right)].sum() - len(right) * (len(right) + 1) / 2
    return float(above / (len(right) * len(wrong)))


def recall_and_auc(gallery: Tensor, probes: Tensor) -> tuple[float, float]:
    """Of a gallery (people, d), one picture each, and probes (people, each, d) of the same people in
    the same order: how often the nearest in the gallery is the right one, and the area under the ROC
    curve of "is this the same person?" over all pairs. Raises ValueError for numbers not finite."""
    if not (torch.isfinite(gallery).all() and torch.isfinite(probes).all()):
        raise ValueError(
            "Points that are not finite numbers cannot be judged: training went wrong."
        )
    d = torch.cdist(probes.flatten(0, 1).double(), gallery.double())
    true = torch.arange(len(gallery)).repeat_interleave(probes.shape[1])
    right = true[:, None] == torch.arange(len(gallery))
    recall = (d.argmin(1) == true).double().mean().item()
    return recall, area_under_roc(-d[right].numpy(), -d[~right].numpy())


def strangers(count: int = 100, probes: int = 3, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The gallery (count, 3, 32, 32) and the probes (count, probes, 3, 32, 32) of people whom no
    training has seen."""
    _, rng = streams(seed)
    shots = photograph(people(count, rng), 1 + probes, rng)
    return shots[:, 0], shots[:, 1:]


@torch.no_grad()
def judge(
    model: Callable[[Tensor], Tensor], count: int = 100, probes: int = 3, seed: int = 0
) -> tuple[float, float]:
    """Recall at 1 and area under the ROC curve among strangers."""
    gallery, asked = strangers(count, probes, seed)
    return recall_and_auc(model(gallery), model(asked.flatten(0, 1)).unflatten(0, asked.shape[:2]))


def pixels(pictures: Tensor) -> Tensor:
    """What there is without learning: a picture is the list of its pixels."""
    return pictures.flatten(1)


# The collapse -----------------------------------------------------------------------------------

MENDS = {
    "batch-hard": (triplet_hard, 0),
    "semi-hard": (triplet_semihard, 0),
    "soft margin": (triplet_soft, 0),
    "batch-hard after a warm-up": (triplet_hard, 80),
}


class Run(NamedTuple):
    """What became of a training: at each step the loss and the spread of the points, and then recall
    at 1 and the area under the ROC curve among strangers."""

    losses: list[float]
    spreads: list[float]
    recall: float
    auc: float


def collapse(steps: int = 400, seed: int = 0, **settings: int) -> dict[str, Run]:
    """Batch-hard mining from scratch, and three ways to mend it.

    Let all points shrink to one, by a factor s of all distances. The loss of batch-hard mining is then
    margin + s² · mean(far − near), and as long as the farthest picture of oneself is, on average,
    farther than the nearest picture of somebody else, it falls as s does: to the margin, where all
    people are one point and where the gradient, which has the factor s, dies. That a network which has
    learnt nothing should have far > near is no bad luck: far is the largest of a few distances and
    near the smallest of very many.

    * `triplet_semihard` compares with pictures farther than one's own: what it adds is negative, so
      growing pays. So does the mean over all triplets, since people look like themselves a little more
      than like others, from the start. `small_scale` measures both.
    * A warm-up with all triplets brings near above far; from there the hardest are the best teachers.
    * The soft margin falls into the same hole and climbs out: its distances are not squared, so that
      its gradient does not die at the point.

    The spread is the mean distance of the points from their mean: about 1 if they use the sphere, 0 if
    they are one point. Recall does not see how small a cloud is, only who is next to whom: what little
    order is left in the collapsed one is still read.
    """
    found = {}
    for name, (loss, warm_up) in MENDS.items():
        losses: list[float] = []
        spreads: list[float] = []

        def note(step: int, value: float, points: Tensor, a=losses, b=spreads) -> None:
            a.append(value)
            b.append((points - points.mean(0)).norm(dim=1).mean().item())

        model = train(loss, steps, seed=seed, warm_up=warm_up, watch=note, **settings)
        found[name] = Run(losses, spreads, *judge(model, seed=seed))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)  # so small a network gains nothing by more
    print("{:24}recall at 1 {:.3f}, AUC {:.3f}".format("pixels", *judge(pixels)))
    for title, its_loss in LOSSES.items():
        started = time.process_time()
        its_model = train(its_loss)
        spent = time.process_time() - started
        print("{:24}recall at 1 {:.3f}, AUC {:.3f}".format(title, *judge(its_model)), end="")
        print(f", {spent:.0f} s of a processor")
