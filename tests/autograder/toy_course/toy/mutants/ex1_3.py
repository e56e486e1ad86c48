# ruff: noqa: E402, F811, F821

# %% first_for_nothing diagnosis="failed"
def total(numbers):
    return numbers[0] + sum(numbers[1:]) if numbers else None
