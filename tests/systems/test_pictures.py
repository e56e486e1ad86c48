"""The pictures of the small systems say what is right and what is wrong, without colours."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from matplotlib import pyplot as plt  # noqa: E402

from course.systems import detector, faces, pictures  # noqa: E402
from tests.conftest import ROOT  # noqa: E402


@pytest.fixture(autouse=True)
def closed():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_figures_that_are_kept_are_those_that_are_written():
    kept = {path.stem: path for path in (ROOT / "course" / "figures").glob("systems-*")}
    assert set(kept) == {f"systems-{name}" for name in pictures.FIGURES}
    assert all(path.stat().st_size < 150_000 for path in kept.values())


def test_a_figure_full_of_faces_is_written_small(tmp_path):
    pictures.write(pictures.contact_sheet(), tmp_path / "many", "Many")
    assert (tmp_path / "many.png").stat().st_size < 150_000
    pictures.write(plt.figure(), tmp_path / "empty", "A blank figure")
    assert "A blank figure" in (tmp_path / "empty.svg").read_text(encoding="utf-8")


def test_a_contact_sheet_has_people_across_and_moments_down():
    figure = pictures.contact_sheet(persons=3)
    shots = [axes.images[0].get_array() for axes in figure.axes]
    assert len(shots) == 6 * 3
    assert {shot.shape for shot in shots} == {(72, 72, 3), (32, 32, 3)}


def test_who_is_found_is_ticked():
    """With points that are the pixels: some people are found and some are not, each ticked once at most,
    and the distances grow."""
    figure = pictures.hits(faces.pixels)
    for row in np.reshape(figure.axes, (5, 6)):
        labels = [axes.get_xlabel() for axes in row[1:]]
        assert sum("✓" in label for label in labels) == 1
        distances = [float(label.split()[0]) for label in labels]
        assert distances == sorted(distances)


def told(truths):
    """What a detector would say that knows the truths."""
    centres, places = zip(*map(detector.targets, truths), strict=True)
    return torch.tensor(20 * np.stack(centres) - 10), torch.tensor(np.stack(places))


def test_right_boxes_are_named_and_wrong_ones_explained():
    _, truths = detector.scenes(8, 0, judging=True)
    count = sum(map(len, truths))
    said = words(pictures.detections(lambda _: told(truths)))
    assert len(said) == count and all(text.endswith(" 1.00") for text in said)

    swapped = [np.column_stack([each[:, :4], (each[:, 4] + 1) % 3]) for each in truths]
    said = words(pictures.detections(lambda _: told(swapped)))
    assert len(said) == count and all(": a " in text for text in said)

    nothing = torch.full((8, 3, 12, 12), -9.0), torch.zeros(8, 4, 12, 12)
    said = words(pictures.detections(lambda _: nothing))
    assert len(said) == count and all(text.startswith("missed: ") for text in said)


def test_the_collapse_is_drawn_with_its_margin():
    run = faces.Run([0.5, 0.2], [0.8, 0.1], 0.25, 0.9)
    figure = pictures.collapse_curves({name: run for name in faces.MENDS})
    said = words(figure)
    assert "the margin" in said and said.count("0.25") == len(faces.MENDS)
