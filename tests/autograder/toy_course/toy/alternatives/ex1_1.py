# ruff: noqa: E402, F811, F821

# %% by_product
def slope(x):
    return x * x + x * x + x * x


# %% warns
import warnings


def slope(x):
    warnings.warn("a warning on stderr costs nothing", stacklevel=1)
    return 3.0 * x * x
