"""A loop in C, which looks at no signal."""

sum(range(10**13))
