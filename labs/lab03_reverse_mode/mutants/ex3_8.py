# %% [markdown]
# Wrong ways to do exercise 3.8 (a gradient test); each loses marks, for the reason named.

# %% one_sided diagnosis="finite_difference"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(x)) / h
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% forgets_the_two diagnosis="false_alarm"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / h
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% nudges_the_callers_list diagnosis="mutated_input"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = x, list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% nudges_everything_at_once diagnosis="swapped"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up = [each + h for each in up]
        down = [each - h for each in down]
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% absolute_error diagnosis="false_alarm"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol:
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% no_floor diagnosis="false_alarm"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected)):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% floor_of_one diagnosis="missed"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= 1e-3 * max(abs(got), abs(expected), 1.0):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% forgets_abs diagnosis="missed"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if got - expected <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% stops_at_the_first diagnosis="missed"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
        break
    return wrong


# %% got_and_expected_exchanged diagnosis="swapped"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, expected, got, guess))
    return wrong


# %% half_is_no_factor diagnosis="wrong_guess"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2,)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% everything_is_unknown diagnosis="wrong_guess"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "unknown"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong


# %% returns_true diagnosis="wrong_type"
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return not wrong
