"""The decks as they are shown: from a disk, with no network, in a real browser.

Screenshots of every frame are kept in build/artefacts/slides/, for a person.
"""

import io
import os
import re

import numpy as np
import pytest

from tools.slides.__main__ import BUILD, DECKS, build
from tools.slides.frames import SlideError
from tools.slides.packages import get_parts

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

WEEKS = sorted(DECKS.glob("week*.md"))
WIDTH, HEIGHT = 1280, 720

MEASURE = """() => {
  const frame = Reveal.getCurrentSlide(), box = frame.getBoundingClientRect();
  const column = box.right - parseFloat(getComputedStyle(frame).paddingRight);
  const parts = [...frame.querySelectorAll('h1, h2, p, li, pre, table, math, math *, img')]
      .filter(part => !part.closest('.notes')).map(part => part.getBoundingClientRect());
  return {
    number: Reveal.getSlidePastCount() + 1,
    heading: frame.querySelector('h1, h2').textContent,
    high: frame.scrollHeight - frame.clientHeight,
    wide: frame.scrollWidth - frame.clientWidth,
    below: Math.max(...parts.map(part => part.bottom)) - (box.bottom - 36),
    beside: Math.max(...parts.map(part => part.right)) - column,
    cut: [...frame.querySelectorAll('pre')].filter(pre => pre.scrollWidth > pre.clientWidth).length,
    pictures: [...frame.querySelectorAll('img')].map(picture => ({
      alt: picture.alt, drawn: picture.naturalWidth > 0 && picture.clientHeight,
    })),
    hidden: frame.querySelectorAll('.fragment:not(.visible)').length,
  };
}"""


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A function from a deck's name to the page, built away from the project."""
    try:
        get_parts(BUILD)
    except SlideError as error:
        if "could not be fetched" not in str(error) or os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("decks")
    return lambda name: build(DECKS / f"{name}.md", folder)


@pytest.fixture
def show(browser, built):
    """Open a deck with the network off; gives the page, and a list that fills with complaints."""
    contexts = []

    def open_deck(name, query="", **options):
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_offline(True)
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url))
        page.goto(built(name).as_uri() + query)
        page.wait_for_function("() => window.Reveal?.isReady()")
        page.evaluate("() => document.fonts.ready")
        return page, complaints

    yield open_deck
    for context in contexts:
        context.close()


def rows_of_ink(picture):
    """How many separate bands, from top to bottom, the dark of a screenshot makes."""
    from PIL import Image

    dark = np.asarray(Image.open(io.BytesIO(picture)).convert("L")).min(axis=1) < 128
    return int(dark[0]) + np.count_nonzero(dark[1:] & ~dark[:-1])


def asked_of_the_network(complaints):
    return [text for text in complaints if not re.match("(file|data|about|blob):", text)]


@pytest.mark.parametrize("name", [path.stem for path in WEEKS])
def test_every_frame_fits_and_is_reached_by_keyboard(name, show, artefacts):
    page, complaints = show(name)
    count = page.evaluate("() => Reveal.getTotalSlides()")
    folder = artefacts / "slides" / name
    folder.mkdir(parents=True, exist_ok=True)
    seen, wrong = [], []
    for _ in range(12 * count):  # far more presses than a deck has steps
        frame = page.evaluate(MEASURE)
        if frame["hidden"] == 0:
            page.screenshot(path=folder / f"{frame['number']:02d}.png")
            seen.append(frame["number"])
            where = f"{name}.md, frame {frame['number']} ({frame['heading']!r})"
            if frame["high"] > 0 or frame["below"] > 0.5:
                wrong.append(f"{where} is too full, by {max(frame['high'], frame['below']):.0f} px")
            if frame["wide"] > 0 or frame["beside"] > 0.5 or frame["cut"]:
                wrong.append(f"{where} is too wide")
            for picture in frame["pictures"]:
                if not picture["alt"] or not picture["drawn"]:
                    wrong.append(f"{where} has a picture that cannot be seen or has no alternative")
        if frame["number"] == count and frame["hidden"] == 0:
            break
        page.keyboard.press("ArrowRight")
    assert seen == list(range(1, count + 1))
    assert not wrong, "\n".join(wrong)
    assert asked_of_the_network(complaints) == []


@pytest.fixture
def deck():
    """One deck, for what the builder does alike in all."""
    return "week03"


def test_the_speaker_has_a_view_of_their_own(deck, show):
    page, complaints = show(deck)
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    notes = speaker.locator(".speaker-controls-notes .value")
    notes.get_by_text("Bernoulli", exact=False).wait_for(timeout=20_000)
    page.keyboard.press("ArrowRight")
    notes.get_by_text("Recall from week 2", exact=False).wait_for(timeout=20_000)
    assert asked_of_the_network(complaints) == []


def test_the_keys_are_explained_on_a_question_mark(deck, show):
    page, _ = show(deck)
    keys = page.get_by_text("Keyboard Shortcuts")
    assert not keys.is_visible()
    page.keyboard.press("Shift+?")
    keys.wait_for(timeout=10_000)
    assert keys.is_visible()


def test_bullets_with_a_plus_appear_one_at_a_time(deck, show):
    page, _ = show(deck, "#/7")
    visible = "() => Reveal.getCurrentSlide().querySelectorAll('.fragment.visible').length"
    shown = [page.evaluate(visible)]
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        shown.append(page.evaluate(visible))
    assert shown == [0, 1, 2, 3]


def test_the_cover_says_once_how_to_move(deck, show):
    page, _ = show(deck)  # Reveal gives the cover's class to the sheet behind it, too
    said = page.evaluate("""() => [...document.querySelectorAll('.cover')].map(
      each => getComputedStyle(each, '::after').content)""")
    assert len(said) > 1
    assert sum("arrow keys" in each for each in said) == 1


def test_it_prints_a_page_a_frame(deck, show):
    page, complaints = show(deck, "?print-pdf")
    page.wait_for_function("() => document.querySelectorAll('.pdf-page').length > 0")
    count = page.locator(".pdf-page").count()
    assert count == page.evaluate("() => Reveal.getTotalSlides()")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == count
    assert asked_of_the_network(complaints) == []


def test_dark_where_the_reader_asks_for_it(deck, show):
    colours = "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(Reveal.getCurrentSlide()).color]"
    light, _ = show(deck, color_scheme="light")
    dark, _ = show(deck, color_scheme="dark")
    assert light.evaluate(colours) == ["rgb(255, 254, 251)", "rgb(28, 28, 28)"]
    assert dark.evaluate(colours) == ["rgb(22, 25, 28)", "rgb(237, 237, 234)"]


def test_the_bar_of_an_adjoint_does_not_touch_its_letter(show):
    page, _ = show("week05", "#/13")
    adjoint = page.locator("section.present mover", has_text="W").first
    assert rows_of_ink(adjoint.screenshot()) == 2


def test_formulas_are_drawn_with_the_font_that_travels_along(deck, show):
    page, _ = show(deck, "#/3")
    assert page.evaluate("() => document.fonts.check('20px deck-math')")
    taller = """() => {
      const root = Reveal.getCurrentSlide().querySelector('.math msqrt').getBoundingClientRect();
      const inside = Reveal.getCurrentSlide().querySelector('.math msqrt mi').getBoundingClientRect();
      return root.height - inside.height;
    }"""
    assert page.evaluate(taller) > 10
