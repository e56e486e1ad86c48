"""A diagnosis as it is shown: a panel in plain text, or with a picture of the numbers.

`pieces` puts what came and what was expected side by side, `heatmap` draws them on a `page`, and
`panel` writes the words around the picture.
"""
