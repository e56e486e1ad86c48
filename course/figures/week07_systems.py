"""The figures of week 7's two systems: `python course/figures/week07_systems.py` writes them here.

It trains a detector and six recognisers: about two minutes.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import torch

from course.systems import detector, faces, pictures

HERE = Path(__file__).parent
TITLES = {
    "faces": "Seven drawn people at four moments, and what the network gets to see of them",
    "hits": "Five strangers, and the five nearest to each of a hundred people; three found, two mistaken",
    "detections": "Eight new scenes with the shapes that the detector finds in them",
    "collapse": "The points of batch-hard mining shrink to one; three ways to mend it",
}


def main(folder: Path = HERE) -> None:
    """Write the four figures into `folder`."""
    torch.set_num_threads(1)
    plt.rcParams.update({"svg.hashsalt": "week07", "svg.fonttype": "none", "font.size": 10})
    for name, figure in (
        ("faces", lambda: pictures.contact_sheet()),
        ("hits", lambda: pictures.hits(faces.train())),
        ("detections", lambda: pictures.detections(detector.train())),
        ("collapse", lambda: pictures.collapse_curves(faces.collapse())),
    ):
        plt.close(made := figure())
        path, title = folder / f"week07-{name}.svg", {"Title": TITLES[name], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
