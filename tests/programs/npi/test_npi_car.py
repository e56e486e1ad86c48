"""The car: its pictures, its teacher, and that a little training already finds the way on most poses."""

import numpy as np
import pytest

from dpkit.programs import npi


def poses(car):
    return [npi.View(car, azimuth, elevation) for azimuth in range(24) for elevation in range(5)]


def test_the_teacher_brings_every_pose_home_by_the_shorter_way():
    car = npi.Car(5)
    for view in poses(car):
        azimuth, elevation = view.azimuth, view.elevation
        frames = npi.Parker(view).record("GOTO")
        assert view.canonical
        acts = sum(step.call == npi.ACT for frame in frames for step in frame.steps)
        around = min((azimuth - 3) % 24, (3 - azimuth) % 24)
        assert acts == around + abs(elevation - 1) <= 15


def test_cars_and_poses_look_different():
    pictures = [npi.Car(k).picture(3, 1) for k in range(6)] + [
        v.observe() for v in poses(npi.Car(0))
    ]
    assert len({picture.tobytes() for picture in pictures}) == 6 + 120 - 1
    assert all(picture.shape == (24, 24, 3) and picture.dtype == np.uint8 for picture in pictures)
    inked = [np.mean(picture.min(-1) < 250) for picture in pictures]
    assert min(inked) > 0.05 and max(inked) < 0.6
    edges = [picture[[0, -1]].min() for picture in pictures] + [
        picture[:, [0, -1]].min() for picture in pictures
    ]
    assert min(edges) == 255  # no car is cut off


def test_the_camera_goes_round_but_not_over_the_top():
    view = npi.View(npi.Car(1), 23, 4)
    view.act(2)
    assert view.azimuth == 0
    with pytest.raises(npi.IllegalAct, match="as high as it can be"):
        view.act(3)
    with pytest.raises(npi.IllegalAct, match="means nothing"):
        view.act(0)


def test_it_finds_the_way_from_pixels():
    net, _ = npi.learn_car(cars=3, steps=250)
    views = poses(npi.Car(0))  # taught from all around; others take more cars, see `benchmarks npi`
    endings = npi.run_batch(net, views, "GOTO", max_steps=150)
    home = np.mean([v.canonical and e.finished for v, e in zip(views, endings, strict=True)])
    assert home > 0.9
