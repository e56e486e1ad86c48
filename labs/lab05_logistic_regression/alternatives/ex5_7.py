# %% [markdown]
# Other right ways to do exercise 5.7 (modules, and N layers); each gets full marks.

# %% breadth_by_a_stack
class Module:
    def __call__(self, *inputs):
        return self.forward(*inputs)

    def parameters(self):
        found, waiting = {}, [self]
        while waiting:
            thing = waiting.pop(0)
            if isinstance(thing, engine.Tensor):
                found.setdefault(id(thing), thing)
            elif isinstance(thing, Module):
                waiting = list(vars(thing).values()) + waiting
            elif isinstance(thing, (list, tuple)):
                waiting = list(thing) + waiting
        return list(found.values())


class Linear(Module):
    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(0, inputs**-0.5, (outputs, inputs)))
        self.b = engine.Tensor([0.0] * outputs)

    def forward(self, x):
        return engine.add(engine.matmul(x, self.W.T), self.b)


class MLP(Module):
    def __init__(self, dims, rng):
        self.hidden = tuple(Linear(dims[k], dims[k + 1], rng) for k in range(len(dims) - 2))
        self.out = Linear(dims[-2], dims[-1], rng)

    def forward(self, x):
        for layer in self.hidden:
            x = engine.tanh(layer(x))
        return self.out(x)


# %% recursively
class Module:
    def __call__(self, x):
        import sys

        print(type(self).__name__, file=sys.stderr)
        return self.forward(x)

    def parameters(self):
        def inside(thing):
            if isinstance(thing, engine.Tensor):
                return [thing]
            if isinstance(thing, Module):
                thing = list(thing.__dict__.values())
            if isinstance(thing, (list, tuple)):
                return [p for each in thing for p in inside(each)]
            return []

        once = []
        for p in inside(self):
            if all(p is not other for other in once):
                once.append(p)
        return once


class Linear(Module):
    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.standard_normal((outputs, inputs)) / np.sqrt(inputs))
        self.b = engine.Tensor(np.zeros((outputs,)))

    def forward(self, x):
        return self.b + x @ self.W.T


class MLP(Module):
    def __init__(self, dims, rng):
        first, second, *rest = dims
        self.first = Linear(first, second, rng)
        self.rest = MLP([second, *rest], rng) if rest else None

    def forward(self, x):
        x = self.first(x)
        return x if self.rest is None else self.rest(engine.tanh(x))


# %% each_module_asks_its_own
class Module:
    def __call__(self, *inputs, **more):
        return self.forward(*inputs, **more)

    def parameters(self) -> tuple:
        return tuple(dict.fromkeys(self._walk(self.__dict__.values())))

    def _walk(self, things):
        for thing in things:
            if isinstance(thing, engine.Tensor):
                yield thing
            elif isinstance(thing, Module):
                yield from thing.parameters()
            elif isinstance(thing, (list, tuple)):
                yield from self._walk(thing)


class MLP(Module):
    def __init__(self, dims, rng):
        self.count = len(dims) - 1
        for k in range(self.count):
            setattr(self, f"layer{k}", Linear(dims[k], dims[k + 1], rng))

    def forward(self, x):
        for k in range(self.count):
            x = getattr(self, f"layer{k}").forward(x)
            if k + 1 != self.count:
                x = engine.tanh(x)
        return x


# %% a_bend_is_a_module_too
class Linear(Module):
    def __init__(self, inputs, outputs, rng):
        self.inputs, self.outputs, self.rng = inputs, outputs, rng
        self.W = engine.Tensor([[rng.normal(0, inputs**-0.5) for _ in range(inputs)]
                                for _ in range(outputs)])  # fmt: skip
        self.b = engine.Tensor(np.zeros(outputs, dtype=int))

    def forward(self, x):
        return engine.matmul(x, engine.transpose(self.W)) + self.b


class Tanh(Module):
    def forward(self, x):
        return engine.tanh(x)


class MLP(Module):
    def __init__(self, dims, rng):
        pairs = zip(dims, dims[1:])
        self.steps = [each for n, m in pairs for each in (Linear(n, m, rng), Tanh())][:-1]

    def forward(self, x):
        for each in self.steps:
            x = each(x)
        return x
