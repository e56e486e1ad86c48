# %% [markdown]
# Wrong ways to do exercise 9.9 (swing it up); each loses marks, for the reason named.

# %% start_counted diagnosis="late_evaluation"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)]
    return sum(costs) / len(costs) + costs[-1]


# %% sum_not_mean diagnosis="not_summed"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return sum(costs) + costs[-1]


# %% no_last diagnosis="missing_term"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return sum(costs) / len(costs)


# %% only_the_last diagnosis="missing_term"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return costs[-1]


# %% divided_by_states diagnosis="not_summed"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return sum(costs) / (len(costs) + 1) + costs[-1]


# %% leaves_the_tape diagnosis="zero"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [
        cost(each)
        for each in rollout(step, state, [dp.stop_gradient(u) + 0.0 * u for u in plan])[1:]
    ]
    return sum(costs) / len(costs) + costs[-1]


# %% cold_start diagnosis="stale"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% rolled diagnosis="wrong_rule"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.roll(plan, -1)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% last_one_repeated diagnosis="wrong_rule"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], plan[-1])
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% uphill diagnosis="ascent"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan + rate * clip(slope, 0.5)
    return plan[0], plan


# %% not_clipped diagnosis="clipped"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * slope
    return plan[0], plan


# %% one_round diagnosis="truncated"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(1):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% push_before_planning diagnosis="stale"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    push = plan[0]
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return push, plan


# %% old_push diagnosis="late_evaluation"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    push = plan[0]
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return push, plan


# %% only_the_push diagnosis="wrong_type"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0]


# %% plan_first diagnosis="swapped"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan, plan[0]


# %% never_improved diagnosis="no_update"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(0):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% moves_on_afterwards diagnosis="wrong_order"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], np.append(plan[1:], 0.0)


# %% in_place diagnosis="mutated_input"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan[:] = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% by_the_state diagnosis="raised"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda state: price_of(state, plan))(state[0])
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% last_averaged_too diagnosis="averaged"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return (sum(costs) + costs[-1]) / len(costs)


# %% last_twice_more diagnosis="double_counted"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return sum(costs) / len(costs) + 2 * costs[-1]


# %% numpy_mean diagnosis="raised"
def price(step, cost, state, plan):
    """How expensive a plan is."""
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return np.mean(costs) + costs[-1]


# %% shorter_and_shorter diagnosis="shape"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = plan[1:]
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% the_other_way diagnosis="wrong_order"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(0.0, plan[:-1])
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% clips_the_step diagnosis="wrong_order"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        length = rate * np.linalg.norm(slope)
        plan = plan - rate * slope * min(1.0, 0.5 / length)
    return plan[0], plan


# %% entry_by_entry diagnosis="wrong_rule"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * np.clip(slope, -0.5, 0.5)
    return plan[0], plan


# %% always_as_long diagnosis="normalised"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * 0.5 * slope / np.linalg.norm(slope)
    return plan[0], plan


# %% another_length diagnosis="wrong_argument"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 1.0)
    return plan[0], plan


# %% first_gradient_only diagnosis="stale"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    slope = dp.grad(lambda plan: price_of(state, plan))(plan)
    for _ in range(rounds):
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% one_round_too_many diagnosis="late_evaluation"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds + 1):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan


# %% nudges diagnosis="finite_difference"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        nudges = 1e-5 * np.eye(len(plan))
        up = np.array([price_of(state, plan + d) for d in nudges])
        down = np.array([price_of(state, plan - d) for d in nudges])
        plan = plan - rate * clip((up - down) / 2e-5, 0.5)
    return plan[0], plan


# %% returns_nothing diagnosis="missing"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)


# %% moved_on_afterwards diagnosis="wrong_order"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], np.append(plan[1:], 0.0)


# %% the_step_clipped diagnosis="wrong_order"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - clip(rate * slope, 0.5)
    return plan[0], plan


# %% slope_by_the_state diagnosis="raised"
def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        plan = plan - rate * clip(dp.grad(price_of)(state, plan), 0.5)
    return plan[0], plan
