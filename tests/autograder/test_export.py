"""Marks for Canvas and Moodle: the platforms' own files, with the right cells filled and no other touched."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from autograder.build import build_release
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.export import CanvasExporter, MoodleExporter
from autograder.export.sheet import Sheet, harmless, match
from autograder.store import Store
from tests.autograder.test_report import BLANK, MUTATED, SIGN, hand_in, record
from tests.autograder.toy import LAB, toy_course

ROOT = Path(__file__).resolve().parents[2]
EVIL = '=HYPERLINK("http://x.org","Lovelace")'

# As Canvas writes them: a row of manual postings, the points with their blanks, sums that are read only.
CANVAS = [
    ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Essay (70)", f"{LAB} (71)", "Current Score"],
    ["", "", "", "", "", "Manual Posting", "", ""],
    ["    Points Possible", "", "", "", "", "10", "7", "(read only)"],
    ["Lovelace, Ada", "101", "s-1", "ada", "Mon, early", "8.5", "", "85"],
    [f'="{EVIL}"', "102", "s-2", "ben", 'The "late" one', "", "3.00", ""],
    ["Ç̧yd,\nÉmile", "103", "s-3", "cyd", "Mon, early", "7", "EX", "70"],
    ["Not, Here", "104", "s-4", "nora", "Mon, early", "", "4", ""],
    ["Student, Test", "105", "", "9f8e", "Mon, early", "", "", ""],
]  # fmt: skip
MOODLE_HEADER = [
    "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
    "Last modified (submission)", "Last modified (grade)", "Feedback comments",
]  # fmt: skip
MOODLE = [
    MOODLE_HEADER,
    ["Participant 11", "Ada Lovelace", "ada@x.org", "Submitted for grading", "", "7.00", "Yes", "Monday", "-", ""],
    ["Participant 12", EVIL, "ben@x.org", "Submitted", "2.00", "7.00", "Yes", "-", "-", "Automatic marking: old."],
    ["Participant 13", "Cyd", "cyd@x.org", "Submitted", "", "7.00", "Yes", "-", "-", "Well tried. Come and see me!"],
    ["Participant 14", "Dot", "dot@x.org", "Submitted", "6.00", "7.00", "No", "-", "-", ""],
    ["Participant 15", "Nora", "nora@x.org", "No submission", "", "7.00", "Yes", "-", "-", ""],
]  # fmt: skip


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """ada 7, ben 3 (late: -1), cyd 5, dot 0 are ready; eve waits for a reader, fay is not marked, gus sent nothing."""
    course = toy_course(tmp_path_factory.mktemp("marked"))
    build_release(course, LAB)
    record(course, "ada", 2, 2, 1, 2)
    record(course, "ben", 1, 0, 1, 2, (*SIGN, -3.0, 3.0), (*MUTATED, None, None))
    record(course, "cyd", 1.25, 1, 1, 1.75, (*SIGN, -12.0, 12.0))
    record(course, "dot", 0, 0, 0, 0, BLANK)
    record(course, "eve", 2, 2, 1, None)
    hand_in(course, "fay")
    with gradebook(course) as book:
        for name in ("ada", "ben", "cyd", "dot", "eve"):
            book.update_or_create_student(name, email=f"{name}@x.org")
        book.update_or_create_student(
            "ada", first_name="Ada", last_name="Lovelace", lms_user_id="101"
        )
        book.add_student("gus", last_name="+cmd", first_name="Gus")
        book.find_submission_notebook("lab", LAB, "ben").late_submission_penalty = 1
        book.db.commit()
    return course


def gradebook(course):
    coursedir = course.coursedir(LAB)
    return Gradebook(coursedir.db_url, coursedir.course_id)


def write(path, rows, delimiter=",", bom="", end="\r\n"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes((bom + text.getvalue()).encode())
    return path


def read(path, delimiter=","):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, delimiter=delimiter))


def export(course, form, *more):
    return main(["export", LAB, "--course", str(course.root), "--format", form, *map(str, more)])


def told(capsys):
    return json.loads(capsys.readouterr().out)


# -------------------------------------------------------------------------------------------- canvas


def test_canvas_gets_its_own_file_back_with_one_column_filled(marked, tmp_path, capsys):
    roster, out = write(tmp_path / "roster.csv", CANVAS), tmp_path / "out.csv"
    assert export(marked, "canvas", "--roster", roster, "--out", out, "--json") == 3
    answer = told(capsys)
    expected = [list(row) for row in CANVAS]
    expected[3][6] = "7"
    expected[4][6] = "3"  # 4 less 1 for being late
    expected[4][0] = f"'{expected[4][0]}"  # the only other change: what a spreadsheet would run
    assert read(out) == expected
    assert answer["filled"] == ["ada", "ben"]
    assert answer["kept"] == {"cyd": "has 'EX' in the roster, which stays"}
    assert answer["unmatched"] == {"dot": "not in the roster"}
    assert list(answer["waiting"]) == ["eve"] and "2 points wait" in answer["waiting"]["eve"]
    assert list(answer["unmarked"]) == ["fay"]
    assert answer["missing"] == ["gus", "Not, Here"]
    assert answer["written"] == str(out) and answer["format"] == "canvas"


def test_everything_in_the_file_is_exit_status_0(marked, tmp_path, capsys):
    course = Course.at(marked.root)
    roster = write(tmp_path / "r.csv", CANVAS[:5])
    exporter = CanvasExporter(
        course=course,
        assignment=[LAB],
        student=["ada", "ben"],
        roster=str(roster),
        to=str(tmp_path / "o.csv"),
    )
    with gradebook(course) as book:
        exporter.export(book)
    assert exporter.exported.exit_status == 0
    assert exporter.exported.missing == []


@pytest.mark.parametrize(("delimiter", "bom", "end"), [(";", "\ufeff", "\r\n"), (",", "", "\n")])
def test_the_dialect_of_the_roster_is_kept(marked, tmp_path, delimiter, bom, end):
    roster = write(tmp_path / "roster.csv", CANVAS, delimiter, bom, end)
    export(marked, "canvas", "--roster", roster, "--out", tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes().decode()
    assert raw.startswith(bom + "Student" + delimiter)
    assert ("\r\n" in raw) == (end == "\r\n")
    assert read(tmp_path / "out.csv", delimiter)[3][6] == "7"


def test_a_column_is_found_by_title_number_or_name_and_else_added_before_the_sums(
    marked, tmp_path, capsys
):
    def filled(heading, *more):
        rows = [list(row) for row in CANVAS]
        rows[0][6] = heading
        write(tmp_path / "roster.csv", rows)
        export(
            marked,
            "canvas",
            "--roster",
            tmp_path / "roster.csv",
            "--out",
            tmp_path / "out.csv",
            *more,
        )
        return read(tmp_path / "out.csv")

    assert filled("A slope, a mean and a word (71)")[3][6] == "7"  # the lab's title
    assert filled("Week 0 (71)", "--column", "71")[3][6] == "7"
    assert filled("Week 0 (71)", "--column", "Week 0")[3][6] == "7"
    capsys.readouterr()
    rows = filled("Week 0 (71)")
    assert "new assignment" in capsys.readouterr().err
    assert rows[0][5:] == ["Essay (70)", "Week 0 (71)", LAB, "Current Score"]
    assert [row[7] for row in rows[1:4]] == ["", "7", "7"]
    assert [row[6] for row in rows] == ["Week 0 (71)", *(row[6] for row in CANVAS[1:])]
    assert main(["export", LAB, "--course", str(marked.root), "--format", "canvas", "--column", "Nowhere",
                 "--roster", str(tmp_path / "roster.csv")]) == 1  # fmt: skip
    assert "'Essay (70)', 'Week 0 (71)'" in capsys.readouterr().err


def test_zero_only_when_asked_for_and_never_over_somebodys_work(marked, tmp_path, capsys):
    rows = [list(row) for row in CANVAS]
    rows.append(["Empty, Row", "106", "s-6", "empty", "", "", "", ""])
    roster = write(tmp_path / "roster.csv", rows)
    zero = ("--roster", roster, "--out", tmp_path / "out.csv", "--missing-as-zero")
    export(marked, "canvas", *zero)
    assert (
        "may be theirs" in capsys.readouterr().err
    )  # dot's mark found no row: nobody else gets a zero
    assert read(tmp_path / "out.csv")[8][6] == ""
    rows.append(["Dot", "107", "s-7", "dot", "", "", "", ""])
    write(roster, rows)
    export(marked, "canvas", *zero)
    out = {row[3]: row[6] for row in read(tmp_path / "out.csv")}
    assert out["empty"] == "0" and out["dot"] == "0" and out["nora"] == "4" and out["9f8e"] == ""


def test_without_a_roster_the_gradebook_s_students_are_listed(marked, tmp_path):
    assert export(marked, "canvas", "--out", tmp_path / "out.csv") == 3
    rows = read(tmp_path / "out.csv")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", LAB]
    assert rows[1] == ["    Points Possible", "", "", "", "", "7"]
    assert {row[3]: row[5] for row in rows[2:]} == {
        "ada": "7", "ben": "3", "cyd": "5", "dot": "0", "eve": "", "fay": "", "gus": "",
    }  # fmt: skip
    assert ["Lovelace, Ada", "101"] == rows[2][:2]
    assert rows[-1][0] == "'+cmd, Gus"


def test_another_maximum_is_refused_or_scaled(marked, tmp_path, capsys):
    rows = [list(row) for row in CANVAS]
    rows[2][6] = "100"
    roster = write(tmp_path / "roster.csv", rows)
    assert export(marked, "canvas", "--roster", roster, "--out", tmp_path / "out.csv") == 1
    assert "maximum of 100" in capsys.readouterr().err and not (tmp_path / "out.csv").exists()
    export(marked, "canvas", "--roster", roster, "--out", tmp_path / "out.csv", "--scale")
    out = read(tmp_path / "out.csv")
    assert float(out[3][6]) == 100 and float(out[4][6]) == pytest.approx(300 / 7, abs=1e-6)


# -------------------------------------------------------------------------------------------- moodle


def test_moodle_gets_its_worksheet_back_with_grades_and_comments(marked, tmp_path, capsys):
    roster, out = write(tmp_path / "roster.csv", MOODLE), tmp_path / "out.csv"
    assert export(marked, "moodle", "--roster", roster, "--out", out, "--json") == 3
    answer, rows = told(capsys), read(out)
    assert rows[0] == MOODLE_HEADER
    untouched = [
        k for k, name in enumerate(MOODLE_HEADER) if name not in ("Grade", "Feedback comments")
    ]
    for before, after in zip(MOODLE[1:], rows[1:], strict=True):
        assert [after[k].removeprefix("'") for k in untouched] == [before[k] for k in untouched]
    assert [row[4] for row in rows[1:]] == ["7", "3", "5", "6.00", ""]
    assert rows[2][1] == f"'{EVIL}"
    ada, ben, cyd, dot, nora = (row[9] for row in rows[1:])
    assert ada == "Automatic marking: everything is right."
    assert ben == (
        "Automatic marking: 1.1 A slope 1/2 (sign); 1.2 A centred list 0/2 (mutated input). "
        "Points off for being late: 1."
    )
    assert cyd == "Well tried. Come and see me!"  # a person wrote it
    assert dot == nora == ""
    assert answer["filled"] == ["ada", "ben", "cyd"]
    assert list(answer["kept"]) == ["dot"] and list(answer["waiting"]) == ["eve"]
    assert answer["missing"] == ["gus", "Nora"]


def test_a_comment_is_html_to_moodle(marked, tmp_path):
    note = Store(marked.state).outcome(LAB, "ben")
    changed = json.loads(json.dumps(note))
    changed["results"][0]["findings"][0]["title"] = "a < b & <script>alert(1)</script>"
    Store(marked.state).save_outcome(LAB, "ben", changed)
    roster = write(tmp_path / "roster.csv", MOODLE)
    export(marked, "moodle", "--roster", roster, "--out", tmp_path / "out.csv")
    Store(marked.state).save_outcome(LAB, "ben", note)
    comment = read(tmp_path / "out.csv")[2][9]
    assert "a &lt; b &amp; &lt;script&gt;" in comment and "<" not in comment


def test_moodle_s_decimal_comma_and_its_zeros(marked, tmp_path):
    rows = [[cell.replace("7.00", "14,00") for cell in row] for row in MOODLE]
    roster = write(tmp_path / "roster.csv", rows, delimiter=";")
    assert export(marked, "moodle", "--roster", roster, "--out", tmp_path / "out.csv") == 1
    export(
        marked,
        "moodle",
        "--roster",
        roster,
        "--out",
        tmp_path / "out.csv",
        "--scale",
        "--missing-as-zero",
    )
    assert [row[4] for row in read(tmp_path / "out.csv", ";")[1:]] == ["14", "6", "10", "6.00", "0"]
    with gradebook(marked) as book:
        grade = book.find_grade("check1_1", "lab", LAB, "cyd")
        grade.auto_score = 1.5
        book.db.commit()
    export(marked, "moodle", "--roster", roster, "--out", tmp_path / "out.csv", "--scale")
    assert read(tmp_path / "out.csv", ";")[3][4] == "10,5"
    with gradebook(marked) as book:
        book.find_grade("check1_1", "lab", LAB, "cyd").auto_score = 1.25
        book.db.commit()


def test_a_participant_s_number_is_an_identifier(marked, tmp_path):
    rows = [row for row in MOODLE if row[0] != "Participant 11"]
    rows = [
        [*MOODLE_HEADER[:2], "Username", *MOODLE_HEADER[3:]],
        ["Participant 77", "Somebody", "x", *MOODLE[1][3:]],
    ]
    with gradebook(marked) as book:
        book.update_or_create_student("ada", lms_user_id="77")
    try:
        roster = write(tmp_path / "roster.csv", rows)
        export(marked, "moodle", "--roster", roster, "--out", tmp_path / "out.csv")
    finally:
        with gradebook(marked) as book:
            book.update_or_create_student("ada", lms_user_id="101")
    assert read(tmp_path / "out.csv")[1][4] == "7"


@pytest.mark.parametrize(
    ("form", "rows", "complaint"),
    [
        ("moodle", None, "Download grading worksheet"),
        ("moodle", [["Teilnehmer", "Bewertung"], ["a", "b"]], "in English"),
        ("canvas", [["Name", "ID"], ["a", "b"]], "not 'Student'"),
        ("canvas", [["Student", "ID"], ["a", "b"]], "no heading 'ID' or 'Section'"),
        ("canvas", [["Student", "ID"], ["a", "b", "c"]], "row 2 has 3 cells"),
        ("canvas", [], "is empty"),
        ("csv", CANVAS, "needs no roster"),
    ],
)
def test_a_wrong_roster_is_one_clear_line(marked, tmp_path, capsys, form, rows, complaint):
    more = [] if rows is None else ["--roster", write(tmp_path / "roster.csv", rows)]
    assert export(marked, form, "--out", tmp_path / "out.csv", *more) == 1
    said = capsys.readouterr().err
    assert complaint in said and len(said.splitlines()) == 1
    assert not (tmp_path / "out.csv").exists()


def test_the_roster_is_never_overwritten_and_must_be_text(marked, tmp_path, capsys):
    roster = write(tmp_path / "roster.csv", CANVAS)
    before = roster.read_bytes()
    assert export(marked, "canvas", "--roster", roster, "--out", roster) == 1
    assert roster.read_bytes() == before
    roster.write_bytes("Student;ID\r\nÉmile;1".encode("latin-1"))
    assert export(marked, "canvas", "--roster", roster, "--out", tmp_path / "o.csv") == 1
    assert export(marked, "canvas", "--roster", tmp_path / "nowhere.csv") == 1
    said = capsys.readouterr().err
    assert "is the roster itself" in said and "is not in UTF-8" in said and "No such file" in said


# --------------------------------------------------------------------------------------------- plain


def test_the_plain_table(marked, tmp_path, capsys):
    assert export(marked, "csv", "--out", tmp_path / "out.csv", "--json") == 3
    header, *rows = read(tmp_path / "out.csv")
    assert header == [
        "student", "name", "email", "1.1 A slope (of 2)", "1.2 A centred list (of 2)", "1.3 A sum (of 1)",
        "1.4 A word (of 2)", "late penalty", "total", "maximum", "points that wait for a reader",
    ]  # fmt: skip
    table = {row[0]: row[1:] for row in rows}
    assert table["ada"] == ["Lovelace, Ada", "ada@x.org", "2", "2", "1", "2", "0", "7", "7", "0"]
    assert table["ben"] == ["", "ben@x.org", "1", "0", "1", "2", "1", "3", "7", "0"]
    assert table["eve"] == ["", "eve@x.org", "2", "2", "1", "", "0", "", "7", "2"]
    assert table["fay"] == ["", "", "", "", "", "", "", "", "7", ""]
    assert table["gus"] == ["'+cmd, Gus", "", "", "", "", "", "", "", "7", ""]
    assert set(told(capsys)["waiting"]) == {"eve"}
    export(marked, "csv", "--out", tmp_path / "out.csv", "--missing-as-zero")
    table = {row[0]: row for row in read(tmp_path / "out.csv")}
    assert table["gus"][8] == "0" and table["fay"][8] == table["eve"][8] == ""


def test_where_it_goes_by_itself_and_what_a_person_reads(marked, capsys):
    assert export(marked, "csv") == 3
    said = capsys.readouterr()
    assert said.out.strip() == str(marked.root / "reports" / LAB / "csv.csv")
    assert "eve: 2 points wait for a reader" in said.err
    assert "fay: not marked; `autograder grade toy` does it, or says why not" in said.err
    assert "marks filled: 4, left out: 2; nothing handed in: 1" in said.err


def test_a_lab_that_was_never_marked_is_one_clear_line(tmp_path, capsys):
    assert export(toy_course(tmp_path), "csv") == 1
    assert "autograder grade toy" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["CanvasExporter", "PlainExporter", "MoodleExporter"])
def test_nbgrader_s_own_export_does_the_same(marked, tmp_path, name):
    form = {"CanvasExporter": "canvas", "PlainExporter": "csv", "MoodleExporter": "moodle"}[name]
    roster = write(tmp_path / "roster.csv", {"canvas": CANVAS, "moodle": MOODLE}.get(form, [["x"]]))
    more = [] if form == "csv" else ["--roster", roster]
    export(marked, form, "--out", tmp_path / "ours.csv", *more)
    traits = [] if form == "csv" else [f"--{name}.roster={roster}"]
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "export", f"--exporter=autograder.export.{name}",
         "--to", str(tmp_path / "theirs.csv"), f"--assignment=['{LAB}']", *traits],
        cwd=marked.root, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "theirs.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()
    assert "2 points wait for a reader" in done.stderr


def test_which_assignment_must_be_clear(marked, tmp_path):
    with gradebook(marked) as book:
        book.add_assignment("other")
        try:
            with pytest.raises(CourseError, match="one assignment .* other, toy"):
                MoodleExporter(course=marked).export(book)
        finally:
            book.remove_assignment("other")


# -------------------------------------------------------------------------------------- matching, cells


def test_identifiers_go_before_names_and_nothing_is_guessed():
    rows = [["Ada", "1"], ["Ben", "ada"], ["Cyd", "3"], ["Cyd", "4"], ["É", "5"]]
    people = {
        "ada": (["ada"], ["Ada"]),  # the first row only looks like hers
        "Cyd": (["x"], ["Cyd"]),  # two of that name
        "Be": ([""], ["Be"]),  # not Ben
        "e": (["E\u0301 "], ["E\u0301 "]),  # the same letter, composed
        "f": (["5"], [""]),  # ... and somebody else with that row
        "g": (["1", "3"], []),  # two identifiers, two rows
    }
    matches = match(rows, [1], [0], people)
    assert matches.found == {"ada": 1}
    assert matches.trouble["Cyd"].endswith("(entries 3, 4)")
    assert matches.trouble["Be"] == "not in the roster"
    assert matches.trouble["e"] == "has the same entry in the roster as 'f'"
    assert matches.trouble["g"].endswith("(entries 1, 3)")
    assert matches.touched == {0, 1, 2, 3, 4}


@pytest.mark.attack
@pytest.mark.parametrize("text", [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1", "\n=1", " =1", "\ufeff=1", "\u200b=1", "＝1", "\x00=1",
    "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", '="a"', "\u2028@x", "\xa0+x",
])  # fmt: skip
def test_no_cell_is_a_formula(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-", "+", "3", "-3", "-3.5", "+1,5", "1e3", "", "a=b", "O'Hara", "(read only)", "'=1"]
)
def test_other_cells_stay_as_they_are(text):
    assert harmless(text) == text


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=3, max_size=3),
                min_size=1, max_size=5))  # fmt: skip
def test_every_table_comes_back_but_for_formulas(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("sheet") / "table.csv"
    rows = [["a", "b", "c"], *table]
    sheet = Sheet(rows)
    sheet.write(path)
    expected = [[harmless(cell) for cell in row] for row in rows if any(row)]
    assert Sheet.read(path).rows == expected
