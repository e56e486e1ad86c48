"""A small face recogniser: `python -m course.systems.faces`.

    pictures (n, 3, 32, 32) ──Embedder──▶ points on the unit sphere (n, 32)

Two pictures of one person differ in pose, light and expression, often more than two persons do, so
pixels are a poor measure of who it is. The network maps pictures to points on the unit sphere; the
loss pulls the points of one person together and pushes those of two persons apart. Nobody's name is
an output, so people whom it has never seen can be told apart as well: the nearest picture in a
gallery is the answer.

The faces are drawn, by `course.systems.portraits`. Real ones would need their owners' leave.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from course.systems.portraits import people, photograph

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
