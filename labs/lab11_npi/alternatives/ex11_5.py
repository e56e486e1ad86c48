# %% [markdown]
# Other right ways to do exercise 11.5 (the executor); each gets full marks.


# %% a_stack_of_lists
import sys


def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    stack, asked = [[program, tuple(arguments), None]], 0
    while stack:
        if asked == max_steps:
            raise RuntimeError(f"{max_steps} steps, and {len(stack)} calls are open")
        top = stack[-1]
        asked += 1
        end, called, given, top[2] = decide(pad.observe(), *top)
        if end:
            stack.pop()
        elif called == "ACT":
            pad.act(*given)
        else:
            stack.append([called, given, None])
    print(asked, "steps", file=sys.stderr)
    return asked


# %% generators
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""

    def going(program, arguments):
        state = None
        while True:
            end, called, given, state = decide(pad.observe(), program, arguments, state)
            yield end, called, given
            if end:
                return

    stack, asked = [going(program, arguments)], 0
    while stack:
        if asked >= max_steps:
            raise RuntimeError("too long")
        end, called, given = next(stack[-1])
        asked += 1
        if end:
            stack.pop()
        elif called == "ACT":
            pad.act(*given)
        else:
            stack.append(going(called, given))
    return asked


# %% a_chain_of_places
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    top, asked = (program, arguments, None, None), np.int64(0)
    while top is not None:
        if asked == max_steps:
            raise RuntimeError("too long")
        asked += 1
        program, arguments, state, below = top
        end, called, given, state = decide(
            observation=pad.observe(), program=program, arguments=arguments, state=state
        )
        if end:
            top = below
            continue
        top = (program, arguments, state, below)
        if called == npi.ACT:
            pad.act(*given)
        else:
            top = (called, given, None, top)
    return asked
