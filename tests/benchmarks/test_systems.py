"""What the benchmark of the small systems keeps, and when it is content."""

import pytest

from benchmarks import harness, systems

torch = pytest.importorskip("torch")


def silent(text):
    pass


@pytest.fixture
def trainings(monkeypatch):
    """Trainings that take no time; the seed decides what is reached."""
    from course.systems import detector, faces

    asked = []

    def train(*loss, **settings):
        asked.append(settings)
        assert torch.get_num_threads() == 1
        return settings.get("seed")

    monkeypatch.setattr(detector, "train", train)
    monkeypatch.setattr(faces, "train", train)
    monkeypatch.setattr(detector, "judge", lambda model, seed: (0.9 - seed / 10, 0.8))
    monkeypatch.setattr(faces, "judge", lambda model, seed: (0.8, 0.97 + seed / 100))
    return asked


def test_the_least_over_the_seeds_is_kept(trainings):
    threads = torch.get_num_threads()
    options = harness.Options(rounds=3)
    results = systems.measure("benchmarks.systems", systems.cases(), options, silent)
    assert torch.get_num_threads() == threads
    full = results.cases[systems.DETECTOR]["full"]
    assert full.notes == {"mAP50": pytest.approx(0.7), "mAP75": 0.8}
    assert len(full.cpu[""]) == len(full.wall[""]) == 3
    assert results.cases[systems.FACES]["InfoNCE"].notes == {"recall@1": 0.8, "AUC": 0.97}
    assert {each["seed"] for each in trainings} == {0, 1, 2}
    goals = {goal.what: goal.reached for goal in systems.goals(results)}
    assert goals.pop("detector: mean average precision at 0.5") is False
    assert all(goals.values())


def test_quick_trains_only_shortly(trainings):
    options = harness.Options(rounds=1, quick=True)
    results = systems.measure("benchmarks.systems", systems.cases(), options, silent)
    assert len(trainings) == 2 and all(each["steps"] <= 250 for each in trainings)
    assert results.cases[systems.DETECTOR]["full"].missing
    assert results.cases[systems.FACES]["pixels"].notes
