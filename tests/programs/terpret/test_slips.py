"""A program is checked before it runs: each slip is told with its line and a remedy, none is lost."""

import pytest

from dpkit.programs import terpret
from dpkit.programs.terpret.program import source_of

MAZE = source_of("maze")

# (what is wrong, the right text, the wrong one, the problem's kind, the number of the wrong line in
# the wrong text: where the reader must look)
SLIPS = {
    "colons for semicolons": ("W = 5; H = 3", "W = 5: H = 3", "syntax", "W = 5:"),
    "one name twice": ("w = 12; h = 12", "W = 50; h = 12", "declared twice", "W = 50"),
    "the size is a variable": ("final_Y = Output(H)", "final_Y = Output(Y)", "not constant", "Output(Y)"),
    "INC of what comes next": ("INC(reg[t])", "INC(reg[t + 1])", "read before set", "INC(reg[t + 1])"),
    "if for elif": ("elif instr[i] == 1:  # DEC", "if instr[i] == 1:  # DEC", "set twice", "DEC(reg[t])"),
    "X twice, Y never": ("Y[t + 1].set_to(Y[t])\n\n", "X[t + 1].set_to(Y[t])\n\n", "set twice",
                         "X[t + 1].set_to(Y[t])"),
    "no else": ("            else:\n                dir[t + 1].set_to(dir[t])", "            dir[t + 1].set_to(dir[t])",
                "set twice", "            dir[t + 1].set_to(dir[t])"),
    "an undeclared name": ("with X[t] as x, Y[t] as y:\n                    dir[t + 1].set_to(LOOK(img_grid[x][y]))",
                           "with pos[t] as p:\n                    dir[t + 1].set_to(LOOK(img_grid[p]))",
                           "unknown name", "with pos[t]"),
    "outside of its block": ("            instr_ptr[t + 1].set_to(goto[i])", "    instr_ptr[t + 1].set_to(goto[i])",
                             "out of scope", "    instr_ptr[t + 1].set_to(goto[i])"),
    "X for Y": ("final_Y.set_to(Y[T - 1])", "final_Y.set_to(X[T - 1])", "size", "final_Y.set_to(X"),
    "the whole array": ("path_len.set_to(reg[T - 1])", "path_len.set_to(reg)", "array", "path_len.set_to(reg)"),
    "another argument": ("    else: return y", "    else: return v", "unknown name", "return v"),
    "blanks for underscores": ("X[0].set_to(init_X)", "X[0].set to(init_X)", "syntax", "set to"),
    "never set when halted": ("        instr_ptr[t + 1].set_to(instr_ptr[t])\n    else", "    else",
                              "not on every path", "instr_ptr[t + 1].set_to(goto[i])"),
}  # fmt: skip


def test_the_mended_program_is_accepted():
    assert terpret.check("maze") == []


@pytest.mark.parametrize("name", SLIPS)
def test_each_slip_is_told_with_its_line_and_a_remedy(name):
    right, wrong, kind, where = SLIPS[name]
    assert MAZE.count(right) == 1
    source = MAZE.replace(right, wrong)
    problems = terpret.check(source)
    line = next(k for k, text in enumerate(source.splitlines(), 1) if where.strip() in text
                and (where == where.strip() or text.startswith(where)))  # fmt: skip
    assert any(each.kind == kind and each.line == line for each in problems), [*map(str, problems)]
    for each in problems:
        assert each.text in source and len(each.remedy.split()) > 3
    with pytest.raises(terpret.ProgramError, match=f"line {line}: "):
        terpret.Program(source)


def test_a_mended_text_can_be_told_by_the_numbers_of_the_first_one():
    """A line became three; all that is said of what follows is by the first numbers, sentences too."""
    lines = MAZE.splitlines()
    first = next(k for k, each in enumerate(lines) if each.startswith("init_X"))
    twice = next(k for k, each in enumerate(lines) if "Y[t + 1].set_to(Y[t])" in each)
    lines.insert(twice + 1, lines[twice])
    before = next(each for each in terpret.check("\n".join(lines)) if each.kind == "set twice")
    assert before.line == twice + 2 and f"was set in line {twice + 1} already" in before.message
    longer = [*lines[:first], "# one", "# two", *lines[first:]]
    origin = [*range(1, first + 1), 1, 1, *range(first + 1, len(lines) + 1)]
    after = next(each for each in terpret.check("\n".join(longer)) if each.kind == "set twice")
    assert after != before and after.renumbered(origin) == before


def test_a_block_is_told_by_the_numbers_of_the_first_text():
    right, wrong, _, _ = SLIPS["outside of its block"]
    source = MAZE.replace(right, wrong)
    before = next(each for each in terpret.check(source) if each.kind == "out of scope")
    after = next(each for each in terpret.check("# more\n" + source) if each.kind == before.kind)
    assert before.message != after.message
    assert after.renumbered([1, *range(1, 100)]) == before


def test_changed_indices_are_told_the_order_of_the_dimensions():
    """And only where another order would fit: else it is the index that is wrong."""
    (problem,) = terpret.check(MAZE.replace("img_grid[x][y]", "img_grid[y][x]"))
    assert problem.kind == "range" and "index x = 3 is outside 0 to 2" in problem.message
    assert problem.remedy == "Exchange the indices: img_grid is 5 × 3."
    (problem,) = terpret.check(MAZE.replace("img_grid[x][y]", "img_grid[x][5]"))
    assert "index 5 is outside" in problem.message and "bounds" in problem.remedy
