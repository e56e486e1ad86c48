# ruff: noqa: E402, F811, F821

# %% in_place diagnosis="mutated_input"
def centre(numbers):
    mean = sum(numbers) / len(numbers)
    for place in range(len(numbers)):
        numbers[place] -= mean
    return numbers


# %% median diagnosis="wrong_value"
def centre(numbers):
    middle = sorted(numbers)[len(numbers) // 2]
    return [number - middle for number in numbers]
