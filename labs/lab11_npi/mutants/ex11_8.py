# %% [markdown]
# Wrong ways to do exercise 11.8 (recursion, and a proof); each loses marks, for the reason named.


# %% without_a_base_case diagnosis="endless"
def add(t):
    """ADD: one column, and ADD for the rest."""
    t.call("ADD1")
    t.call("LSHIFT")
    t.call("ADD")


# %% the_loop diagnosis="wrong_rule"
def add(t):
    """ADD: one column, and ADD for the rest."""
    while np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")


# %% one_column_only diagnosis="missing_term"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")


# %% inner_first diagnosis="wrong_order"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.any(t.see()[:3] != BLANK):
        t.call("ADD")
        t.call("ADD1")
        t.call("LSHIFT")


# %% never_shifts diagnosis="wrong_rule"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("ADD")


# %% forgets_the_last_carry diagnosis="early_stop"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.any(t.see()[:2] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")
        t.call("ADD")


# %% both_numbers_needed diagnosis="early_stop"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.all(t.see()[:2] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")
        t.call("ADD")


# %% digits_only diagnosis="truncated"
def contexts():
    """All that ADD1 can see when it begins."""
    return [(a, b, c, 0) for a in range(1, 11) for b in range(1, 11) for c in (0, 2)]


# %% all_blank_too diagnosis="out_of_range"
def contexts():
    """All that ADD1 can see when it begins."""
    return [(a, b, c, 0) for a in range(11) for b in range(11) for c in (0, 2)]


# %% any_carry diagnosis="magnitude"
def contexts():
    """All that ADD1 can see when it begins."""
    return [(a, b, c, 0) for a in range(11) for b in range(11) for c in range(11) if a or b or c]


# %% carry_as_a_digit diagnosis="magnitude"
def contexts():
    """All that ADD1 can see when it begins."""
    return [(a, b, c, 0) for a in range(11) for b in range(11) for c in (0, 1) if a or b or c]


# %% nine_is_missing diagnosis="truncated"
def contexts():
    """All that ADD1 can see when it begins."""
    return [(a, b, c, 0) for a in range(10) for b in range(10) for c in (0, 2) if a or b or c]


# %% three_symbols diagnosis="shape"
def contexts():
    """All that ADD1 can see when it begins."""
    return [(a, b, c) for a in range(11) for b in range(11) for c in (0, 2) if a or b or c]


# %% a_hundred_by_chance diagnosis="truncated"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in [contexts[k] for k in np.random.default_rng(0).permutation(len(contexts))[:100]]:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong


# %% digit_only diagnosis="missing_term"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context)[:1] != right[:1]:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong


# %% without_the_carry diagnosis="wrong_rule"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:2])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong


# %% trusts_what_never_ends diagnosis="missing_term"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            pass
    return wrong


# %% does_not_catch diagnosis="raised"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except ZeroDivisionError:
            wrong.append(context)
    return wrong


# %% carries_always diagnosis="wrong_rule"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1)), ("CARRY", (0, 0, 0))]
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong


# %% only_the_first diagnosis="missing_term"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong[:1]


# %% recursion_in_python diagnosis="other_function"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")
        add(t)


# %% looks_ahead diagnosis="early_stop"
def add(t):
    """ADD: one column, and ADD for the rest."""
    if np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")
        if np.any(t.see()[:3] != BLANK):
            t.call("ADD")


# %% out_of_the_library diagnosis="borrowed"
def contexts():
    """All that ADD1 can see when it begins."""
    frames = [frame for frame in every() if frame.program == "ADD1"]
    return list({tuple(frame.steps[0].observation.tolist()) for frame in frames})


# %% forgets_to_return diagnosis="missing"
def contexts():
    """All that ADD1 can see when it begins."""
    found = [(a, b, c, 0) for a in range(11) for b in range(11) for c in (0, 2)]
    found.remove((0, 0, 0, 0))


# %% places_for_contexts diagnosis="wrong_type"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for place, context in enumerate(contexts):
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(place)
        except RuntimeError:
            wrong.append(place)
    return wrong


# %% contexts_of_its_own diagnosis="out_of_range"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in [(a, b, c, 0) for a in range(11) for b in range(11) for c in (0, 2)]:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong


# %% counts_the_calls diagnosis="missing_term"
def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        try:
            calls = does(context)
        except RuntimeError:
            calls = []
        if calls[:1] != [("ACT", (1, 4, total % 10 + 1))] or len(calls) != 1 + (total >= 10):
            wrong.append(context)
    return wrong
