# %% [markdown]
# Other right ways to do exercise 9.9 (swing it up); each gets full marks.

# %% one_running_sum
def price(step, cost, state, plan):
    total = 0.0
    for push in plan:
        state = step(state, push)
        total = total + cost(state)
    return total / len(plan) + cost(state)


def mpc_step(price_of, state, plan, rounds, rate):
    plan = np.concatenate([plan[1:], [0.0]])
    of_plan = dp.grad(lambda plan: price_of(state, plan))
    for _ in range(rounds):
        plan = plan - rate * clip(of_plan(plan), 0.5)
    return float(plan[0]), plan


# %% mean_of_a_stack
def price(step, cost, state, plan):
    _, *path = rollout(step, state, plan)
    costs = dp.stack([cost(each) for each in path])
    return dp.mean(costs) + costs[-1]


def mpc_step(price_of, state, plan, rounds, rate):
    new = np.zeros(len(plan))
    new[:-1] = plan[1:]
    for _ in range(rounds):
        _, slope = dp.value_and_grad(price_of, argnums=1)(state, new)
        length = np.sqrt(np.sum(slope**2))
        new = new - rate * slope * (0.5 / length if length > 0.5 else 1.0)
    return [new[0], list(new)]


# %% an_optimiser
def price(step, cost, state, plan):
    def on(k, at):
        state, total = at
        state = step(state, plan[k])
        return state, total + cost(state)

    state, total = dp.fori_loop(0, len(plan), on, (state, 0.0))
    return cost(state) + total / len(plan)


def mpc_step(price_of, state, plan, rounds, rate):
    new = dp.tensor(np.append(plan[1:], 0.0), requires_grad=True)
    optimiser = dp.optim.SGD([new], lr=rate)
    for _ in range(rounds):
        optimiser.zero_grad()
        price_of(state, new).backward()
        new.grad = clip(new.grad, 0.5)
        optimiser.step()
        print(new)
    return new.numpy()[0], new.numpy()


# %% by_recursion
def price(step, cost, state, plan):
    path = rollout(step, state, plan)
    n = len(path) - 1
    return sum((1 / n + (k == n)) * cost(each) for k, each in enumerate(path) if k)


def mpc_step(price_of, state, plan, rounds, rate):
    def improved(plan, left):
        if left == 0:
            return plan
        slope = dp.grad(price_of, argnums=1)(np.array(state), plan)
        length = np.linalg.norm(slope)
        return improved(plan - (rate * min(1.0, 0.5 / length)) * slope, left - 1)

    plan = improved(np.r_[plan[1:], 0], rounds)
    return plan[0], plan
