"""The small object detector: its scenes, its judge, and what it reaches."""

import importlib.util

import numpy as np
import pytest

from tests.conftest import ROOT

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def detector():
    path = ROOT / "course" / "systems" / "detector.py"
    spec = importlib.util.spec_from_file_location("course_detector", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_targets_say_where_the_shapes_are(detector):
    centres, places = detector.targets(np.array([[8.0, 20.0, 18.0, 30.0, 2.0]]))
    assert np.argwhere(centres).tolist() == [[2, 6, 3]]
    assert places[:, 6, 3] == pytest.approx([0.25, 0.25, np.log(2.5), np.log(2.5)])


def test_scenes_have_shapes_inside_that_hardly_overlap(detector):
    rng = np.random.default_rng(3)
    for _ in range(30):
        picture, shapes = detector.scene(rng)
        assert picture.shape == (3, 48, 48) and picture.min() >= 0 and picture.max() <= 1
        assert 1 <= len(shapes) <= 4
        assert shapes[:, :4].min() >= 0 and shapes[:, :4].max() <= 48
        for k in range(1, len(shapes)):
            assert detector.overlap(shapes[k, :4], shapes[:k, :4]).max() <= 0.1


def test_average_precision_by_hand(detector):
    """Two true boxes; right, wrong, right, in this order: (1 + 2/3) / 2."""
    truth = np.array([[0.0, 0.0, 10.0, 10.0, 0.0], [20.0, 20.0, 30.0, 30.0, 0.0]])
    found = [(0.9, 0, truth[0, :4]), (0.6, 0, truth[0, :4]), (0.3, 0, truth[1, :4])]
    assert detector.average_precision([found], [truth], 0) == pytest.approx((1 + 2 / 3) / 2)
    assert detector.average_precision([found], [truth], 1) == 0.0
    assert detector.average_precision([[]], [truth], 0) == 0.0


def test_suppression_keeps_the_better_of_two(detector):
    logits = torch.full((1, 3, 12, 12), -9.0)
    logits[0, 1, 5, 5], logits[0, 1, 5, 6], logits[0, 0, 1, 1] = 3.0, 1.0, 2.0
    places = torch.full((1, 4, 12, 12), 0.5)
    places[:, 2:] = float(np.log(4))
    (found,) = detector.detect(lambda pictures: (logits, places), np.zeros((1, 3, 48, 48)))
    assert [(kind, box.round(4).tolist()) for _, kind, box in found] == [
        (1, [14.0, 14.0, 30.0, 30.0]),
        (0, [-2.0, -2.0, 14.0, 14.0]),
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)  # twenty seconds of work, on a machine that may be busy
def test_the_trained_detector_finds_shapes_in_new_scenes(detector):
    model = detector.train()
    assert detector.judge(model) >= 0.88
