"""A planted leak is found, however it is dressed."""

import json

import nbformat
import pytest
from nbformat import v4

from autograder.course import CourseError
from autograder.leaks import cut_hidden, find_leaks

LAB = '''
# %% [markdown]
# Everybody reads this line of text.

# %% nbgrader={"grade_id": "ex1", "solution": true}
def gradient(x):
    """The derivative of x³."""
    ### BEGIN SOLUTION
    # multiply by the old exponent
    # a line that is given away
    answer = 3 * x**2
    return answer
    ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "why", "grade": true, "solution": true, "points": 1}
# Because contributions that arrive along different ways add up.
'''

EXERCISES = """
from autograder.exercise import Lab

lab = Lab("lab", "A lab", week=0, minutes=1, given=["a line that is given away"])
public_number = 12345678

### BEGIN HIDDEN TESTS
secret_case = str(public_number)[:7]
### END HIDDEN TESTS
"""


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "lab"
    (folder / "mutants").mkdir(parents=True)
    (folder / "lab.py").write_text(LAB)
    (folder / "exercises.py").write_text(EXERCISES)
    (folder / "mutants" / "ex1.py").write_text(
        "# %% forgot_the_square\ndef gradient(x):\n    return 3 * x + 0 * x\n"
    )
    return folder


@pytest.fixture
def given(tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    stub = 'def gradient(x):\n    """The derivative of x³."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
    notebook = v4.new_notebook(
        cells=[v4.new_markdown_cell("Everybody reads this line of text."), v4.new_code_cell(stub)]
    )
    nbformat.write(notebook, folder / "lab.ipynb")
    (folder / "checks.py").write_text("\npublic_number = 12345678\n\n")
    return folder


def add(folder, source, output=None):
    notebook = nbformat.read(folder / "lab.ipynb", as_version=4)
    cell = v4.new_code_cell(source)
    if output:
        cell.outputs = [v4.new_output("stream", text=output)]
    notebook.cells.append(cell)
    nbformat.write(notebook, folder / "lab.ipynb")


def test_a_clean_release_is_clean(lab, given):
    assert find_leaks(lab, given) == []


@pytest.mark.parametrize(
    "planted",
    [
        "    answer = 3 * x**2",
        "answer    =    3 * x**2   ",
        "if True:\n    answer = (3 *\n        x ** 2)",  # reformatted: another text, the same statement
        "# multiply by the old exponent",
        "# answer = 3 * x**2",
        "### BEGIN SOLUTION",
        "### END HIDDEN TESTS",
        "secret_case = str(public_number)[:7]",
        "Because contributions that arrive along different ways add up.",
        "return 3 * x + 0 * x",
    ],
)
def test_a_planted_secret_is_found_in_a_notebook(lab, given, planted):
    add(given, planted)
    assert find_leaks(lab, given)


def test_a_planted_secret_is_found_in_an_output_a_file_and_a_raw_text(lab, given):
    (given / "readme.txt").write_text("hint: answer = 3 * x**2\nanswer = 3 * x**2\n")
    assert len(find_leaks(lab, given)) == 1
    (given / "readme.txt").unlink()
    (given / "checks.py").write_text(EXERCISES)
    assert {leak.path.name for leak in find_leaks(lab, given)} == {"checks.py"}


def test_a_planted_secret_is_found_in_metadata_and_beside_bytes_that_are_no_text(lab, given):
    notebook = nbformat.read(given / "lab.ipynb", as_version=4)
    notebook.cells[1].metadata["hints"] = {"third": ["think", "answer = 3 * x**2"]}
    nbformat.write(notebook, given / "lab.ipynb")
    assert find_leaks(lab, given)
    del notebook.cells[1].metadata["hints"]
    notebook.metadata["author's note"] = "see above\nanswer = 3 * x**2"
    nbformat.write(notebook, given / "lab.ipynb")
    assert find_leaks(lab, given)
    del notebook.metadata["author's note"]
    nbformat.write(notebook, given / "lab.ipynb")
    assert find_leaks(lab, given) == []
    (given / "data.bin").write_bytes(b"\xff\xfe\x00\nanswer = 3 * x**2\n\x80")
    assert [leak.path.name for leak in find_leaks(lab, given)] == ["data.bin"]


@pytest.mark.parametrize("name", ["exercises.py", "mutants/ex1.py", "alternatives/ex1.py", "__pycache__/exercises.cpython-311.pyc"])  # fmt: skip
def test_files_of_the_staff_are_found_by_name(lab, given, name):
    (given / name).parent.mkdir(exist_ok=True)
    (given / name).write_text("x = 1\n")
    assert find_leaks(lab, given)


def test_what_everybody_may_read_is_no_leak(lab, given):
    add(given, "public_number = 12345678\ndef gradient(x):\n    pass")
    add(given, "# a line that is given away")
    assert find_leaks(lab, given) == []


@pytest.mark.parametrize(
    "text",
    [
        "### BEGIN HIDDEN TESTS\nx = 1\n",
        "### END HIDDEN TESTS\n",
        "### BEGIN HIDDEN TESTS\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n",
    ],
)
def test_an_unbalanced_region_is_an_error_that_names_the_place(text):
    with pytest.raises(CourseError, match="exercises.py.*hidden region"):
        cut_hidden(text, "exercises.py")


def test_the_notebook_is_read_as_text_not_as_json(lab, given):
    """A secret split over JSON strings is still one line of a cell."""
    raw = json.loads((given / "lab.ipynb").read_text())
    raw["cells"][1]["source"] = ["def gradient(x):\n", "    ans", "wer = 3 * x**2\n"]
    (given / "lab.ipynb").write_text(json.dumps(raw))
    assert find_leaks(lab, given)


def test_a_line_of_a_solution_that_slipped_into_the_public_text_is_a_leak_all_the_same(lab, given):
    with open(lab / "lab.py", "a") as file:
        file.write("\n# %% [markdown]\n# Hint: `answer = 3 * x**2`\n\n# %%\nanswer = 3 * x**2\n")
    add(given, "answer = 3 * x**2")
    assert find_leaks(lab, given)


def test_in_a_library_only_several_lines_in_a_row_tell(lab, given):
    (given / "lab.ipynb").unlink()
    (given / "checks.py").write_text("answer = 3 * x**2\n\nother = 1\n")
    assert find_leaks(lab, given, run=2) == []
    (given / "checks.py").write_text("# multiply by the old exponent\n\nanswer = 3 * x**2\n")
    assert find_leaks(lab, given, run=2)


def test_what_every_program_has_is_no_secret(lab, given):
    common = "for row in range(len(rows)):\n        columns = []"
    text = LAB.replace("answer = 3", f"{common}\n    answer = 3")
    (lab / "lab.py").write_text(text)
    add(given, "for row in range(len(rows)):\n    columns = []")
    assert find_leaks(lab, given) == []
    add(given, "for row in range(3 * x**2):\n    answer = 3 * x**2")
    assert [leak.text for leak in find_leaks(lab, given)] == ["    answer = 3 * x**2"]
