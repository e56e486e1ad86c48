"""What lab 10's demonstrations claim: their numbers, as a student who has solved everything sees them."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest

from tests.labs.conftest import BENCHES

LAB = next(lab for lab in BENCHES if lab.folder.name.startswith("lab10"))


@pytest.fixture(scope="module")
def solved():
    return LAB.namespace()


@pytest.fixture
def told(solved, monkeypatch):
    """What the demonstration that holds a piece of source prints, and the picture that it shows."""
    pictures = []
    monkeypatch.setattr("IPython.display.display", pictures.append)

    def told(piece):
        (cell,) = (c for c in LAB.notebook.cells if piece in c.source and "@demo" in c.source)
        with contextlib.redirect_stdout(io.StringIO()) as text:
            exec(compile(cell.source, "<demo>", "exec"), dict(solved))
        assert "comes alive" not in text.getvalue()
        return text.getvalue(), pictures[-1] if pictures else None

    return told


def test_the_listing_of_the_lab_is_the_one_that_is_judged(solved):
    judged = LAB.exercises["10.1"].verdict.__globals__["LISTING"]
    assert solved["LISTING"] == judged


def test_the_listing_has_eleven_slips_and_each_is_told(solved):
    """Mending all but one leaves it refused, whichever it is."""
    mends = solved["my_mends"]()
    together = [(51, 53), (63, 64), (47, 66)]  # two lines of one slip
    slips = together + [(k,) for k in mends if all(k not in pair for pair in together)]
    assert len(slips) == 11
    for slip in slips:
        left = {k: new for k, new in mends.items() if k not in slip}
        assert solved["terpret"].check(solved["mended"](solved["LISTING"], left)[0]), slip


def test_the_mended_program_walks_seven_steps(told):
    text, _ = told("One of {program.count} ways")
    assert "{'final_X': 4, 'final_Y': 2, 'path_len': 7}" in text
    assert "One of 1728" in text and "goto L1" in text


def test_all_programs_at_once_four_are_right(told, solved):
    text, _ = told("np.unravel_index(np.arange(1728)")
    found = {(tuple(map(int, a.split())), tuple(map(int, b.split())))
             for a, b in re.findall(r"instr \[(.+)\] goto \[(.+)\]", text)}  # fmt: skip
    assert found == {(tuple(a), tuple(b)) for a, b in solved["terpret"].RIGHT}
    assert "124,416 answers: 1.000000" in text


def test_sums_run_away_without_the_division(told):
    text, _ = told("guess = my_prediction_of_the_sum()")
    rows = {int(n): (float(a), float(b)) for n, a, b in
            re.findall(r"^\s+(\d+)\s+(\S+)\s+(\S+)$", text, re.M)}  # fmt: skip
    assert rows[1][0] < 1e-6 and rows[18][0] > 1 and not np.isfinite(rows[44][0])
    assert all(kept < 1e-6 for _, kept in rows.values())


def test_some_of_a_hundred_descents_succeed_and_their_loss_tells_which(solved, told):
    text, picture = told("guess = my_prediction_of_the_restarts()")
    assert 10 <= int(re.search(r"larger mazes: (\d+) of 100", text)[1]) <= 45
    assert text.count("True") == 10 and "False" not in text
    assert float(re.search(r"came down to (\S+)", text)[1]) > 0.3
    assert 'begin="table.click"' in picture.svg
    _, curves = told('RUN["history"], RUN["right"]')
    assert "A hundred falling curves" in curves.data


def test_the_ring_has_local_optima(told):
    _, picture = told('terpret.Program("parity", K=K)')
    assert "Bars" in picture.data


def test_signs_are_learnt_through_the_program(told):
    text, picture = told("eight = terpret.fit(")
    assert "\nrepeat" in text and "LOOK(img_grid[X][Y])" in text
    counts = np.array(re.findall(r"\d+", re.search(r"\[\[(.*?)\]\]", text, re.S)[1]), int)
    assert counts.reshape(5, 5).trace() >= 970
    assert int(re.search(r"(\d+)% exact", text)[1]) >= 85
    assert ".click" in picture.svg
    assert re.search(r"through a maze of 8 × 5 signs, .* halts with reg = 9", picture.svg)


def test_a_memory_of_their_own_functions_learns_to_copy(told, solved):
    before = solved["dnc"].addressing.write
    text, picture = told("def learn():")
    shares = [int(each) for each in re.findall(r": (\d+) of 100 texts", text)]
    assert len(shares) == 3 and shares[0] > 95 and min(shares) > 80
    assert ".click" in picture.svg and "A memory in 15 steps" in picture.svg
    assert solved["dnc"].addressing.write is before


def test_the_compiler_speaks_by_the_numbers_of_the_listing(solved, capsys):
    """Line 47 becomes two in the solution: what follows is further down in the mended text."""
    solved["compiler"](
        {**solved["my_mends"](), 65: "                dir[t + 1].set_to(dir[t])", 100: "x"}
    )
    said = capsys.readouterr().out
    assert "line 65: dir[t + 1]" in said and "was set in line 64 already" in said
    assert "no line 100" in said and said.endswith("\n1 problem\n")
