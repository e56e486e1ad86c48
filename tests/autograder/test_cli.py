"""One face for all commands: one JSON document or words, exit statuses, help with an example."""

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from autograder import cli, commands
from autograder.build import build_release
from autograder.cli import main
from autograder.course import Course
from tests.autograder.toy import LAB, toy_course
from tests.conftest import ROOT

PARSER = cli._parser(False)
(SUBPARSERS,) = (a for a in PARSER._actions if isinstance(a, argparse._SubParsersAction))
COMMANDS = sorted(SUBPARSERS.choices)
STATUSES = ("0", "1", "2", "3", "130")

# The least that each command has to be told.
LEAST = {
    "bundle": ["somewhere"],
    "check": ["lab.ipynb"],
    "export": [LAB],
    "feedback": [LAB],
    "grade": [LAB],
    "report": [LAB],
}


def test_every_command_of_the_contract_is_there():
    contract = "bundle check demo doctor export feedback grade release report serve".split()
    assert set(contract) <= set(COMMANDS)


# --------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_may_be_typed_and_the_statuses(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert stop.value.code == 0
    (example,) = re.findall(r"^example:\n  autograder (.*)$", said, re.M)
    assert PARSER.parse_args(shlex.split(example)).run is getattr(commands, command)
    assert re.findall(r"^  (\d+) ", said, re.M) == list(STATUSES)
    assert "--json" in said and "--course" in said


def test_the_list_of_commands_has_a_line_for_each(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^    {command} +\w", said, re.M), command
    assert re.findall(r"^  (\d+) ", said, re.M) == list(STATUSES)


def test_the_statuses_are_in_the_assistants_manual():
    text = (ROOT / "course" / "ta.md").read_text(encoding="utf-8")
    table = text[text.index("## Exit statuses") :]
    assert re.findall(r"^\| (\d+) \|", table, re.M) == list(STATUSES)


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert re.fullmatch(r"autograder \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


# ------------------------------------------------------------------------------------ exit statuses


@pytest.mark.parametrize("command", COMMANDS)
def test_2_the_command_line_is_wrong(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, *LEAST.get(command, []), "--nosuch", "--json"])
    said = capsys.readouterr()
    assert stop.value.code == 2
    assert json.loads(said.out) == {"error": "unrecognized arguments: --nosuch"}
    assert "--nosuch" in said.err
    with pytest.raises(SystemExit) as stop:
        main([command, *LEAST.get(command, []), "--nosuch"])
    assert stop.value.code == 2 and capsys.readouterr().out == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_130_stopped_by_ctrl_c(command, capsys, monkeypatch):
    def stopped(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, command, stopped)
    assert main([command, *LEAST.get(command, []), "--json"]) == 130
    said = capsys.readouterr()
    assert json.loads(said.out) == {"error": cli.STOPPED} and cli.STOPPED in said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_defect_is_an_error_with_its_traceback(command, capsys, monkeypatch, caplog):
    def broken(options):
        raise RuntimeError("the sky fell")

    monkeypatch.setattr(commands, command, broken)
    assert main([command, *LEAST.get(command, []), "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == {"error": "the sky fell"}
    assert "autograder: the sky fell" in said.err
    assert "in broken" in (said.err + caplog.text)


@pytest.mark.parametrize("command", COMMANDS)
def test_with_json_nothing_else_is_on_standard_output(command, capsys, monkeypatch):
    def chatty(options):
        print("by the way")
        return 0, {"fine": True}

    monkeypatch.setattr(commands, command, chatty)
    assert main([command, *LEAST.get(command, []), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"fine": True} and "by the way" in said.err


EVIL = "\x1b[2J\x1b]0;owned\x07\u202etxt.exe\r\udc80"  # clears a screen, retitles it, turns a name round


@pytest.mark.attack
def test_a_terminal_is_sent_no_commands(capsys, monkeypatch):
    """A file in a submission may have any name, and a message may hold it."""

    def failing(options):
        commands._warn(f"lab/{EVIL}: is no notebook")
        commands._say(options, f"said: {EVIL}")
        raise cli.CourseError(f"lab/{EVIL}: cannot be read\nfile by file")

    monkeypatch.setattr(commands, "grade", failing)
    assert main(["grade", LAB]) == 1
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert "txt.exe" in text and all(c.isprintable() or c == "\n" for c in text)
    assert "file by file" in said.err
    assert main(["grade", LAB, "--json"]) == 1
    document = capsys.readouterr().out
    assert EVIL in json.loads(document)["error"] and document.isascii() and "\x1b" not in document


# ------------------------------------------------------------------------- with a class, for real


@pytest.fixture(scope="module")
def marked(tmp_path_factory, request):
    """A course with three submissions: one right, one blank, one that cannot be read; marked."""
    request.getfixturevalue("bubblewrap")
    folder = tmp_path_factory.mktemp("cli")
    course = toy_course(folder)
    build_release(course, LAB)
    for student in ("ada", "ben", "cyd"):
        (folder / "in" / student).mkdir(parents=True)
    source = course.source / LAB / "lab.ipynb"
    shutil.copyfile(source, folder / "in" / "ada" / "lab.ipynb")
    shutil.copyfile(course.release / LAB / "lab.ipynb", folder / "in" / "ben" / "lab.ipynb")
    (folder / "in" / "cyd" / "lab.ipynb").write_text("{")
    done = run(course, "grade", LAB, "--submissions", folder / "in", "--workers", 1)
    return course, done


def run(course, *arguments):
    """(exit status, the one JSON document) of a command in a process of its own."""
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    done = subprocess.run(
        [*command, "--course", str(course.root), "--json"], capture_output=True, text=True, cwd=ROOT
    )
    return done.returncode, json.loads(done.stdout)


def test_grade(marked):
    course, (status, answer) = marked
    assert status == 1  # one of them could not be
    assert "error" not in answer and answer["marked"] == ["ada", "ben"]
    (problem,) = answer["problems"]
    assert problem["student"] == "cyd" and not problem["marked"]
    assert {mark["student"]: mark["score"] for mark in answer["marks"]}["ada"] == 5


def test_each_command_answers_in_json_and_with_its_status(marked, tmp_path, capfd):
    """In one process, and to the last byte of what it and its children write on standard output."""
    course, _ = marked
    course = Course.at(course.root)
    one = course.submitted / "ada" / LAB / "lab.ipynb"
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("x")
    cases = [
        (["release", LAB, "--check", "--no-proof"], 0, LAB),
        (["release", LAB, "--check"], 0, LAB),
        (["report", LAB, "--output", tmp_path / "report"], 0, "written"),
        (["report", LAB, "--output", tmp_path / "report", "--similarity"], 0, "alike"),
        (["feedback", LAB], 3, "unmarked"),
        (["feedback", LAB, "--student", "ada"], 0, "made"),
        (["export", LAB, "--out", tmp_path / "marks.csv"], 3, "filled"),
        (["check", one], 0, "score"),
        (["bundle", tmp_path / "bundle"], 0, "written"),
        (["doctor"], 0, "can_grade"),
    ]
    errors = [
        ["bundle", foreign],
        ["check", tmp_path / "nowhere.ipynb"],
        ["demo", "--output", foreign],
        *(
            [name, "nosuch"]
            for name in ("release", "grade", "report", "feedback", "export", "serve")
        ),
    ]
    capfd.readouterr()
    for arguments, status, key in cases:
        came = main([*map(str, arguments), "--course", str(course.root), "--json"])
        answer = json.loads(capfd.readouterr().out)
        assert (came, "error" in answer) == (status, False), (arguments, answer)
        assert key in answer, (arguments, answer)
    for arguments in errors:
        came = main([*map(str, arguments), "--course", str(course.root), "--json"])
        said = capfd.readouterr()
        answer = json.loads(said.out)
        assert came == 1 and list(answer) == ["error"], (arguments, answer)
        assert answer["error"] in said.err
        assert "Traceback" not in said.err
        if arguments[1] == "nosuch":
            assert f"the labs there are: {LAB}" in answer["error"]


def test_no_course_is_one_sentence_for_every_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in sorted({*COMMANDS} - {"doctor", "check", "demo"}):
        assert main([command, *LEAST.get(command, [])]) == 1
        said = capsys.readouterr().err
        assert "no course in" in said and "--course" in said, command
