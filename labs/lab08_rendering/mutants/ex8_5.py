# %% [markdown]
# Wrong ways to do exercise 8.5 (from picture to scene); each loses marks, for the reason named.

# %% a_sum diagnosis="not_summed"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.sum((paint(scene, softness) - picture) ** 2)


# %% absolute diagnosis="wrong_rule"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.mean(dp.abs(paint(scene, softness) - picture))


# %% root diagnosis="wrong_rule"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.sqrt(dp.mean((paint(scene, softness) - picture) ** 2))


# %% no_square diagnosis="sign"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.mean(paint(scene, softness) - picture)


# %% square_of_the_mean diagnosis="wrong_order"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.mean(paint(scene, softness) - picture) ** 2


# %% a_half diagnosis="factor"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return 0.5 * dp.mean((paint(scene, softness) - picture) ** 2)


# %% softness_forgotten diagnosis="ignored_argument"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.mean((paint(scene, 0.2) - picture) ** 2)


# %% every_pixel diagnosis="shape"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return (paint(scene, softness) - picture) ** 2


# %% off_the_tape diagnosis="zero"
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    return dp.mean((paint(dp.stop_gradient(scene), softness) - picture) ** 2)


# %% uphill diagnosis="ascent"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        (-loss(parameters)).backward()
        adam.step()
    return parameters.data


# %% never_zero diagnosis="accumulated"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        loss(parameters).backward()
        adam.step()
    return parameters.data


# %% plain_descent diagnosis="other_function"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.SGD([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters.data


# %% rate_forgotten diagnosis="learning_rate"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters])
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters.data


# %% one_step_more diagnosis="late_evaluation"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps + 1):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters.data


# %% returns_the_start diagnosis="no_update"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return start


# %% tensor_comes_back diagnosis="wrong_type"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters


# %% first_gradient diagnosis="stale"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        if _ == 0:
            loss(parameters).backward()
        adam.step()
    return parameters.data


# %% moves_the_start diagnosis="mutated_input"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return start.__setitem__(slice(None), parameters.data) or start


# %% starts_again diagnosis="stale"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03 * min(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, soft), start, steps, rate))
    return way


# %% rate_fixed diagnosis="learning_rate"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way


# %% rate_unbounded diagnosis="learning_rate"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03 * soft
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way


# %% largest_for_smallest diagnosis="learning_rate"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03 * max(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way


# %% without_the_start diagnosis="shape"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03 * min(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way[1:]


# %% only_the_end diagnosis="wrong_type"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03 * min(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way[-1]


# %% coldest_first diagnosis="wrong_order"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in sorted(softnesses):
        rate = 0.03 * min(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way


# %% first_softness diagnosis="wrong_order"
def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    way = [start]
    for soft in softnesses:
        rate = 0.03 * min(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, softnesses[0]), way[-1], steps, rate))
    return way


# %% softness_in_the_world diagnosis="repeated_factor"
def misfit(scene, picture, softness):
    return dp.mean((paint(scene, softness * PIXEL) - picture) ** 2)


# %% colours_added diagnosis="not_summed"
def misfit(scene, picture, softness):
    return dp.sum(dp.mean((paint(scene, softness) - picture) ** 2, axis=(0, 1)))


# %% into_the_photograph diagnosis="mutated_input"
def misfit(scene, picture, softness):
    picture -= paint(scene, softness)
    return dp.mean(picture**2)


# %% ready_made diagnosis="borrowed"
def misfit(scene, picture, softness):
    rows = {
        "at": scene[:, :2],
        "turn": 0 * scene[:, 2],
        "size": scene[:, 2],
        "colour": scene[:, 3:],
    }
    return dp.mean((render.render(["circle"] * len(scene), rows, SHEET, softness) - picture) ** 2)


# %% optimiser_made_anew diagnosis="stale"
def refine(loss, start, steps, rate):
    parameters = dp.tensor(start, requires_grad=True)
    for _ in range(steps):
        adam = dp.optim.Adam([parameters], lr=rate)
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters.data


# %% zero_before_the_step diagnosis="no_update"
def refine(loss, start, steps, rate):
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        loss(parameters).backward()
        adam.zero_grad()
        adam.step()
    return parameters.data


# %% momentum diagnosis="other_function"
def refine(loss, start, steps, rate):
    parameters = dp.tensor(start, requires_grad=True)
    sgd = dp.optim.SGD([parameters], lr=rate, momentum=0.9)
    for _ in range(steps):
        sgd.zero_grad()
        loss(parameters).backward()
        sgd.step()
    return parameters.data


# %% to_the_bottom diagnosis="ignored_argument"
def refine(loss, start, steps, rate):
    return dp.optim.minimize(loss, start).x


# %% the_gradient diagnosis="wrong_argument"
def refine(loss, start, steps, rate):
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters.grad


# %% looked_up_late diagnosis="wrong_order"
def anneal(loss, start, softnesses, steps):
    losses = [lambda p: loss(p, soft) for soft in softnesses]
    way = [start]
    for each, soft in zip(losses, softnesses, strict=True):
        way.append(refine(each, way[-1], steps, 0.03 * min(1, soft)))
    return way


# %% steps_shared diagnosis="missing_factor"
def anneal(loss, start, softnesses, steps):
    way = [start]
    for soft in softnesses:
        share = steps // len(softnesses)
        way.append(refine(lambda p: loss(p, soft), way[-1], share, 0.03 * min(1, soft)))  # noqa: B023
    return way


# %% one_array_for_all diagnosis="aliased"
def anneal(loss, start, softnesses, steps):
    here = np.array(start)
    way = [here]
    for soft in softnesses:
        here[...] = refine(lambda p: loss(p, soft), here, steps, 0.03 * min(1, soft))  # noqa: B023
        way.append(here)
    return way


# %% a_list_of_numbers diagnosis="wrong_type"
def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    x = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([x], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(x).backward()
        adam.step()
    return x.data.tolist()
