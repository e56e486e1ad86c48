# %% [markdown]
# Wrong ways to do exercise 11.5 (the executor); each loses marks, for the reason named.


# %% ends_after_the_call diagnosis="late_evaluation"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if called == "ACT":
            pad.act(*given)
            if not end:
                stack.append((program, arguments, state))
        else:
            if not end:
                stack.append((program, arguments, state))
            stack.append((called, given, None))
        if not stack:
            return steps
    raise RuntimeError("too long")


# %% state_goes_along diagnosis="stale"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, state))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% caller_begins_again diagnosis="no_update"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            if called == "ACT":
                stack.append((program, arguments, state))
                pad.act(*given)
            else:
                stack.append((program, arguments, None))
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% old_state_put_back diagnosis="no_update"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, new = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% callers_arguments diagnosis="wrong_argument"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, arguments, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% stops_at_the_first_end diagnosis="early_stop"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if end:
            return steps
        stack.append((program, arguments, state))
        if called == "ACT":
            pad.act(*given)
        else:
            stack.append((called, given, None))
    raise RuntimeError("too long")


# %% one_state_for_all diagnosis="stale"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack, state = [(program, arguments)], None
    for steps in range(1, max_steps + 1):
        program, arguments = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% pythons_stack diagnosis="truncated"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    asked = 0

    def go(program, arguments):
        nonlocal asked
        state = None
        while True:
            asked += 1
            if asked > max_steps:
                raise RuntimeError("too long")
            end, called, given, state = decide(pad.observe(), program, arguments, state)
            if end:
                return
            if called == "ACT":
                pad.act(*given)
            else:
                go(called, given)

    go(program, arguments)
    return asked


# %% no_limit diagnosis="endless"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack, steps = [(program, arguments, None)], 0
    while True:
        steps += 1
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps


# %% gives_up_quietly diagnosis="wrong_rule"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    return max_steps


# %% one_step_too_many diagnosis="constant_offset"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 2):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% one_step_too_few diagnosis="out_of_range"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% returns_nothing diagnosis="missing"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return
    raise RuntimeError("too long")


# %% counts_acts diagnosis="missing_term"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack, acts = [(program, arguments, None)], 0
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
                acts += 1
            else:
                stack.append((called, given, None))
        elif not stack:
            return acts
    raise RuntimeError("too long")


# %% looks_once diagnosis="stale"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack, seen = [(program, arguments, None)], pad.observe()
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(seen, program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% ready_made diagnosis="borrowed"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    return npi.run(decide, pad, program, *arguments, max_steps=max_steps)


# %% a_larger_python_stack diagnosis="other_function"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    import sys

    sys.setrecursionlimit(1_000_000)
    asked = 0

    def go(program, arguments):
        nonlocal asked
        state = None
        while True:
            if asked == max_steps:
                raise RuntimeError("too long")
            asked += 1
            end, called, given, state = decide(pad.observe(), program, arguments, state)
            if end:
                return
            if called == "ACT":
                pad.act(*given)
            else:
                go(called, given)

    go(program, arguments)
    return asked


# %% callees_arguments diagnosis="wrong_argument"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, None)]
    for steps in range(1, max_steps + 1):
        program, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, state))
            if called == "ACT":
                pad.act(*given)
            else:
                arguments = given
                stack.append((called, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% acts_on_the_stack diagnosis="wrong_rule"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% arguments_in_one diagnosis="shape"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% counts_from_zero diagnosis="constant_offset"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(max_steps):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError("too long")


# %% overwrites_the_arguments diagnosis="overwritten"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, arguments, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*arguments)
            else:
                stack.append((called, arguments, None))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")


# %% acts_with_its_own_arguments diagnosis="wrong_argument"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*arguments)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")


# %% called_below_its_caller diagnosis="wrong_order"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
            stack.append((program, arguments, state))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")


# %% a_queue diagnosis="wrong_order"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop(0)
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")


# %% lost_after_a_call diagnosis="early_stop"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            if called == "ACT":
                stack.append((program, arguments, state))
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")


# %% lost_after_an_act diagnosis="early_stop"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((program, arguments, state))
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")


# %% one_state_for_each_program diagnosis="stale"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack, states = [(program, arguments)], {}
    for steps in range(1, max_steps + 1):
        program, arguments = stack[-1]
        state = states.get(program)
        end, called, given, states[program] = decide(pad.observe(), program, arguments, state)
        if end:
            stack.pop()
            del states[program]
            if not stack:
                return steps
        elif called == "ACT":
            pad.act(*given)
        else:
            states[called] = None
            stack.append((called, given))
    raise RuntimeError("too long")


# %% pops_an_empty_stack diagnosis="out_of_range"
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
    raise RuntimeError("too long")
