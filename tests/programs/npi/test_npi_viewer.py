"""The picture of a run: a whole document, with every call in it, and all of it in words."""

from xml.etree import ElementTree

import numpy as np
import pytest

from dpkit.programs import npi
from dpkit.render import png

SVG = "{http://www.w3.org/2000/svg}"


def test_who_called_whom(adder):
    shown = npi.view(adder, npi.Pad(8, 7), "ADD")
    assert str(shown).startswith("A run of ADD: ")
    expected = [
        "ADD", "  ADD1", "    ACT WRITE RESULT 5", "    CARRY", "      ACT LEFT CARRIES",
        "      ACT WRITE CARRIES 1", "      ACT RIGHT CARRIES", "  LSHIFT", "    ACT LEFT FIRST",
    ]  # fmt: skip
    assert str(shown).split("\n")[1:10] == expected
    assert shown.result.splitlines()[-1].replace(" ", "") == "result[]15"


def test_each_click_shows_the_next_pad(adder):
    shown = npi.view(adder, npi.Pad(8, 7), "ADD", most=12)
    picture = ElementTree.fromstring(shown.svg)
    groups = [g for g in picture.iter(f"{SVG}g") if g.get("id")]
    assert [g.get("display") for g in groups] == ["inline"] + ["none"] * 11
    for k, group in enumerate(groups):
        begins = {s.get("to"): s.get("begin") for s in group.iter(f"{SVG}set")}
        name = group.get("id").removesuffix(f"-{k}")
        assert begins == {
            "inline": f"{name}_glass{(k - 1) % 12}.click",
            "none": f"{name}_glass{k}.click",
        }
    words = ["".join(t.itertext()) for t in picture.iter(f"{SVG}text")]
    assert "CARRY" in words and any(word.startswith("… and ") for word in words)
    pads = ["".join(group.itertext()) for group in groups]
    assert "[5]" not in pads[0] and "[5]" in pads[2]  # after WRITE RESULT 5
    assert picture.find(f"{SVG}title").text == str(shown)


def test_a_click_turns_the_page_in_a_browser(adder, chromium, tmp_path):
    """Two pictures of the same run on one page: each follows its own clicks, and begins again."""
    sync = pytest.importorskip("playwright.sync_api")
    shown = npi.view(adder, npi.Pad(8, 7), "ADD", most=4)
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html>{shown._repr_html_()}<p>{shown._repr_html_()}", "utf-8")
    visible = """() => [...document.querySelectorAll("svg")].map(svg => [...svg.querySelectorAll(
        "g")].map((g, k) => getComputedStyle(g).display != "none" ? k : -1).filter(k => k >= 0))"""
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto(page.as_uri())
        assert tab.evaluate(visible) == [[0], [0]]
        for clicked, now in ((0, [1, 0]), (0, [2, 0]), (1, [2, 1]), (0, [3, 1]), (0, [0, 1])):
            tab.locator("svg").nth(clicked).click(position={"x": 20, "y": 20})
            wanted = "[[{}],[{}]]".format(*now)
            tab.wait_for_function(f"wanted => JSON.stringify(({visible})()) == wanted", arg=wanted)
        browser.close()


def test_of_long_numbers_the_surroundings_of_the_pointers_are_shown(adder):
    pad = npi.Pad("9" * 200, "1")
    shown = npi.view(adder, pad, "ADD", most=30)
    assert len(shown.svg) < 60_000 and max(map(len, str(shown).splitlines())) < 100
    lines = npi.Pad("12345678901234567890", "7").text(most=5).splitlines()
    assert lines[:2] == ["  first … 6   7   8   9  [0]", " second …                [7]"]
    npi.run(adder, pad, "ADD")
    assert pad.text(most=5).splitlines()[3] == " result     [ ]  1   0   0 …"
    row = npi.Row(range(10))
    row.pointers = [4, 5, 2]
    assert row.text() == " 0  1  2  3 [4][5] 6  7  8  9    passes: 2 of 10"
    assert row.text(most=4) == "… 3 [4][5] 6 …   passes: 2 of 10"
    row.pointers = [9, 10, 10]
    assert row.text(most=4) == "… 6  7  8 [9]   passes: 10 of 10"


def test_pictures_stand_above_the_text():
    def standing_still(*_):
        net = npi.NPI(
            npi.View.programs,
            npi.PictureEncoder(npi.View.shape, npi.View.arguments),
            npi.View.arguments,
        )
        net.f_end.bias.data.fill_(50.0)
        return net

    view = npi.View(npi.Car(0), 3, 1)
    shown = npi.view(standing_still(), view, "GOTO")
    (image,) = ElementTree.fromstring(shown.svg).iter(f"{SVG}image")
    assert image.get("href").startswith("data:image/png;base64,")
    assert shown.call.calls == [] and "azimuth 45°, elevation 15°" in str(shown)
    assert png(view.picture())[:4] == b"\x89PNG"
    assert np.ptp(view.picture()) <= 1.0
