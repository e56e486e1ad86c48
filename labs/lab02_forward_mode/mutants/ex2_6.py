# %% [markdown]
# Wrong ways to do exercise 2.6 (a Jacobian); each loses marks, for the reason named.

# %% lies_on_its_side diagnosis="transposed"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns)


# %% all_inputs_at_once diagnosis="wrong_seed"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs)):
        speeds = [1.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T


# %% one_pass_for_all diagnosis="wrong_seed"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    return np.array(jvp(f, xs, [1.0] * len(xs))[1])
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T


# %% speeds_never_reset diagnosis="accumulated"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    speeds = [0.0] * len(xs)
    for j in range(len(xs)):
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T


# %% values_instead_of_speeds diagnosis="wrong_value"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[0])
    return np.array(columns).T


# %% inputs_instead_of_speeds diagnosis="wrong_value"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = xs[j]
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T


# %% one_column_short diagnosis="shape"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs) - 1):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T


# %% by_nudging diagnosis="finite_difference"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(
            (
                np.array(jvp(f, np.array(xs) + 1e-5 * np.array(speeds), speeds)[0])
                - np.array(jvp(f, np.array(xs) - 1e-5 * np.array(speeds), speeds)[0])
            )
            / 2e-5
        )
    return np.array(columns).T


# %% a_list_of_lists diagnosis="wrong_type"
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T.tolist()
