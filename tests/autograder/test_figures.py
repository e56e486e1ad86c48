"""Figures in a student's process: the pictures that Jupyter shows, drawn no more often than needed."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys

import pytest

from autograder.session import Zygote

START = "import matplotlib.pyplot as plt, numpy as np\nx = np.linspace(0, 5, 50)\n"
FIGURES = {
    "a plot": "plt.plot(x, x**2, label='$x^2$')\nplt.legend()\nplt.title('Squares');",
    "a logarithmic scale": "plt.semilogy(x, np.exp(-x))\nplt.xlabel('x');",
    "constrained": "f, axes = plt.subplots(2, 2, layout='constrained')\n"
    "for a in axes.flat: a.plot(x, x**2); a.set_ylabel('a long label')\nf.suptitle('all');",
    "tight": "f, axes = plt.subplots(1, 3, layout='tight')\n"
    "for a in axes: a.plot(x, x); a.set_title('a title')",
    "an image": "plt.imshow(np.outer(x, x))\nplt.colorbar()\nplt.axis('off');",
    "outside": "plt.plot(x, x, label='a')\nplt.legend(bbox_to_anchor=(1.5, 1))\nplt.text(-3, 2, 'far');",
    "three dimensions": "plt.figure().add_subplot(projection='3d').plot(x, x, x);",
    "several": "for n in range(3): plt.figure(); plt.plot(x, x**n)",
    "shown at once": "plt.plot(x)\nplt.show()\nplt.plot(2 * x)\nplt.show()",
    "not interactive": "plt.ioff()\nplt.plot(x)\nplt.show()\nplt.ion()",
}
PLAIN = """
import base64, json, sys
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
shell.enable_gui = lambda gui=None: None
shell.display_pub = CapturingDisplayPublisher()
shell.run_cell("%matplotlib inline")
pictures = {}
for name, source in json.load(sys.stdin).items():
    shell.display_pub.outputs.clear()
    shell.run_cell(source)
    shown = [output["data"] for output in shell.display_pub.outputs]
    pictures[name] = [data["image/png"] for data in shown if "image/png" in data]
as_text = lambda picture: picture if isinstance(picture, str) else base64.b64encode(picture).decode()
json.dump({name: list(map(as_text, them)) for name, them in pictures.items()}, sys.__stdout__)
"""


@pytest.fixture(scope="module")
def plain():
    """The pictures as IPython and its inline backend make them by themselves."""
    sources = {name: START + source for name, source in FIGURES.items()}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN],
        input=json.dumps(sources),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    )
    return json.loads(done.stdout[done.stdout.rindex('{"a plot"') :])


@pytest.fixture(scope="module")
def zygote():
    with Zygote(preload=("numpy", "matplotlib.pyplot")) as zygote:
        yield zygote


@pytest.fixture
def session(zygote):
    with zygote.open() as session:
        yield session


@pytest.mark.parametrize("name", FIGURES)
def test_the_picture_is_the_one_that_jupyter_shows(session, plain, name):
    run = session.run_cell(START + FIGURES[name])
    assert run.status == "ok", run
    pictures = [
        output["data"]["image/png"]
        for output in run.outputs
        if output["output_type"] == "display_data"
    ]
    assert [base64.b64decode(p) for p in pictures] == [base64.b64decode(p) for p in plain[name]]
    assert pictures


def test_no_figure_is_drawn_for_windows_that_are_not_there(session):
    session.run_cell(
        "from matplotlib.backends.backend_agg import FigureCanvasAgg as Canvas\n"
        "updates = []\n"
        "Canvas.draw_idle = lambda self: updates.append(self)\n"
        "import matplotlib.pyplot as plt"
    )
    assert session.run_cell("plt.plot([1, 2]); plt.title('x');").outputs
    run = session.run_cell("%matplotlib inline\nplt.plot([1, 2])\nprint(len(updates))")
    assert run.outputs[0]["text"] == "0\n"
