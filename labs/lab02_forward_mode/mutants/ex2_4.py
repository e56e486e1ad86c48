# %% [markdown]
# Wrong ways to do exercise 2.4 (one input, or a direction); each loses marks, for the reason named.

# %% all_inputs_with_speed_one diagnosis="wrong_seed"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, 1.0) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    result = lift(result)
    return result.primal, result.tangent


# %% nothing_moves diagnosis="wrong_seed"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, 0.0) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    result = lift(result)
    return result.primal, result.tangent


# %% derivative_with_speed_zero diagnosis="wrong_seed"
def derivative(f):
    """The function that gives the derivative of f, a function of one number."""
    return lambda x: jvp(f, [x], [0.0])[1]


# %% derivative_with_speed_x diagnosis="wrong_seed"
def derivative(f):
    """The function that gives the derivative of f, a function of one number."""
    return lambda x: jvp(f, [x], [x])[1]


# %% derivative_returns_the_value diagnosis="wrong_value"
def derivative(f):
    """The function that gives the derivative of f, a function of one number."""
    return lambda x: jvp(f, [x], [1.0])[0]


# %% derivative_is_a_number diagnosis="wrong_type"
def derivative(f):
    """The function that gives the derivative of f, a function of one number."""
    return jvp(f, [0.5], [1.0])[1]


# %% derivative_by_nudging diagnosis="finite_difference"
def derivative(f):
    """The function that gives the derivative of f, a function of one number."""
    h = 1e-5
    return lambda x: (lift(f(x + h)).primal - lift(f(x - h)).primal) / (2 * h)


# %% pair_the_wrong_way_round diagnosis="swapped"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    result = lift(result)
    return result.tangent, result.primal


# %% constant_results_stumble diagnosis="missing_lift"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    return result.primal, result.tangent


# %% constant_entries_stumble diagnosis="missing_lift"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = list(result)
        return [each.primal for each in moving], [each.tangent for each in moving]
    result = lift(result)
    return result.primal, result.tangent


# %% tangent_only diagnosis="wrong_type"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    result = lift(result)
    return result.tangent


# %% a_pass_for_each_input diagnosis="repeated_pass"
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    result = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    for k in range(1, len(primals)):
        lift(f(*(Dual(x, float(j == k)) for j, x in enumerate(primals))))
    result = lift(result)
    return result.primal, result.tangent
