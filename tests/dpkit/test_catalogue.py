"""The catalogue of mistakes: complete, kind, silent about the answer; and its field guide runs."""

from __future__ import annotations

import ast
import doctest
import re
from pathlib import Path

import pytest

import dpkit as dp

NOTES = Path(__file__).parents[2] / "course" / "notes"
GUIDE = (NOTES / "mistakes.md").read_text(encoding="utf-8")
KINDS = sorted(dp.CATALOGUE)


def sections() -> dict[str, str]:
    """The text under each anchor of the guide, up to the next one."""
    parts = re.split(r"^\(([\w-]+)\)=$", GUIDE, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


SECTIONS = sections()
NAMED = {kind.replace("_", "-"): kind for kind in KINDS}


def test_every_mistake_that_the_course_speaks_of_has_a_kind():
    assert set(KINDS) == set(
        """accumulated aliased ascent averaged clipped constant_offset correct double_counted factor
        finite_difference float32 late_evaluation learning_rate magnitude missing missing_factor
        missing_term mutated_input no_update nondeterministic normalised not_finite not_summed
        not_upstream other_function overwritten post_update repeated_factor rounded shape sign stale
        swapped transposed unknown weight_decay wrong_argument wrong_order wrong_point wrong_rule
        wrong_seed wrong_type zero""".split()
    )


@pytest.mark.parametrize("kind", KINDS)
def test_three_hints_from_a_question_to_almost_the_answer(kind):
    entry = dp.CATALOGUE[kind]
    assert len(entry.hints) == 3
    question, place, almost = entry.hints
    assert "?" in question
    assert all(hint[-1] in ".?" and hint[0].isupper() for hint in entry.hints)
    assert 30 <= len(question) < 200 and 30 <= len(place) < 260 and 60 <= len(almost) < 360
    fields = set(re.findall(r"{(\w*)}", " ".join(entry.hints)))
    assert fields <= {"where", "operation"}


def test_sentences_are_fit_to_be_built_into_others():
    for entry in dp.CATALOGUE.values():
        assert entry.title[0].isupper() and entry.title[-1].isalnum()
        assert entry.sentence[0].islower() and entry.sentence[-1].isalnum()
    assert len({entry.title for entry in dp.CATALOGUE.values()}) == len(KINDS)
    assert len({hint for each in dp.CATALOGUE.values() for hint in each.hints}) == 3 * len(KINDS)


def test_no_hint_holds_an_expression_to_copy():
    """Code in a hint is a name to look for, or the innocent `y = x`; never a formula."""
    for entry in dp.CATALOGUE.values():
        for code in re.findall(r"`([^`]*)`", " ".join(entry.hints)):
            assert re.fullmatch(r"[\w.]+=?|[+*]=|y = x|x\[\.\.\.\] = \.\.\.", code), code


@pytest.mark.parametrize("kind", KINDS)
def test_reread_leads_to_a_section_of_its_own(kind):
    page, anchor = dp.CATALOGUE[kind].reread.split("#")
    assert f"({anchor})=" in (NOTES / page).read_text(encoding="utf-8")
    assert f"### {dp.CATALOGUE[kind].title}\n" in SECTIONS[anchor]
    assert "```python" in SECTIONS[anchor]


def test_the_guide_holds_no_section_without_a_kind():
    headed = {anchor for anchor, text in SECTIONS.items() if "\n### " in text}
    assert headed == set(NAMED)


def test_links_within_the_guide_lead_somewhere():
    for page, anchor in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", GUIDE):
        text = (NOTES / page).read_text(encoding="utf-8") if page else GUIDE
        assert f"({anchor})=" in text, f"{page}#{anchor}"


# The examples ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def setting():
    """The names that the guide defines before its first section."""
    names: dict[str, object] = {}
    for block in blocks(GUIDE.partition("(calculus)=")[0]):
        run(block, names)
    return names


def blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.S)


def run(block: str, names: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(block, names, "mistakes.md", None, 0)
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("anchor", sorted(SECTIONS))
def test_examples_print_what_the_guide_says(anchor, setting):
    names = dict(setting)
    for shared in ("transposed", "not-summed"):  # their arrays are used further on
        run(blocks(SECTIONS[shared])[0], names)
    for block in blocks(SECTIONS[anchor]):
        run(block, names)


def looked_at(anchor: str) -> str | None:
    """The arguments of the section's `look`, as they are written."""
    for block in blocks(SECTIONS[anchor]):
        for example in doctest.DocTestParser().get_examples(block):
            call = ast.parse(example.source).body[0]
            if isinstance(call, ast.Expr) and ast.unparse(call).startswith("look(f, wrong"):
                return ast.unparse(call).removeprefix("look(").removesuffix(")")
    return None


@pytest.mark.parametrize("anchor", [a for a in sorted(NAMED) if looked_at(a)])
def test_each_example_is_the_mistake_that_it_stands_for(anchor, setting):
    """Diagnosed, the example has its section's name, or that is among those with the same numbers."""
    names = dict(setting)
    for shared in ("transposed", "not-summed"):
        run(blocks(SECTIONS[shared])[0], names)
    for block in blocks(SECTIONS[anchor]):
        run(block, names)
    found = eval(f"dp.diagnose({looked_at(anchor)})", names)
    assert NAMED[anchor] in {found.kind, *(each.kind for each in found.alternatives)}, str(found)
