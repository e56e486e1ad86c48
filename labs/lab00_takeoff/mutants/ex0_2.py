# %% [markdown]
# Wrong ways to do exercise 0.2 (links of a chain); each loses marks, for the reason named.

# %% all_at_the_first_point diagnosis="wrong_point"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 1.0
    for _, f_slope in links:
        slope = slope * f_slope(x)
    return slope


# %% goes_on_too_early diagnosis="wrong_point"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 1.0
    for f, f_slope in links:
        x = f(x)
        slope = slope * f_slope(x)
    return slope


# %% adds diagnosis="wrong_rule"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 0.0
    for f, f_slope in links:
        slope = slope + f_slope(x)
        x = f(x)
    return slope


# %% adds_to_one diagnosis="wrong_rule"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 1.0
    for f, f_slope in links:
        slope += f_slope(x)
        x = f(x)
    return slope


# %% starts_with_zero diagnosis="zero"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 0.0
    for f, f_slope in links:
        slope = slope * f_slope(x)
        x = f(x)
    return slope


# %% last_link_first diagnosis="wrong_order"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 1.0
    for f, f_slope in reversed(links):
        slope = slope * f_slope(x)
        x = f(x)
    return slope


# %% forgets_the_innermost diagnosis="missing_factor"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = links[0][1](x) if len(links) == 1 else 1.0
    x = links[0][0](x)
    for f, f_slope in links[1:]:
        slope = slope * f_slope(x)
        x = f(x)
    return slope


# %% returns_inside_the_loop diagnosis="missing_factor"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 1.0
    for f, f_slope in links:
        slope = slope * f_slope(x)
        x = f(x)
        return slope


# %% the_value diagnosis="other_function"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    for f, _ in links:
        x = f(x)
    return x


# %% no_return diagnosis="missing"
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    slope = 1.0
    for f, f_slope in links:
        slope = slope * f_slope(x)
        x = f(x)


# %% by_nudging diagnosis="not_asked"
def chain_slope(links, x):
    h = 1e-5

    def run(x):
        for f, _ in links:
            x = f(x)
        return x

    return (run(x + h) - run(x - h)) / (2 * h)
