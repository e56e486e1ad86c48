"""Displays large pictures, many times."""

from IPython.display import HTML, Javascript, display

for _ in range(20_000):
    display(HTML("<p>" + "h" * 10_000))
display(Javascript("alert(1)"))
