"""Pictures that can be differentiated: by where a shape is, how large, what colour, which way turned.

A pixel is inside a shape or outside. That is an if, and its slope is zero. Everything here is one
idea, applied again and again: measure the *distance* to the border, and let coverage fall softly with
it. Each soft picture has the hard one beside it that it stands for.

    from dpkit import render

    canvas = render.Canvas(64)
    picture = render.render(("circle", "star"), parameters, canvas)      # differentiable
    found = render.fit_scene(("circle", "star"), photograph, canvas)     # and backwards

==========  =====================================================================================
`canvas`    the pixels, and where they are in the world
`shapes`    signed distances: circle, ellipse, box, polygon, segment, polyline, Bézier curve
`cover`     from distances to coverage, and what lies over what
`scene`     shapes with a place, a turn, a size and a colour
`fit`       inverse graphics in the plane: the scene of a picture
`strokes`   many thin lines, quickly
`photo`     a photograph, read from a file; and blurred
`sketch`    a photograph as a drawing
`film`      drawings and descents that move when they are clicked
`mesh`      solids made of triangles
`raster`    a camera, and soft pictures of solids
`pose`      inverse graphics in space: how it was turned, what shape it has
`shadows`   a body of which two pictures are the shadows
`encode`    networks that learn to go backwards in one step
==========  =====================================================================================

All but `ink` (which has `ink_plain`) take numpy arrays, dpkit's tensors and torch tensors, on the CPU or a GPU: the
picture is in the library of the parameters.
"""

from dpkit.render.canvas import Canvas
from dpkit.render.cover import coverage, glow, over, soft_or
from dpkit.render.encode import Encoder, encode_and_refine, learn_inverse, train_encoder
from dpkit.render.film import Film, png
from dpkit.render.fit import Fit, clusters, first_guesses, fit_scene, refine
from dpkit.render.mesh import Mesh, cube, icosphere, laplacian, normals, rotation, shade
from dpkit.render.photo import blur, photograph
from dpkit.render.pose import Pose, angle_between, carve, find_pose, random_rotation
from dpkit.render.raster import Camera, draw_mesh, draw_mesh_hard, silhouette, silhouette_hard
from dpkit.render.scene import SHAPES, distance_of, place, render, render_hard, scatter
from dpkit.render.shadows import ShadowBody, shadow_body
from dpkit.render.shapes import (
    bezier,
    box,
    circle,
    curve,
    ellipse,
    polygon,
    polyline,
    segment,
)
from dpkit.render.sketch import Drawing, progress_line, sketch
from dpkit.render.strokes import chains, ink, ink_hard, ink_plain, near_pairs

__all__ = [
    "SHAPES",
    "Camera",
    "Canvas",
    "Drawing",
    "Encoder",
    "Film",
    "Fit",
    "Mesh",
    "Pose",
    "ShadowBody",
    "angle_between",
    "bezier",
    "blur",
    "box",
    "carve",
    "chains",
    "circle",
    "clusters",
    "coverage",
    "cube",
    "curve",
    "distance_of",
    "draw_mesh",
    "draw_mesh_hard",
    "ellipse",
    "encode_and_refine",
    "find_pose",
    "first_guesses",
    "fit_scene",
    "glow",
    "icosphere",
    "ink",
    "ink_hard",
    "ink_plain",
    "laplacian",
    "learn_inverse",
    "near_pairs",
    "normals",
    "over",
    "photograph",
    "place",
    "png",
    "polygon",
    "polyline",
    "progress_line",
    "random_rotation",
    "refine",
    "render",
    "render_hard",
    "rotation",
    "scatter",
    "segment",
    "shade",
    "shadow_body",
    "silhouette",
    "silhouette_hard",
    "sketch",
    "soft_or",
    "train_encoder",
]
