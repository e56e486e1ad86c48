# %% [markdown]
# Wrong ways to do exercise 5.7 (modules, and N layers); each loses marks, for the reason named.

# %% tensors_only diagnosis="missing_parameters"
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        """A list of all Tensors in it, each once."""
        found = []

        def look(thing):
            if isinstance(thing, engine.Tensor):
                if not any(thing is each for each in found):
                    found.append(thing)
            elif isinstance(thing, (list, tuple)):
                for each in thing:
                    look(each)

        look(list(vars(self).values()))
        return found


# %% lists_are_not_looked_into diagnosis="missing_parameters"
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        """A list of all Tensors in it, each once."""
        found = []

        def look(thing):
            if isinstance(thing, engine.Tensor):
                if not any(thing is each for each in found):
                    found.append(thing)
            elif isinstance(thing, Module):
                [look(each) for each in vars(thing).values()]

        look(self)
        return found


# %% twice diagnosis="double_counted"
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        """A list of all Tensors in it, each once."""
        found = []

        def look(thing):
            if isinstance(thing, engine.Tensor):
                found.append(thing)
            elif isinstance(thing, Module):
                look(list(vars(thing).values()))
            elif isinstance(thing, (list, tuple)):
                for each in thing:
                    look(each)

        look(self)
        return found


# %% from_the_end diagnosis="wrong_order"
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        """A list of all Tensors in it, each once."""
        found = []

        def look(thing):
            if isinstance(thing, engine.Tensor):
                if not any(thing is each for each in found):
                    found.append(thing)
            elif isinstance(thing, Module):
                look(list(vars(thing).values()))
            elif isinstance(thing, (list, tuple)):
                for each in thing:
                    look(each)

        look(self)
        return found[::-1]


# %% their_values diagnosis="wrong_type"
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        """A list of all Tensors in it, each once."""
        found = []

        def look(thing):
            if isinstance(thing, engine.Tensor):
                if not any(thing is each for each in found):
                    found.append(thing)
            elif isinstance(thing, Module):
                look(list(vars(thing).values()))
            elif isinstance(thing, (list, tuple)):
                for each in thing:
                    look(each)

        look(self)
        return [each.value for each in found]


# %% turned_over diagnosis="transposed"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(size=(inputs, outputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W + self.b


# %% not_scaled diagnosis="wrong_spread"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% scaled_by_inputs diagnosis="wrong_spread"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)) / inputs)
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% zeros_at_the_start diagnosis="wrong_spread"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(np.zeros((outputs, inputs)))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% no_bias diagnosis="wrong_value"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T


# %% no_bends diagnosis="no_bends"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = [Linear(n, m, rng) for n, m in zip(dims, dims[1:], strict=False)]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = layer(x)
        return last(x)


# %% bend_at_the_end diagnosis="bend_at_the_end"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = [Linear(n, m, rng) for n, m in zip(dims, dims[1:], strict=False)]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = engine.tanh(layer(x))
        return engine.tanh(last(x))


# %% last_layer_forgotten diagnosis="shape"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = [Linear(n, m, rng) for n, m in zip(dims, dims[1:], strict=False)]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = engine.tanh(layer(x))
        return x


# %% first_layer_twice diagnosis="raised"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = [Linear(n, m, rng) for n, m in zip(dims, dims[1:], strict=False)]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = engine.tanh(hidden[0](x))
        return last(x)


# %% layers_in_a_dictionary diagnosis="missing_parameters"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = {k: Linear(dims[k], dims[k + 1], rng) for k in range(len(dims) - 1)}

    def forward(self, x):
        *hidden, last = self.layers.values()
        for layer in hidden:
            x = engine.tanh(layer(x))
        return last(x)


# %% one_list_for_all_calls diagnosis="accumulated"
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self, found=[]):
        """A list of all Tensors in it, each once."""

        def look(thing):
            if isinstance(thing, engine.Tensor):
                if not any(thing is each for each in found):
                    found.append(thing)
            elif isinstance(thing, Module):
                look(list(vars(thing).values()))
            elif isinstance(thing, (list, tuple)):
                for each in thing:
                    look(each)

        look(self)
        return found


# %% linear_leaves_the_tape diagnosis="wrong_adjoint"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        x = x.value if isinstance(x, engine.Tensor) else x
        return engine.Tensor(x @ self.W.value.T + self.b.value)


# %% bends_by_numpy diagnosis="wrong_adjoint"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = [Linear(n, m, rng) for n, m in zip(dims, dims[1:], strict=False)]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = engine.Tensor(np.tanh(layer(x).value))
        return last(x)


# %% a_generator_of_its_own diagnosis="rng_ignored"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        rng = np.random.default_rng(5)
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% numpy_s_own_numbers diagnosis="rng_ignored"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(np.random.normal(size=(outputs, inputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% one_generator_a_layer diagnosis="rng_ignored"
class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        self.layers = [Linear(n, m, np.random.default_rng(0)) for n, m in zip(dims, dims[1:])]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = engine.tanh(layer(x))
        return last(x)


# %% flat_numbers diagnosis="wrong_spread"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        width = math.sqrt(3 / inputs)
        self.W = engine.Tensor(rng.uniform(-width, width, (outputs, inputs)))
        self.b = engine.Tensor(np.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% bias_as_a_row diagnosis="shape"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros((1, outputs)))

    def forward(self, x):
        return x @ self.W.T + self.b


# %% plain_arrays diagnosis="wrong_type"
class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        self.W = rng.normal(size=(outputs, inputs)) / math.sqrt(inputs)
        self.b = np.zeros(outputs)

    def forward(self, x):
        return x @ self.W.T + self.b
