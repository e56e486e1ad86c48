"""The house style, as far as a program can see it."""

from __future__ import annotations

import ast
import re

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
EXERCISE = re.compile(r"^### (\d+\.\d+) (.+) \((\d+) points?, (\d+) minutes\)$", re.M)


def words(markdown: str) -> int:
    """Words that are read as prose: without listings, formulas and tags."""
    prose = re.sub(r"```.*?```", "", markdown, flags=re.S)
    prose = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "x", prose, flags=re.S)
    prose = re.sub(r"<[^>]*>", "", prose)
    return len(re.findall(r"\S*\w\S*", prose))


def markdown(lab):
    """Cells of text that a student gets to read."""
    return [cell for cell in lab.blank.cells if cell.cell_type == "markdown"]


def graded(lab):
    return [cell for cell in lab.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def test_length(lab):
    assert 45 <= len(lab.notebook.cells) <= 70
    assert sum(words(cell.source) for cell in markdown(lab)) <= 2800


def test_short_cells_of_text(lab):
    for cell in markdown(lab):
        assert words(cell.source) <= 80, f"{words(cell.source)} words: {cell.source[:60]!r}"


def test_points(lab):
    checks = {cell.source: cell.metadata.nbgrader.points for cell in graded(lab)}
    written = [cell for cell in graded(lab) if cell.cell_type == "markdown"]
    assert sum(cell.metadata.nbgrader.points for cell in written) == 2
    exercises = lab.exercises.exercises
    assert 6 <= len(exercises) <= 9
    predictions = [each for each in exercises.values() if each.title.startswith("Predict")]
    assert sum(each.points for each in predictions) == 2
    assert lab.exercises.points == 18
    for number, exercise in exercises.items():
        assert checks[f'check("{number}")'] == exercise.points
    assert len(checks) == len(exercises) + len(written)


def test_headings_tell_points_and_minutes(lab):
    found = {}
    for cell in markdown(lab):
        for number, title, points, minutes in EXERCISE.findall(cell.source):
            found[number] = title
            if number in lab.exercises.exercises:
                exercise = lab.exercises[number]
                assert (title, float(points), float(minutes)) == (
                    exercise.title, exercise.points, exercise.minutes
                )  # fmt: skip
    assert list(found) == sorted(found, key=lambda number: int(number.split(".")[1]))
    assert len(found) == len(graded(lab))
    assert list(lab.exercises.exercises) == [n for n in found if n in lab.exercises.exercises]


def test_little_to_write_at_a_time(lab):
    for cell in lab.notebook.cells:
        if cell.cell_type == "code":
            lines = "".join(SOLUTION.findall(cell.source)).strip().splitlines()
            assert len(lines) <= 25, f"{len(lines)} lines: {cell.source[:60]!r}"


def test_sub_goals_are_labelled(lab):
    """Until week 6 the code of worked and first exercises names its steps."""
    if lab.exercises.week < 6:
        sources = [cell.source for cell in lab.notebook.cells if cell.cell_type == "code"]
        assert sum(bool(re.search(r"# 1\. .*# 2\. ", source, re.S)) for source in sources) >= 2


def test_exercises_help(lab):
    folder = lab.folder.parents[1] / "course" / "notes"
    for number, exercise in lab.exercises.exercises.items():
        assert len(exercise.hints) == 3, f"{number} has {len(exercise.hints)} hints"
        file, anchor = exercise.reread.split("#")
        notes = (folder / file).read_text(encoding="utf-8")
        assert f"({anchor})=" in notes, f"{number} sends to {exercise.reread}, which is not there"


def test_one_cell_imports(lab):
    importing = []
    for cell in lab.blank.cells:
        if cell.cell_type == "code":
            tops = ast.parse(cell.source).body
            if any(isinstance(node, ast.Import | ast.ImportFrom) for node in tops):
                importing.append(cell.metadata.nbgrader.grade_id)
    assert importing == ["setup"]


def test_every_picture_has_a_text_alternative(lab):
    for cell in lab.notebook.cells:
        if cell.cell_type == "markdown":
            assert all(alt.strip() for alt in re.findall(r"!\[([^\]]*)\]\(", cell.source))
            for tag in re.findall(r"<img[^>]*>", cell.source):
                assert re.search(r'alt="[^"]+"', tag), tag
            continue
        tree = ast.parse(cell.source)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = [ast.unparse(call.func) for call in calls]
        assert "plt.show" not in names, "plt.show() gives a picture without a text alternative"
        for call, name in zip(calls, names, strict=True):
            if name == "show":
                alt = next(keyword.value for keyword in call.keywords if keyword.arg == "alt")
                assert len(ast.literal_eval(alt)) >= 40
        figures = sum(name.endswith(("subplots", "plt.figure")) for name in names)
        assert figures == names.count("show"), f"a figure is not shown by show(): {cell.source!r}"


def test_given_code_is_locked(lab):
    """What later cells rely on cannot be edited away: a definition is locked or the student's."""
    for cell in lab.notebook.cells:
        grader = cell.metadata.get("nbgrader")
        if grader and cell.cell_type == "code":
            assert grader.locked or grader.solution


def test_no_prediction_is_told_too_early(lab):
    """No cell before a prediction's check holds the function that reveals its answer."""
    sources = [cell.source for cell in lab.blank.cells]
    for number, exercise in lab.exercises.exercises.items():
        if exercise.title.startswith("Predict"):
            cell = next(
                each for each in lab.blank.cells
                if each.metadata.get("nbgrader", {}).get("grade_id") == "ex" + number.replace(".", "_")
            )  # fmt: skip
            name = re.search(r"def (\w+)\(\)", cell.source).group(1)
            reveal = next(k for k, source in enumerate(sources) if f"guess = {name}()" in source)
            assert reveal > sources.index(f'check("{number}")')
