# %% [markdown]
# Other right ways to do exercise 0.2 (links of a chain); each gets full marks.

# %% calls_itself
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    if not links:
        return 1
    f, f_slope = links[0]
    return f_slope(x) * chain_slope(links[1:], f(x))


# %% points_first_then_a_product
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    import sys

    points = [x]
    for f, _ in links:
        points.append(f(points[-1]))
    print("points", points, file=sys.stderr)
    return np.prod([link[1](point) for link, point in zip(links, points, strict=False)])
