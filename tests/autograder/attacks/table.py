"""All the attacks: what each is after, and the test that runs it.

`python -m tests.autograder.attacks` runs them and prints this table with what came of each. A test
holds the table against the tests that there are, so that nothing stands in it that is not run.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tests.autograder.attacks.beside import BESIDE
from tests.autograder.attacks.notebooks import STRUCTURES
from tests.autograder.attacks.programs import (
    ESCAPE,
    EXHAUST,
    FAMILIES,
    FORGE,
    NAMES,
    OTHERS,
    PROGRAMS,
    PROXY,
    READ,
    SHOW,
    STRUCTURE,
)

__all__ = ["ATTACKS", "FAMILIES", "Attack"]

HERE = Path(__file__).parent
CLASS = "test_marks.py::test_it_earns_what_it_deserves"


@dataclass(frozen=True)
class Attack:
    """`test`: the beginning of the ids of the tests that run it, from this folder on and without the
    name of the sandbox."""

    family: str
    tries: str
    test: str

    def is_run_by(self, test: str) -> bool:
        return re.sub(r"\[(bwrap|landlock)(-|])", "[", test).startswith(self.test)


# Cells that are run in a sandbox of their own; the words are those they begin with.
CELLS = {
    "attack_processes": ESCAPE, "call_home": ESCAPE, "leave_the_sandbox": ESCAPE,
    "stay_behind": ESCAPE, "fall_dead": EXHAUST, "deep_frame": EXHAUST, "display_flood": SHOW,
    "endless_loop": EXHAUST, "evil_exception": SHOW, "fill_the_disk": EXHAUST,
    "fork_bomb": EXHAUST, "garbage_frames": PROXY, "giant_frame": PROXY, "half_frame": PROXY,
    "hidden_work": EXHAUST, "infect_the_next": OTHERS, "loop_in_c": EXHAUST, "lying_outputs": SHOW,
    "many_descriptors": EXHAUST, "many_files": EXHAUST, "memory_bomb": EXHAUST,
    "memory_bombs": EXHAUST, "print_flood": SHOW, "print_one_giant": SHOW,
    "read_the_course": READ, "read_the_environment": READ, "stubborn_loop": EXHAUST,
    "thread_bomb": EXHAUST, "unasked_frames": PROXY, "write_the_course": OTHERS,
}  # fmt: skip

# (family, what it tries, file, function): attacks with a test, or a row of tests, of their own.
OTHER_TESTS = """
forge | answers with data that cannot be decoded | attacks | a_forged_answer_is_only_a_wrong_answer
others | looks for another student's process that runs beside it | attacks | sessions_that_stand_side_by_side
proxy | lies about the copy that was to be made of it | checkpoint | an_original_that_lies
proxy | will make no copy of itself | checkpoint | an_original_that_declines
proxy | answers in the name of its copy | checkpoint | an_original_may_answer
proxy | holds the line of a copy that has ended | checkpoint | the_end_of_a_copy_is_noticed
escape | as a copy, ends or halts the original and all others | checkpoint | a_copy_does_what_it_likes
exhaust | multiplies while it is being ended | checkpoint | a_copy_that_multiplies
read | as a copy, reads and writes the original's memory | checkpoint | a_copy_cannot_look_into
read | keeps a hidden case's numbers for a later cell to print | checkpoint | what_a_hidden_case_was
read | takes down what a test asks, and shows it in a later cell | order | what_a_test_asks_is_never_shown
exhaust | gives empty arrays of a thousand million rows | judge | an_empty_array_of_a_thousand_million
show | gives endless evidence for the report | judge | evidence_is_cut_short
exhaust | gives a dictionary whose keys multiply | judge | long_keys_do_not_multiply
exhaust | only sleeps, a little in each cell | judge | one_who_only_sleeps
others | has the judge's process die over it | judge | a_judge_that_dies_over_one_submission
others | breaks the pool between two submissions | judge | a_pool_that_breaks
show | commands the terminal in a message | judge | a_student_s_message_commands_no_terminal
forge | gives values that are almost, or look like, the number | answers | no_odd_value_agrees
forge | has a test calculate points that are an array or nan | answers | points_that_are_no_number
exhaust | gives one long text among thousands of short ones | answers | one_long_text
exhaust | has a test make a list as long as the memory | answers | a_test_cannot_be_made_to_fill
exhaust | has a test loop for ever on its answers | answers | answers_that_make_a_test_run_for_ever
exhaust | has a test call a library that never comes back | answers | a_call_that_never_comes_back
forge | gives a hostile gradient to the diagnosis | answers | no_hostile_gradient
names | packs a zip that looks like a bomb, lies of sizes, is locked | collection | bombs_are_not_unpacked
names | calls a zip what is none | collection | what_is_called_a_zip_and_is_none
names | hands in for another, in a folder of its own | collection | a_late_submission_on_its_own
escape | brings checks that would run in the judge | collection | checks_that_were_handed_in
escape | brings a course's configuration | collection | a_course_is_not_to_be_found
escape | waits for a marker who works in its folder | collection | the_marker_may_stand
escape | knows the addresses of the fork server and the service | service | a_student_s_process_reaches
others | talks nonsense at the fork server's door | service | nonsense_at_the_door
others | is another user of the machine | service | another_user_is_let_in
show | shows scripts in HTML, SVG, LaTeX and attachments | pages | nothing_of_a_student_s_runs
show | writes active HTML into its texts | pages | the_lab_s_own_text_keeps
show | writes links that are programs | pages | a_link_of_a_student_s
show | writes prose that takes ages to read | pages | prose_that_takes_ages
show | writes for terminals and spreadsheets | pages | a_terminal_and_a_spreadsheet
proxy | an object that agrees with everything, in every operator | proxies | an_object_that_agrees
proxy | an object that says it is of a listed class | proxies | where_an_object_came_from
proxy | an operator that gives a plain number | proxies | a_plain_number_from_an_operator
proxy | one answer to whatever is asked | proxies | a_process_that_answers_everything_alike
proxy | references that nobody gave | proxies | references_that_nobody_gave
proxy | an exit that swallows the test's exception | proxies | an_exit_that_returns_true
proxy | a generator without end | proxies | an_endless_generator
proxy | a length that is none | proxies | a_length_is_a_number
proxy | another value at each reading | proxies | what_is_read_into_a_name
proxy | a test's function, kept and called in the next | proxies | a_function_of_one_test
proxy | nonsense for a test's function | proxies | whatever_a_test_s_function_is_given
proxy | a forged request to a test's function | proxies | the_ways_to_call_a_test_s_function
proxy | calls back and forth without end | proxies | calls_back_and_forth
proxy | threads that call back for ever | proxies | a_thread_that_calls_for_ever
escape | a library's function, to be called in the judge | proxies | a_library_is_not_given_away
exhaust | graphs of callbacks without end | proxies | graphs_of_a_test_s_function
proxy | cyclic and huge values | proxies | cyclic_and_huge_values
forge | nan, strides and masks | proxies | numbers_that_are_none
proxy | a subclass of tensor with behaviour of its own | proxies | a_subclass_of_tensor
forge | wrong backward passes | proxies | a_wrong_backward_fails
exhaust | a backward pass that hangs | proxies | a_backward_that_hangs
forge | torch, patched | proxies | a_patched_torch_stays_there
forge | wrong gradients under dpkit | proxies | a_wrong_gradient_under_dpkit
forge | modules that train wrongly, or have false parameters | proxies | a_wrong_or_hostile_module
forge | exceptions that end a test early | proxies | no_exception_of_the_student_s
proxy | false names for exceptions | proxies | a_name_for_an_exception
exhaust | many answers that are each in time | proxies | many_short_answers
names | writes another's number into a file's name for Canvas | names | in_canvas
names | writes another's number into a file's name for Moodle | names | in_moodle
names | writes another's name inside a Moodle folder, for nbgrader's collector | names | in_nbgraders_zip_collect
names | uses up the room of all in a zip of its own | names | one_student_s_zip_takes_no_other
names | hides files in a folder without a printable name | names | a_folder_without_a_name
exhaust | writes code that takes ages to colour and to compare | stalls | reading_it_takes_no_time
exhaust | writes a million characters, for formgrader to colour | stalls | formgrader_shows
exhaust | writes a hundred long cells | stalls | of_many_long_cells
exhaust | sleeps for hours, and whenever it is woken | stalls | sleep_has_an_end
exhaust | gives an answer that a failed test quotes without end | stalls | a_test_that_says_what_came
show | links to a page that it has handed in | pages | a_link_does_not_lead
read | has one test's inputs told by the next, for another attempt | judge | what_was_asked_in_secret
"""
SHORT = {"forge": FORGE, "proxy": PROXY, "read": READ, "others": OTHERS, "exhaust": EXHAUST,
         "escape": ESCAPE, "names": NAMES, "show": SHOW}  # fmt: skip


def _words_of(name: str) -> str:
    told = ast.get_docstring(ast.parse((HERE / "cells" / f"{name}.py").read_text())) or ""
    return " ".join(told.split()).rstrip(".")


def _archives() -> dict[str, Attack]:
    from tests.autograder.attacks.test_collection import ZIPS

    test = "test_collection.py::test_an_archive_reaches_nothing_but_its_senders_folder"
    return {
        f"zip: {name}": Attack(NAMES, f"a zip: {name.replace('_', ' ')}", f"{test}[{name}]")
        for name in ZIPS
    }


def _others() -> dict[str, Attack]:
    found = {}
    for line in OTHER_TESTS.strip().splitlines():
        family, tries, file, function = (part.strip() for part in line.split("|"))
        test = f"test_{file}.py::test_{function}"
        found[function] = Attack(SHORT[family], tries, test)
    return found


ATTACKS: dict[str, Attack] = {
    **{n: Attack(p.family, p.tries, f"{CLASS}[{n}]") for n, p in PROGRAMS.items()},
    **{n: Attack(STRUCTURE, s.tries, f"{CLASS}[{n}]") for n, s in STRUCTURES.items()},
    **{n: Attack(NAMES, tries, f"{CLASS}[{n}]") for n, (tries, _) in BESIDE.items()},
    **{
        n: Attack(family, _words_of(n), f"test_attacks.py::test_attack[{n}]")
        for n, family in CELLS.items()
    },
    **_archives(),
    **_others(),
}
