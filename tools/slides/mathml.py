"""LaTeX to MathML at build time, so that a deck shows mathematics without any script.

latex2mathml passes what it does not know straight through, and leaves it to the reader to notice.
Here that is an error. Browsers draw MathML Core, which knows fewer attributes than MathML 3; the
differences that matter on a slide are mended here and in theme.css.
"""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert

from tools.slides.frames import SlideError

MATHML = "http://www.w3.org/1998/Math/MathML"
PARTS = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "mroot": 2}
PARTS["munderover"] = 3
WITH_LIMITS = {"max", "min", "lim", "sup", "inf", "argmax", "argmin"}
UNDER = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
PRIMES = {"′", "″", "‴", "⁗"}
FUNCTIONS = set("sin cos tan sinh cosh tanh arcsin arccos arctan exp log ln det dim arg".split())
SIGNS = {"-", "−", "+", "±", "∓"}
CLOSING = {")", "]", "}", "|", "‖", "⟩", "!", "′", "″"}
STYLES = {"normal", "bold", "bold-italic", "monospace", "sans-serif"}  # mostly by theme.css
BARS = {"|", "‖", "∥"}
BOLD_DIGITS = {ord("0") + k: 0x1D7CE + k for k in range(10)}

ElementTree.register_namespace("", MATHML)


def mathml(latex: str, *, display: bool) -> str:
    """A <math> element for the LaTeX between dollars.

    Raises SlideError if a macro is unknown, braces do not match or a part is missing.
    """
    latex = latex.strip()
    if not latex:
        raise SlideError(
            "there is nothing between two dollar signs; a plain dollar is written \\$."
        )
    _check_braces(latex)
    # Inside mathematics the two are the same; only the starred form is left unnumbered.
    asked = re.sub(r"\\(begin|end)\{align(ed)?\}", r"\\\1{align*}", latex)
    try:
        made = convert(asked, display="block" if display else "inline")
        tree = ElementTree.fromstring(_as_xml(made))
    except ElementTree.ParseError:
        raise SlideError(
            f"the formula ${latex}$ has an & or an environment that is not known."
        ) from None
    except Exception as error:
        name = type(error).__name__
        raise SlideError(
            f"the formula ${latex}$ cannot be read ({name} {error})".rstrip() + "."
        ) from None
    _check(tree, latex)
    for element in tree.iter():
        _mend(element)
    tree.set("alttext", latex)
    return ElementTree.tostring(tree, encoding="unicode")


def _as_xml(made: str) -> str:
    """The converter writes characters as numbers, but leaves < and > in plain text bare."""
    return re.sub(r"<mo>([<>])</mo>", lambda found: f"<mo>{html.escape(found[1])}</mo>", made)


def _check_braces(latex: str) -> None:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            break
    if depth:
        raise SlideError(f"the braces of the formula ${latex}$ do not match.")


def _check(tree: ElementTree.Element, latex: str) -> None:
    for element in tree.iter():
        name = _name(element)
        if element.text and "\\" in element.text:
            raise SlideError(
                f"the formula ${latex}$ uses {element.text.strip()}, which latex2mathml does not know."
            )
        if len(element) != PARTS.get(name, len(element)):
            raise SlideError(f"a part is missing in the formula ${latex}$ (it makes <{name}>).")
        if name == "menclose" or element.get("mathvariant", "normal") not in STYLES:
            raise SlideError(f"the formula ${latex}$ has something that browsers do not draw.")


def _mend(element: ElementTree.Element) -> None:
    name = _name(element)
    if name in UNDER and _name(element[0]) == "mo" and element[0].text in WITH_LIMITS:
        element[0].set("movablelimits", "true")  # below in a display, beside in a line
        element.tag = f"{{{MATHML}}}{UNDER[name]}"
    if name == "mover" and _name(element[1]) == "mo":
        element.set("accent", "true")
        if element[1].text == "^":
            element[1].text = "ˆ"  # the accent, not the sign on the keyboard
    if name == "mn" and element.get("mathvariant") == "bold":
        element.text = (element.text or "").translate(BOLD_DIGITS)
        del element.attrib["mathvariant"]
    if name == "msup" and element[1].text in PRIMES:  # the glyph is raised already
        element.tag = f"{{{MATHML}}}mrow"
        element[1].tag = f"{{{MATHML}}}mo"
        element[1].attrib.update(lspace="0", rspace="0")
    _space_out(element)
    _close_up(element)
    letters = list(element)
    upright = [_name(part) == "mi" and part.get("mathvariant") == "normal" for part in letters]
    if len(letters) > 1 and all(upright):  # \mathrm{word}: one word, not single letters
        letters[0].text = "".join(letter.text or "" for letter in letters)
        for letter in letters[1:]:
            element.remove(letter)


def _space_out(element: ElementTree.Element) -> None:
    """A thin space on either side of the name of a function, as in $2 \\sin x$."""
    parts = list(element)
    if _name(element) in PARTS:
        return
    for left, right in zip(parts, parts[1:], strict=False):
        kinds = {_name(left), _name(right)}
        if (_is_function(left) or _is_function(right)) and not kinds & {"mo", "mspace", "mtable"}:
            space = ElementTree.Element(f"{{{MATHML}}}mspace", width="0.167em")
            element.insert(list(element).index(right), space)


def _close_up(element: ElementTree.Element) -> None:
    """No space after a sign, as in $x = -1$, around an operator in an index, as in $x_{n-1}$, inside of
    bars, as in $|x|$, nor between a maximum and its bracket."""
    parts = list(element)
    if _name(element) not in PARTS:
        bars = [_base(part) for part in parts if _base(part).text in BARS]
        if len(bars) % 2 == 0:  # |x|, and not the one in p(x | y)
            for k, bar in enumerate(bars):
                bar.set("form", "postfix" if k % 2 else "prefix")
        for left, right in zip(parts, parts[1:], strict=False):
            if _is_limit(left) and _name(right) == "mo" and right.text == "(":
                left.set("rspace", "0")
            if _is_limit(right) and _name(left) == "mo":
                right.set("lspace", "0")
            after = _name(left) == "mo" and left.text not in CLOSING
            if after and _name(right) == "mo" and right.text in SIGNS:
                right.set("form", "prefix")
    elif _name(element) in ("msub", "msup", "msubsup"):
        for operator in (each for script in parts[1:] for each in script.iter()):
            if _name(operator) == "mo" and operator.text in SIGNS | {"=", "·", "×"}:
                operator.attrib.update(lspace="0", rspace="0")


def _is_limit(element: ElementTree.Element) -> bool:
    return _name(element) == "mo" and element.text in WITH_LIMITS


def _base(element: ElementTree.Element) -> ElementTree.Element:
    return element[0] if _name(element) in ("msub", "msup", "msubsup") else element


def _is_function(element: ElementTree.Element) -> bool:
    base = _base(element)
    return _name(base) == "mi" and base.text in FUNCTIONS


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
