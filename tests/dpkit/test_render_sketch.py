"""Drawings of photographs: how near they come, how they are kept, and how they move."""

import io
import re
import xml.etree.ElementTree as ET

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from dpkit import images, render

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def face():
    """A picture of 32 × 40: a disc with two eyes and a shadow."""
    canvas = render.Canvas(40, 32)
    points = canvas.points()
    head = 0.7 * render.coverage(render.circle(points, (0, 0), 0.9), 0.05)
    eyes = sum(render.coverage(render.circle(points, (x, 0.3), 0.2), 0.05) for x in (-0.4, 0.4))
    return 1 - np.clip(head * (0.6 - 0.4 * points[..., 0]) + 0.4 * eyes, 0, 1)


@pytest.fixture(scope="module")
def drawing(face):
    return render.sketch(face, 120, steps=120)


def test_a_drawing_comes_near(face, drawing):
    def near(picture):
        return images.psnr(render.blur(picture, 1.5), render.blur(face, 1.5))

    assert near(drawing.picture()) > 31
    assert near(drawing.picture()) > near(np.full(face.shape, face.mean())) + 10
    assert drawing.losses[-1] < 0.05 * drawing.losses[0]
    assert np.all((drawing.opacity >= 0) & (drawing.opacity <= 1))


def test_the_same_seed_draws_the_same(face):
    first, again, other = (render.sketch(face, 20, steps=5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.starts, again.starts)
    assert not np.allclose(first.starts, other.starts)


def test_the_svg_has_the_strokes(drawing):
    """Drawn again from the file: the lines' places and widths, with the file's own coordinates."""
    tree = ET.fromstring(drawing.svg)
    lines = tree.findall(f".//{SVG}line")
    kept = np.sum(drawing.opacity >= 0.0005)
    assert len(lines) == kept
    assert tree.get("viewBox") == "0 0 32 40" and "120 straight strokes" in tree.get("aria-label")
    numbers = np.array([[float(line.get(x)) for x in ("x1", "y1", "x2", "y2")] for line in lines])
    opacity = np.array([float(line.get("stroke-opacity")) for line in lines])
    wide = float(tree.find(f"{SVG}g").get("stroke-width"))
    x, y = np.meshgrid(np.arange(32) + 0.5, np.arange(40) + 0.5)  # the pixels' centres in the file
    white = np.ones((40, 32))
    for (x1, y1, x2, y2), strength in zip(numbers, opacity, strict=True):
        length = max(np.hypot(x2 - x1, y2 - y1), 1e-9)
        t = np.clip(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2, 0, 1)
        away = np.hypot(x - x1 - t * (x2 - x1), y - y1 - t * (y2 - y1))
        white *= 1 - strength * np.exp(-np.pi * (away / wide) ** 2)
    np.testing.assert_allclose(white, drawing.picture(), atol=0.03)


def test_it_is_kept_and_shown(drawing, tmp_path):
    drawing.save(tmp_path / "face.svg")
    assert ET.parse(tmp_path / "face.svg").getroot().tag == f"{SVG}svg"
    assert repr(drawing) == "A drawing of 120 straight strokes."
    page = drawing._repr_html_()
    assert page.count("<svg") == 1 and "checkbox" in page and "<script" not in page
    assert "prefers-reduced-motion" in page and ":checked ~ svg .stroke" in page
    assert drawing.picture(drawing.canvas.finer(2)).shape == (80, 64)


def test_a_film_stands_still_until_it_is_clicked(drawing, tmp_path):
    film = drawing.film()
    assert len(film.pictures) == len(drawing.moments)
    page = film._repr_html_()
    assert re.search(r"#(film-\w+):checked ~ .frame \{ animation: \1 6s steps\(40\) forwards", page)
    assert f"aria-label='{film.text}'" in page and "0 100% / 100% 4100%" in page
    film.save(tmp_path / "film.html")
    assert "<!doctype html>" in (tmp_path / "film.html").read_text("utf-8")
    with pytest.raises(ValueError, match=r"there are 2 sizes: \(2, 2\), \(3, 2\)"):
        render.Film([np.ones((2, 2)), np.ones((3, 2))], "")
    with pytest.raises(ValueError, match="no picture at all"):
        render.Film([], "")


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_png_beside_pillow(shape):
    picture = np.random.default_rng(0).uniform(size=shape)
    read = np.asarray(Image.open(io.BytesIO(render.png(picture))))
    np.testing.assert_allclose(read / 255, picture, atol=0.5 / 255 + 1e-9)
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        render.png(np.ones(5))


def test_your_own_photo_in_one_call(tmp_path):
    rng = np.random.default_rng(0)
    colours = rng.uniform(size=(60, 96, 3))
    colours[:30] *= 0.2
    Image.fromarray(np.round(255 * colours).astype(np.uint8)).save(tmp_path / "me.png")
    drawing = render.sketch(tmp_path / "me.png", 30, steps=3, size=32)
    assert drawing.picture().shape == (20, 32)
    grey = render.photograph(tmp_path / "me.png", 32)
    weights = np.array([0.2126, 0.7152, 0.0722])
    expected = (colours @ weights).reshape(20, 3, 32, 3).mean((1, 3))
    np.testing.assert_allclose(grey, expected, atol=0.003)
    assert render.photograph(tmp_path / "me.png", 500).shape == (60, 96)  # never larger
    odd = render.photograph(tmp_path / "me.png", 50)
    assert odd.shape == (31, 50)
    assert odd.mean() == pytest.approx((colours @ weights).mean(), abs=0.003)


def test_other_kinds_of_files(tmp_path):
    see_through = np.zeros((4, 4, 4))
    see_through[:2, :, 3] = 1  # the upper half black, the lower half nothing
    matplotlib.image.imsave(tmp_path / "a.png", see_through)
    np.testing.assert_allclose(render.photograph(tmp_path / "a.png")[:, 0], [0, 0, 1, 1])
    ramp = np.round(np.linspace(0, 255, 64)).astype(np.uint8).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "b.jpg", quality=100)
    np.testing.assert_allclose(render.photograph(tmp_path / "b.jpg"), ramp / 255, atol=0.02)
    deep = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_allclose(render.photograph(tmp_path / "deep.png"), deep / 65535, atol=1e-6)
    Image.fromarray(ramp).convert("P").save(tmp_path / "palette.gif")
    np.testing.assert_allclose(render.photograph(tmp_path / "palette.gif"), ramp / 255, atol=0.003)
    grey = render.photograph(tmp_path / "b.jpg", colour=True)
    assert grey.shape == (8, 8, 3) and np.ptp(grey, axis=2).max() < 1e-12


def test_a_large_photograph_is_read_at_once(tmp_path):
    """4000 × 3000 pixels: means of areas, not single pixels."""
    stripes = np.zeros((3000, 4000), np.uint8)
    stripes[::2] = 200
    Image.fromarray(stripes).save(tmp_path / "large.png")
    small = render.photograph(tmp_path / "large.png", 80)
    assert small.shape == (60, 80)
    np.testing.assert_allclose(small, 100 / 255, atol=0.003)


def test_what_is_no_photograph_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no picture .*c.jpg"):
        render.sketch(tmp_path / "c.jpg")
    (tmp_path / "notes.jpg").write_text("Dear diary")
    with pytest.raises(OSError, match=r"notes.jpg' cannot be read as a picture .*PNG and JPEG"):
        render.sketch(tmp_path / "notes.jpg")
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    with pytest.raises(OSError, match=r"half.png' cannot be read"):
        render.photograph(tmp_path / "half.png")


def test_a_telephone_s_photograph_comes_upright(tmp_path):
    """Held upright it is stored on its side, and a note in the file says which way to turn it."""
    upright = np.round(np.linspace(0, 255, 48)).astype(np.uint8).reshape(8, 6)
    for note, turns in ((1, 0), (6, 1), (3, 2), (8, 3)):
        stored, exif = Image.fromarray(np.ascontiguousarray(np.rot90(upright, turns))), Image.Exif()
        exif[0x0112] = note
        stored.save(tmp_path / "me.png", exif=exif)
        read = render.photograph(tmp_path / "me.png")
        np.testing.assert_allclose(read, upright / 255, err_msg=str(note), rtol=1e-12)


def test_coloured_strokes(face, tmp_path):
    """They come near in every colour, and the file has their colours; grey strokes could not."""
    image = np.stack([face, face[::-1], np.full(face.shape, 0.8)], -1)
    drawing = render.sketch(image, 100, steps=80, colour=True)
    assert drawing.opacity.shape == (100, 3)
    wanted, grey = render.blur(image, 1.5), render.blur(image.mean(axis=-1), 1.5)
    assert images.psnr(render.blur(drawing.picture(), 1.5), wanted) > 24
    assert images.psnr(np.stack([grey] * 3, -1), wanted) < 20
    lines = ET.fromstring(drawing.svg).findall(f".//{SVG}line")
    assert len(lines) == 100 and all(line.get("stroke").startswith("rgb(") for line in lines)
    assert "mix-blend-mode: multiply" in drawing.svg and "100 straight coloured" in drawing.svg
    assert drawing.film().pictures.shape[1:] == (40, 32, 3)
    Image.fromarray(np.round(255 * image).astype(np.uint8)).save(tmp_path / "me.png")
    read = render.photograph(tmp_path / "me.png", colour=True)
    np.testing.assert_allclose(read, image, atol=0.003)
    for channel in range(3):
        alone = render.blur(image[..., channel], 2.0)
        np.testing.assert_allclose(render.blur(image, 2.0)[..., channel], alone)


@pytest.mark.parametrize("colour", [False, True])
def test_chalk_draws_the_light(face, colour):
    """Its picture is the negative of an ink drawing of the negative, and so is its file."""
    image = np.stack([face, face[::-1], np.full(face.shape, 0.3)], -1) if colour else face
    settings = {"steps": 5, "colour": colour}
    chalk = render.sketch(image, 40, chalk=True, **settings)
    negative = render.sketch(1 - image, 40, **settings)
    np.testing.assert_allclose(chalk.picture(), 1 - negative.picture(), atol=1e-12)
    films = [drawing.film().pictures for drawing in (chalk, negative)]
    np.testing.assert_allclose(films[0], 1 - films[1], atol=1e-12)
    root = ET.fromstring(chalk.svg)
    assert root.find(f"{SVG}rect").get("fill") == "black"
    assert (
        root.find(f"{SVG}g").get("stroke") == "white" and "screen" in root.find(f"{SVG}style").text
    )
    if colour:  # what an ink leaves of white, a chalk gives to black
        there, here = (
            np.array([re.findall(r"[\d.]+(?=%)", line.get("stroke")) for line in lines], float)
            for lines in (
                ET.fromstring(each.svg).findall(f".//{SVG}line") for each in (negative, chalk)
            )
        )
        np.testing.assert_allclose(here, 100 - there, atol=0.11)
    assert "in chalk" in str(chalk) and "chalk" not in str(negative)


def test_curved_strokes(face):
    """Of few strokes, curved ones come nearer; the file has the same curves, as SVG's cubic paths."""
    wanted = render.blur(face, 1.5)

    def near(drawing):
        return images.psnr(render.blur(drawing.picture(), 1.5), wanted)

    straight, curved = (render.sketch(face, 12, steps=100, curved=c) for c in (False, True))
    assert near(curved) > near(straight) + 1
    assert curved.bends.shape == (12, 2, 2) and straight.bends.shape == (12, 0, 2)
    assert str(curved) == "A drawing of 12 curved strokes."
    paths = ET.fromstring(curved.svg).findall(f".//{SVG}path")
    kept = np.sum(curved.opacity >= 0.0005)
    assert len(paths) == kept and all(path.get("fill") == "none" for path in paths)
    weight = curved.opacity * np.linalg.norm(curved.ends - curved.starts, axis=1)
    first = np.argmax(weight)  # the first in the file
    corners = np.array(re.findall(r"-?[\d.]+", paths[0].get("d")), float).reshape(4, 2)
    controls = np.stack([curved.starts[first], *curved.bends[first], curved.ends[first]])
    np.testing.assert_allclose(corners, curved.canvas.to_pixels(controls) + 0.5, atol=0.006)
    coloured = render.sketch(face, 5, steps=2, curved=True, colour=True)
    assert coloured.picture().shape == (40, 32, 3) and "5 curved coloured" in str(coloured)
    np.testing.assert_allclose(curved.film().pictures[-1], curved.picture())


def test_progress_and_an_early_end(face, capsys):
    render.sketch(face, 10, steps=4, progress=True)
    shown = capsys.readouterr().out
    assert shown.count("\r") == 4 and shown.endswith("\n") and "4 of 4, loss 0." in shown
    short = render.sketch(face, 10, steps=50, callback=lambda step, loss: step == 2)
    assert len(short.losses) == 3
    assert capsys.readouterr().out == ""


def test_what_is_no_picture_is_refused(face):
    broken = face.copy()
    broken[3, 4:6] = np.nan
    for wrong, words in (
        (np.ones(4), r"has the shape \(4,\)"),
        (np.ones((4, 4, 4)), r"has the shape \(4, 4, 4\)"),
        (np.ones((0, 4)), r"has the shape \(0, 4\)"),
        (broken, "2 numbers that are not finite"),
        (np.array([[0.0, 200.0]]), r"from 0 to 200. Divide it by 255\."),
        (np.array([[-1.0, 1.0]]), r"from -1 to 1\.$"),
    ):
        with pytest.raises(ValueError, match=words):
            render.sketch(wrong, 3)
    with pytest.raises(ValueError, match="at least one stroke, but 0"):
        render.sketch(face, 0)
    with pytest.raises(ValueError, match="width of the strokes must be positive"):
        render.sketch(face, 3, width=0)


def test_grey_and_flat_pictures_can_be_drawn():
    """In colour, and with nothing in them: everything stays finite."""
    drawing = render.sketch(np.full((8, 9), 0.5), 3, steps=2, colour=True)
    assert drawing.picture().shape == (8, 9, 3) and np.all(np.isfinite(drawing.picture()))
    for flat in (0.0, 1.0):
        drawing = render.sketch(np.full((8, 9), flat), 3, steps=2)
        assert np.all(np.isfinite(drawing.picture()))


@pytest.mark.parametrize("n", [1, 5])
def test_blurring_keeps_what_is_even(n):
    np.testing.assert_allclose(render.blur(np.full((n, 7), 0.3), 1.5), 0.3)
    spot = np.zeros((31, 31))
    spot[15, 15] = 1
    blurred = render.blur(spot, 2.0)
    rows = np.arange(31) - 15
    assert blurred.sum() == pytest.approx(1)
    assert np.sum(blurred * rows[:, None] ** 2) == pytest.approx(4, rel=1e-3)
