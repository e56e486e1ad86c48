# %% [markdown]
# Wrong ways to do exercise 10.1 (bug hunt); each loses marks, for the reason named.


# %% nothing_mended diagnosis="syntax"
def my_mends():
    """{number of a line: what should stand there}"""
    return {}


# %% a_text diagnosis="wrong_type"
def my_mends():
    """{number of a line: what should stand there}"""
    return LISTING.replace("W = 12: h = 12", "w = 12; h = 12")


# %% numbers_as_texts diagnosis="wrong_type"
def my_mends():
    """{number of a line: what should stand there}"""
    return {"2": "W = 5; H = 3; w = 12; h = 12"}


# %% the_library_s_program diagnosis="borrowed"
def my_mends():
    """{number of a line: what should stand there}"""
    return {1: terpret.source_of("maze"), **{k: "" for k in range(2, 70)}}


# %% written_anew diagnosis="too_much"
def my_mends():
    """{number of a line: what should stand there}"""
    return {k: "# " + line for k, line in enumerate(LISTING.splitlines(), 1)}


# %% a_line_that_is_not_there diagnosis="out_of_range"
def my_mends():
    """{number of a line: what should stand there}"""
    return {2: "W = 5; H = 3; w = 12; h = 12", 0: "# mended"}


# %% still_one_name_twice diagnosis="declared_twice"
def my_mends():
    """{number of a line: what should stand there}"""
    return {2: "W = 5; H = 3; W = 12; h = 12", 7: "final_Y = Output(H)", 32: "    else: return y"}


# %% the_size_is_a_variable diagnosis="not_constant"
def my_mends():
    """{number of a line: what should stand there}"""
    return {2: "W = 5; H = 3; w = 12; h = 12", 32: "    else: return y"}


# %% the_argument_forgotten diagnosis="unknown_name"
def my_mends():
    """{number of a line: what should stand there}"""
    return {2: "W = 5; H = 3; w = 12; h = 12", 7: "final_Y = Output(H)"}


# %% only_the_declarations diagnosis="not_on_every_path"
def my_mends():
    """{number of a line: what should stand there}"""
    return {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
    }


# %% never_set_when_halted diagnosis="not_on_every_path"
def my_mends():
    """{number of a line: what should stand there}"""
    return {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
        51: "                reg[t + 1].set_to(INC(reg[t]))",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with X[t] as x, Y[t] as y:",
        64: "                    dir[t + 1].set_to(LOOK(img_grid[x][y]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 1])",
    }


# %% counts_nothing diagnosis="wrong_value"
def my_mends():
    """{number of a line: what should stand there}"""
    return {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
        47: "        reg[t + 1].set_to(reg[t])\n        instr_ptr[t + 1].set_to(instr_ptr[t])",
        51: "                reg[t + 1].set_to(reg[t])",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with X[t] as x, Y[t] as y:",
        64: "                    dir[t + 1].set_to(LOOK(img_grid[x][y]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 1])",
    }


# %% reads_the_register_too_early diagnosis="wrong_value"
def my_mends():
    """{number of a line: what should stand there}"""
    return {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
        47: "        reg[t + 1].set_to(reg[t])\n        instr_ptr[t + 1].set_to(instr_ptr[t])",
        51: "                reg[t + 1].set_to(INC(reg[t]))",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with X[t] as x, Y[t] as y:",
        64: "                    dir[t + 1].set_to(LOOK(img_grid[x][y]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 2])",
    }


# %% looks_in_one_corner diagnosis="wrong_value"
def my_mends():
    """{number of a line: what should stand there}"""
    return {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
        47: "        reg[t + 1].set_to(reg[t])\n        instr_ptr[t + 1].set_to(instr_ptr[t])",
        51: "                reg[t + 1].set_to(INC(reg[t]))",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with X[t] as x, Y[t] as y:",
        64: "                    dir[t + 1].set_to(LOOK(img_grid[0][0]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 1])",
    }


# %% reads_the_grid_by_rows diagnosis="range"
def my_mends():
    """{number of a line: what should stand there}"""
    return {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
        47: "        reg[t + 1].set_to(reg[t])\n        instr_ptr[t + 1].set_to(instr_ptr[t])",
        51: "                reg[t + 1].set_to(INC(reg[t]))",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with X[t] as x, Y[t] as y:",
        64: "                    dir[t + 1].set_to(LOOK(img_grid[y][x]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 1])",
    }


# %% only_printed diagnosis="missing"
def my_mends():
    """{number of a line: what should stand there}"""
    print({2: "W = 5; H = 3; w = 12; h = 12", 7: "final_Y = Output(H)"})


# %% a_list_of_lines_for_a_line diagnosis="wrong_type"
def my_mends():
    """{number of a line: what should stand there}"""
    return {2: ["W = 5; H = 3", "w = 12; h = 12"], 7: ["final_Y = Output(H)"]}
