# %% [markdown]
# Wrong ways to do exercise 11.1 (three programs to learn from); each loses marks, for the reason named.


# %% without_the_carry diagnosis="missing_term"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:2])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.call("CARRY")


# %% a_blank_is_minus_one diagnosis="constant_offset"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(int(symbol) - 1 for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.call("CARRY")


# %% adds_symbols diagnosis="constant_offset"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(int(symbol) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.call("CARRY")


# %% symbols_in_and_digits_out diagnosis="constant_offset"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(int(symbol) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10)
    if total >= 10:
        t.call("CARRY")


# %% writes_the_digit diagnosis="constant_offset"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10)
    if total >= 10:
        t.call("CARRY")


# %% carries_beyond_ten diagnosis="early_stop"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total > 10:
        t.call("CARRY")


# %% always_carries diagnosis="wrong_rule"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    t.call("CARRY")


# %% never_carries diagnosis="early_stop"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)


# %% carries_first diagnosis="wrong_order"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    if total >= 10:
        t.call("CARRY")
    t.act(WRITE, RESULT, total % 10 + 1)


# %% carries_by_hand diagnosis="other_function"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.act(LEFT, CARRIES)
        t.act(WRITE, CARRIES, 2)
        t.act(RIGHT, CARRIES)


# %% shifts_as_well diagnosis="wrong_rule"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.call("CARRY")
    t.call("LSHIFT")


# %% does_not_come_back diagnosis="missing_term"
def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    t.act(LEFT, CARRIES)
    t.act(WRITE, CARRIES, 2)


# %% in_this_column diagnosis="wrong_point"
def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    t.act(WRITE, CARRIES, 2)


# %% writes_a_zero diagnosis="constant_offset"
def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    t.act(LEFT, CARRIES)
    t.act(WRITE, CARRIES, 1)
    t.act(RIGHT, CARRIES)


# %% to_the_right diagnosis="sign"
def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    t.act(RIGHT, CARRIES)
    t.act(WRITE, CARRIES, 2)
    t.act(LEFT, CARRIES)


# %% into_the_result diagnosis="wrong_argument"
def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    t.act(LEFT, RESULT)
    t.act(WRITE, RESULT, 2)
    t.act(RIGHT, RESULT)


# %% three_pointers diagnosis="early_stop"
def lshift(t):
    """All pointers one cell to the left."""
    for row in (FIRST, SECOND, RESULT):
        t.act(LEFT, row)


# %% rows_from_zero diagnosis="wrong_rule"
def lshift(t):
    """All pointers one cell to the left."""
    for row in range(4):
        t.act(LEFT, row)


# %% all_to_the_right diagnosis="sign"
def lshift(t):
    """All pointers one cell to the left."""
    for row in (FIRST, SECOND, CARRIES, RESULT):
        t.act(RIGHT, row)


# %% borrowed diagnosis="borrowed"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    npi.Adder(t.environment).record("ADD1")


# %% behind_the_teachers_back diagnosis="other_function"
def lshift(t):
    """All pointers one cell to the left."""
    for row in (FIRST, SECOND, CARRIES, RESULT):
        t.environment.act(LEFT, row)


# %% calls_python diagnosis="other_function"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.CARRY()


# %% calls_itself diagnosis="endless"
def lshift(t):
    """All pointers one cell to the left."""
    t.call("LSHIFT")


# %% half_a_symbol diagnosis="wrong_value"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1.5)
    if total >= 10:
        t.call("CARRY")


# %% adds_the_result diagnosis="double_counted"
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    total = sum(max(0, int(symbol) - 1) for symbol in t.see())
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.call("CARRY")


# %% one_step_far diagnosis="wrong_argument"
def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    t.act(LEFT, CARRIES, 1)
    t.act(WRITE, CARRIES, 2)
    t.act(RIGHT, CARRIES, 1)


# %% from_the_last_row diagnosis="wrong_order"
def lshift(t):
    """All pointers one cell to the left."""
    for row in (RESULT, CARRIES, SECOND, FIRST):
        t.act(LEFT, row)
