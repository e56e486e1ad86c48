"""What the pictures say is what the trace holds; and they move after a click only."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from dpkit.programs import dnc
from dpkit.programs.dnc import Interface, State, movie, step


@pytest.fixture(scope="module")
def trace():
    """Three words written, the first one found and read on from; one example of two does it."""
    state, trace = State.empty(2, 5, 3, 1, torch.zeros(())), []
    for t in range(6):
        on = torch.tensor([[1.0], [0.0]])
        says = Interface(
            read_keys=torch.eye(3)[0].expand(2, 1, 3), read_strengths=torch.full((2, 1), 1000.0),
            write_key=torch.zeros(2, 3), write_strength=torch.ones(2), erase=torch.ones(2, 3),
            vector=torch.eye(3)[t % 3].expand(2, 3), free=torch.zeros(2, 1),
            allocate=torch.ones(2, 1), gate=on * (t < 3),
            modes=torch.eye(3)[2 if t > 3 else 1].expand(2, 1, 3),
        )  # fmt: skip
        _, state = step(says, state)
        trace.append((says, state))
    return trace


def test_the_text_tells_where(trace):
    places = [int(state.written[0].argmax()) for _, state in trace[:3]]
    a, b, c = places
    for drawing in (movie.picture(trace), movie.film(trace)):
        assert f"Written: {a} in step 0, {b} in step 1, {c} in step 2." in str(drawing)
        assert str(drawing).endswith(f"{a} in step 3, {b} in step 4, {c} in step 5.")
    assert "Written: nowhere for sure" in str(movie.picture(trace, 1))


def test_the_still_picture(trace):
    """As many large squares as writings, and gates that are open; nothing that moves."""
    svg = movie.picture(trace).svg
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img" and "animate" not in svg and "<set" not in svg
    large = [e for e in root if e.tag.endswith("rect") and float(e.get("width")) == 16]
    assert len([e for e in large if e.get("fill") == movie.ORANGE]) == 1 + 3  # with the key's
    # write in 3 steps; in a new place in 6; by content in 4; on in 2
    assert len([e for e in large if e.get("fill") == movie.INK]) == 3 + 6 + 4 + 2
    assert str(movie.picture(trace)) in svg


def test_the_film_waits_for_a_click(trace):
    film = movie.film(trace)
    root = ElementTree.fromstring(film.svg)
    name = root.get("id")
    begins = re.findall(r'begin="([^"]*)"', film.svg)
    assert set(begins) == {f"{name}.click"} and len(begins) > 6
    assert re.fullmatch(r"\w+", name)  # a dash would end the name
    assert len(re.findall("<set ", film.svg)) == 6
    shown = film._repr_html_()  # each time with a name of its own, or a click would start both
    again = ElementTree.fromstring(shown).get("id")
    assert again != name and set(re.findall(r'begin="([^"]*)"', shown)) == {f"{again}.click"}
    for values in re.findall(r'values="([^"]*)"', film.svg):
        assert len(values.split(";")) == 6


def test_places_without_use_are_left_out(trace):
    assert "3 of its 5 places are shown" in str(movie.picture(trace))
    network, long = dnc.DNC(7, 6, heads=2), []
    with torch.no_grad():
        network(dnc.copy(2, 1)[0], 6, long)
    assert "6 of its 6" in str(movie.film(long, least=0.0))


def test_refused(trace):
    with pytest.raises(ValueError, match="empty"):
        movie.picture([])
    with pytest.raises(ValueError, match="2 examples: there is no 2"):
        movie.film(trace, 2)
