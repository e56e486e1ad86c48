# %% [markdown]
# Other right ways to do exercise 10.1 (bug hunt); each gets full marks.


# %% written_otherwise
def my_mends():
    new = {
        2: "W = 5\nH = 3\nw = 12; h = 12",
        7: "final_Y = Output(H)  # rows",
        32: "    return y",
        47: "        instr_ptr[t + 1].set_to(0)\n        reg[t + 1].set_to(reg[t])",
        51: "                reg[t + 1].set_to(INC(reg[t]))",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with Y[t] as row:\n                    with X[t] as column:",
        64: "                        dir[t + 1].set_to(LOOK(img_grid[column, row]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 1])",
    }
    return new


# %% by_replacing_text
def my_mends():
    import sys

    replaced = {}
    for number, line in enumerate(LISTING.splitlines(), 1):
        for old, new in (
            ("W = 5: H = 3: W = 12: h = 12", "W = 5; H = 3; w = 12; h = 12"),
            ("Output(Y)", "Output(H)"),
            ("return v", "return y"),
            ("C(reg[t + 1])", "C(reg[t])"),
            ("            if instr[i] == 1", "            elif instr[i] == 1"),
            ("X[t + 1].set_to(Y[t])", "Y[t + 1].set_to(Y[t])"),
            ("with pos[t] as p", "with X[t] as x, Y[t] as y"),
            ("img_grid[p]", "img_grid[x, y]"),
            ("    instr_ptr[t + 1].set_to(goto", " " * 12 + "instr_ptr[t + 1].set_to(goto"),
            ("final_Y.set_to(X", "final_Y.set_to(Y"),
            ("set_to(reg)", "set_to(reg[T - 1])"),
        ):
            if old in line:
                replaced[number] = line = line.replace(old, new)
    replaced[44] = "        instr_ptr[t + 1].set_to(instr_ptr[t]); dir[t + 1].set_to(dir[t])"
    replaced[65] = "            else:\n                dir[t + 1].set_to(dir[t])"
    print(len(replaced), "lines", file=sys.stderr)
    return replaced


# %% asks_the_compiler_inside_and_gives_every_line
def my_mends():
    text = LISTING.splitlines()
    text[1] = "W = 5; H = 3; w = 12; h = 12"
    text[6] = "final_Y = Output(H)"
    text[31] = "    else: return y"
    text[46] += "\n        instr_ptr[t + 1].set_to(instr_ptr[t])"
    text[50] = text[50].replace("t + 1]))", "t]))")
    text[51] = text[51].replace("if", "elif")
    text[52] = text[52].replace("t + 1]))", "t]))")
    text[60] = text[60].replace("X", "Y", 1)
    text[62] = text[62].replace("pos[t] as p", "X[t] as x, Y[t] as y")
    text[63] = text[63].replace("[p]", "[x, y]")
    text[64] = "            else:\n" + text[64]
    text[65] = "        " + text[65]
    text[67] = text[67].replace("X", "Y")
    text[68] = "path_len.set_to(reg[T - 1])"
    mends = {np.int64(number): line for number, line in enumerate(text, 1)}
    compiler(mends)
    print(terpret.check(mended(LISTING, mends)[0]))
    return mends
