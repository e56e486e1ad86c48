"""Build the lecture decks: course/slides/weekNN.md becomes build/slides/weekNN.html.

Each deck is one file that opens from a disk and asks the network for nothing. How a deck is
written is told in CONTRIBUTING.md, "Slides".

    frames.py      the text of a deck, cut into frames
    render.py      one frame's Markdown to HTML, strictly
    mathml.py      LaTeX to MathML
    pictures.py    figures as data, with their text alternatives
    listings.py    code in colour
    packages.py    reveal.js and the font for formulas, pinned by their hashes
    page.py        the whole page
"""
