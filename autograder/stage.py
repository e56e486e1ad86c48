"""What a lab's notebook shows its pictures with.

from autograder.stage import demo, show

@demo(needs="3.7")
def _():
    figure, axes = plt.subplots()
    ...
    return show(figure, alt="What is to be seen, in words.")
"""

from __future__ import annotations

import ast
import base64
import html
import io
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.display import HTML
    from matplotlib.figure import Figure

__all__ = ["demo", "show"]

watched = (
    True  # False while marking: pictures earn nothing, nobody sees them, and they take the time
)


def demo(needs: str) -> Callable[[Callable[[], Any]], None]:
    """A picture that is made with the student's code, shown when that code is there.

    Runs the decorated function at once and displays what it returns; under marking it does not run.
    While a part is blank, or a cell has not run, it says what the picture waits for, and where the
    code fails, how; a figure that was begun is closed then, or the notebook would show its empty axes.

    needs: what it waits for, in words: "3.7", "your prediction".
    """

    def run(picture: Callable[[], Any]) -> None:
        from IPython.display import display

        if not watched:
            print("No pictures are made while marking.")
            return
        before = _figures()
        try:
            shown = picture()
        except NotImplementedError:
            print(f"This comes alive with {needs}.")
        except OSError as error:  # a photograph that is not there: no part is missing
            print(f"A file could not be used. {error}")
        except Exception as error:
            if isinstance(error, NameError) and _a_cell_defines(error, picture):
                print(f"This comes alive with {needs}, once the cells above have run: {error}.")
            else:
                print(f"This comes alive with {needs}. So far: {type(error).__name__}: {error}")
        else:
            if shown is not None:
                display(shown)
            return
        for number in _figures() - before:
            sys.modules["matplotlib.pyplot"].close(number)

    return run


def _a_cell_defines(error: NameError, picture: Callable) -> bool:
    """Whether the missing name is one that some cell of the notebook gives, and not a slip in
    somebody's code. What the picture itself asks for, a cell above it gives."""
    last = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-1]
    if last.f_code.co_filename == picture.__code__.co_filename:
        return True
    for path in Path.cwd().glob("*.ipynb"):
        try:
            cells = json.loads(path.read_bytes())["cells"]
            sources = ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if any(error.name in _defined(source) for source in sources):
            return True
    return False


def _defined(source: str) -> set[str]:
    """The global names that a cell binds; none where it is not Python."""
    names: set[str] = set()
    try:
        waiting: list[ast.AST] = [*ast.parse(source).body]
    except (SyntaxError, ValueError):
        return names
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            continue  # what is bound inside is not global
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        waiting += ast.iter_child_nodes(node)
    return names


def _figures() -> set[int]:
    """The numbers of matplotlib's open figures, if anybody has imported it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def show(figure: Figure, alt: str) -> HTML:
    """A matplotlib figure with a text alternative, for people who do not see it; closes it."""
    import matplotlib.pyplot as plt
    from IPython.display import HTML

    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110, bbox_inches="tight")
    plt.close(figure)
    data = base64.b64encode(picture.getvalue()).decode()
    text = html.escape(alt, quote=True)
    return HTML(f'<img alt="{text}" style="max-width:100%" src="data:image/png;base64,{data}">')
