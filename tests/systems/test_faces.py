"""The face recogniser: the losses, the judge, what it reaches, and the collapse."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from course.systems import faces, portraits  # noqa: E402


def test_nobody_who_is_asked_about_has_been_seen():
    """Whatever the seeds: no stranger is near one of those known. In 14 dimensions of length 2, among
    5000 pairs a distance below 0.3 has no chance (4e-9)."""
    known = torch.cat([portraits.people(200, faces.streams(seed)[0]) for seed in range(5)])
    asked = torch.cat([portraits.people(100, faces.streams(seed)[1]) for seed in range(5)])
    assert torch.cdist(known, asked).min() > 0.3


# Losses -----------------------------------------------------------------------------------------


def circle(*degrees):
    angles = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))
    return torch.stack([angles.cos(), angles.sin()], 1)


def by_loops(points, names, margin=0.2):
    """Of every triplet by plain loops: (anchor, positive, d², d²), in numpy."""
    points = points.numpy()
    for a in range(len(points)):
        for p in range(len(points)):
            for n in range(len(points)):
                if a != p and names[a] == names[p] and names[a] != names[n]:
                    near = float(np.sum((points[a] - points[p]) ** 2))
                    far = float(np.sum((points[a] - points[n]) ** 2))
                    yield a, p, near, far


@pytest.fixture(params=range(4))
def some(request):
    rng = np.random.default_rng(request.param)
    points = torch.nn.functional.normalize(torch.tensor(rng.normal(size=(11, 3))))
    return points, torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3])


def test_triplet_all_is_the_mean_of_those_that_are_not_right(some):
    excess = [near - far + 0.2 for *_, near, far in by_loops(*some)]
    expected = np.mean([each for each in excess if each > 0])
    assert faces.triplet_all(*some).item() == pytest.approx(expected)


def test_triplet_semihard_takes_the_nearest_that_is_farther(some):
    pairs = {}
    for a, p, near, far in by_loops(*some):
        pairs.setdefault((a, p, near), []).append(far)
    expected = [
        max(0, near + 0.2 - min((far for far in those if far > near), default=max(those)))
        for (_, _, near), those in pairs.items()
    ]
    assert faces.triplet_semihard(*some).item() == pytest.approx(np.mean(expected))


def test_triplet_hard_takes_the_worst_of_each_anchor(some):
    worst = {}
    for a, _, near, far in by_loops(*some):
        before = worst.get(a, (-math.inf, math.inf))
        worst[a] = max(before[0], near), min(before[1], far)
    expected = np.mean([max(0, near - far + 0.2) for near, far in worst.values()])
    assert faces.triplet_hard(*some).item() == pytest.approx(expected)
    soft = [math.log1p(math.exp(math.sqrt(near) - math.sqrt(far))) for near, far in worst.values()]
    assert faces.triplet_soft(*some).item() == pytest.approx(np.mean(soft), abs=1e-6)


def test_infonce_is_a_cross_entropy():
    """Two people with two pictures each, on a circle: of every picture, the three others are asked; the
    same number as torch's own cross-entropy."""
    points, names = circle(0, 20, 90, 150), torch.tensor([0, 0, 1, 1])
    scores = points @ points.T / 0.1
    expected = 0.0
    for a, p in ((0, 1), (1, 0), (2, 3), (3, 2)):
        others = [k for k in range(4) if k != a]
        expected += torch.nn.functional.cross_entropy(
            scores[a, others][None], torch.tensor([others.index(p)])
        )
    assert faces.infonce(points, names).item() == pytest.approx(expected.item() / 4)


def test_every_loss_has_a_finite_slope_even_at_a_single_point():
    for name, loss in faces.LOSSES.items():
        points = circle(0, 0, 0, 0, 0, 0).requires_grad_()
        loss(points, torch.tensor([0, 0, 1, 1, 2, 2])).backward()
        assert torch.isfinite(points.grad).all(), name


# Judging ----------------------------------------------------------------------------------------


def test_the_area_under_the_curve_by_hand():
    """Right 3, 1; wrong 2, 1, 0: 3 beats all three; 1 beats one and ties with one: 4.5 of 6."""
    got = faces.area_under_roc(np.array([3.0, 1.0]), np.array([2.0, 1.0, 0.0]))
    assert got == pytest.approx(4.5 / 6)


def test_the_area_under_the_curve_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(6)
    right, wrong = rng.integers(2, 9, 30).astype(float), rng.integers(0, 7, 50).astype(float)
    expected = metrics.roc_auc_score([1] * 30 + [0] * 50, np.concatenate([right, wrong]))
    assert faces.area_under_roc(right, wrong) == pytest.approx(expected)


def test_recall_by_hand():
    """Three people at 0, 60 and 120 degrees; of six probes, four are nearest to their own."""
    gallery = circle(0, 60, 120)
    probes = circle(10, 40, 50, 95, 140, 110).reshape(3, 2, 2)
    assert faces.recall_and_auc(gallery, probes)[0] == pytest.approx(4 / 6)


def test_points_that_are_no_numbers_are_refused():
    gallery = circle(0, 60)
    with pytest.raises(ValueError, match="not finite"):
        faces.recall_and_auc(gallery, gallery[:, None] * math.nan)


def test_pixels_do_not_know_who_it_is():
    recall, auc = faces.judge(faces.pixels)
    assert 0.01 <= recall <= 0.2 and 0.5 < auc < 0.8


# Learning ---------------------------------------------------------------------------------------


def test_at_a_single_point_shrinking_pays_for_the_hardest_alone():
    """What `collapse` says of a network that has learnt nothing, measured."""
    names = torch.arange(32).repeat_interleave(4)
    for seed in range(3):
        torch.manual_seed(seed)
        rng, _ = faces.streams(seed)
        with torch.no_grad():
            points = faces.Embedder()(
                portraits.photograph(portraits.people(32, rng), 4, rng).flatten(0, 1)
            )
        far, near = faces.hardest(points, names)
        assert far.mean() > near.mean() + 0.2
        pays = {name: faces.small_scale(loss, points, names) for name, loss in faces.LOSSES.items()}
        # exactly, as long as nobody is beyond the margin: the mean of far − near
        hard = pays["triplet, batch-hard"]
        assert hard == pytest.approx((far - near).mean().item(), rel=1e-3)
        assert pays["triplet, soft margin"] > 0
        for name in ("triplet, all", "triplet, semi-hard", "InfoNCE"):
            assert pays[name] < 0, name


@pytest.mark.slow
@pytest.mark.timeout(900)  # some six seconds of a quiet processor
def test_a_shortly_trained_recogniser_knows_strangers_again():
    recall, auc = faces.judge(faces.train(steps=150, known=600))
    assert recall >= 0.6 and auc >= 0.97


@pytest.mark.slow
@pytest.mark.timeout(900)  # four times five seconds of a quiet processor
def test_batch_hard_mining_collapses_and_its_mends_do_not():
    """The soft margin is left out: within so few steps it has fallen in and is not yet out again."""
    runs = faces.collapse(steps=120, known=400)
    hard = runs.pop("batch-hard")
    assert hard.losses[-1] == pytest.approx(0.2, abs=0.01) and hard.spreads[-1] < 0.15
    assert hard.recall < 0.4
    for name in ("semi-hard", "batch-hard after a warm-up"):
        assert runs[name].spreads[-1] > 0.8 and runs[name].recall > hard.recall + 0.2, name
