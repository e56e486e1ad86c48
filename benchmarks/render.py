"""What the differentiable renderer reaches: pictures, directions, scenes, poses, shapes, drawings.

Every fit is judged by a truth from elsewhere: pictures that count samples inside and outside, differences of
those pictures, the parameters that the picture was made of. The figures beside the times say what was
reached, the worst over all scenes or the mean, as their names say. All of it runs in this process, on one
thread; `--quick` takes a fifth of the scenes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np

from benchmarks.harness import Case, Figures, Goal, Options, Program, Results

TITLE = "the differentiable renderer: what is found again, on one thread"
ROUNDS = 1

EDGES, DIRECTION, SCENES = "soft borders", "direction", "scenes"
ENCODER, INVERSE, POSES, SHAPES = "encoder", "inverse of x²", "cube poses", "silhouettes"
SKETCH, STROKES = "sketch", "400 strokes, gradient"

KINDS = ("circle", "square", "triangle")
FINE, CHANCE, SIX = "2 × 2 places", "one random start", "6 views"


def cases() -> list[Case]:
    engines = {
        EDGES: (FINE, "1 place"),
        DIRECTION: (FINE, "0.2 px", "1 px", "4 px"),
        SCENES: ("looked at first", CHANCE),
        ENCODER: ("one step", "and refined", CHANCE),
        INVERSE: ("regression", "forward-consistent"),
        POSES: ("from nothing", CHANCE),
        SHAPES: (SIX, "3 views"),
        SKETCH: ("flower", "china"),
        STROKES: ("ink_plain", "ink", "torch"),
    }
    return [Case(name, dict.fromkeys(each, _nothing)) for name, each in engines.items()]


def _nothing() -> Program:
    return Program({})  # measured here, without workers


def measure(
    module: str, cases: Sequence[Case], options: Options, say: Callable[[str], None]
) -> Results:
    """Run everything once; the rounds are the scenes."""
    results = Results()
    for case in cases:
        results.cases[case.name] = {engine: Figures() for engine in case.engines}
        say(case.name)
        _RUN[case.name](results.cases[case.name], options)
    return results


@contextmanager
def timed(figures: Figures) -> Iterator[None]:
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    figures.cpu.setdefault("", []).append(time.process_time() - cpu)
    figures.wall.setdefault("", []).append(time.perf_counter() - wall)


def seeds(options: Options, count: int = 20) -> range:
    return range(max(2, count // 5) if options.quick else count)


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x))))


def _edges(found: dict[str, Figures], options: Options) -> None:
    """Black shapes on white at 64², one in a picture, beside 16 × 16 samples a pixel."""
    from dpkit import render

    canvas = render.Canvas(64)
    errors: dict[str, dict[str, list[float]]] = {name: {} for name in found}
    for kind in render.SHAPES:
        for seed in range(6):
            scene = render.scatter((kind,), np.random.default_rng(seed), (0.25, 0.5))
            scene["colour"] = np.zeros((1, 3))
            truth = render.render_hard((kind,), scene, canvas, 16)
            for (name, figures), softness in zip(found.items(), (0.09, 0.18), strict=True):
                with timed(figures):
                    drawn = render.render((kind,), scene, canvas, softness)
                errors[name].setdefault(kind, []).append(rms(drawn - truth))
    for name, each in errors.items():
        for kind, values in each.items():
            found[name].notes[f"RMSE {kind}"] = float(np.mean(values))


def _direction(found: dict[str, Figures], options: Options) -> None:
    """The gradient beside differences of the hard picture at 128². Its samples are 32 × 32 a pixel and
    its nudges an eighth of one: with nudges of a pixel the truth is wrong by more than the gradient."""
    import dpkit as dp
    from dpkit import render

    kinds, canvas, nudge = ("circle", "triangle"), render.Canvas(128), 0.002
    cosines: dict[str, list[float]] = {name: [] for name in found}
    for seed in seeds(options, 10):
        rng = np.random.default_rng(seed)
        scene = render.scatter(kinds, rng, (0.3, 0.5))
        goal = render.render_hard(kinds, render.scatter(kinds, rng, (0.3, 0.5)), canvas, 32)

        def hard(changed: dict[str, np.ndarray], goal: np.ndarray = goal) -> float:
            return float(np.mean((render.render_hard(kinds, changed, canvas, 32) - goal) ** 2))

        truth = []
        for name in ("at", "turn", "size"):
            for k in range(scene[name].size):
                step = np.zeros(scene[name].size)
                step[k] = nudge
                step = step.reshape(scene[name].shape)
                up, down = (hard({**scene, name: scene[name] + s * step}) for s in (1, -1))
                truth.append((up - down) / (2 * nudge))
        for name, figures in found.items():
            soft = 0.09 if name == FINE else float(name.split()[0])

            def loss(scene: object, soft: float = soft, goal: np.ndarray = goal) -> object:
                return dp.mean((render.render(kinds, scene, canvas, soft) - goal) ** 2)  # type: ignore

            with timed(figures):
                gradient = dp.grad(loss)(scene)
            ours = np.concatenate([gradient[n].ravel() for n in ("at", "turn", "size")])
            cosines[name].append(ours @ truth / np.linalg.norm(ours) / np.linalg.norm(truth))
    for name, values in cosines.items():
        found[name].notes |= {"cosine, mean": float(np.mean(values)), "cosine, least": min(values)}


def noisy_scene(seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    from dpkit import render

    rng = np.random.default_rng(seed)
    scene = render.scatter(KINDS, rng)
    picture = render.render_hard(KINDS, scene, render.Canvas(64), 8)
    return scene, picture + 0.01 * rng.normal(size=picture.shape)


def _scenes(found: dict[str, Figures], options: Options) -> None:
    """Three shapes in noise: from a first look, and from one start by chance, by the same descent."""
    from dpkit import render

    canvas = render.Canvas(64)
    errors: dict[str, list[tuple[float, ...]]] = {name: [] for name in found}
    looked, chance = found
    for seed in seeds(options):
        scene, picture = noisy_scene(seed)
        guess = render.scatter(KINDS, np.random.default_rng(100 + seed))
        fits = {}
        with timed(found[looked]):
            fits[looked] = render.fit_scene(KINDS, picture, canvas)
        with timed(found[chance]):
            fits[chance] = render.refine(KINDS, picture, canvas, guess, (6.0, 2.0, 0.7, 0.2))
        for name, fit in fits.items():
            off = {x: float(np.abs(fit.parameters[x] - scene[x]).max()) for x in scene}
            pixels = off["at"] / canvas.pixel, off["size"] / canvas.pixel
            errors[name].append((*pixels, off["colour"]))
    for name, each in errors.items():
        worst = np.max(each, axis=0)
        found[name].notes |= {
            "solved": float(np.mean(np.array(each)[:, 0] < 1)),
            "worst place, px": worst[0], "worst size, px": worst[1], "worst colour": worst[2],
        }  # fmt: skip


def _poses(found: dict[str, Figures], options: Options) -> None:
    """Cubes of which two sides or more are seen by 20 pixels at least."""
    from dpkit import render

    canvas, camera, mesh = render.Canvas(48, span=2.4), render.Camera(4.0), render.cube()
    angles: dict[str, list[float]] = {name: [] for name in found}
    seed = done = 0
    while done < len(seeds(options)):
        rng = np.random.default_rng(seed)
        seed += 1
        truth = render.random_rotation(rng)
        turned = mesh.with_vertices(mesh.vertices @ truth.T)
        picture = render.draw_mesh_hard(turned, canvas, camera)
        sides = np.unique(mesh.colours, axis=0)
        if sum((np.abs(picture - c).sum(-1) < 0.02).sum() >= 20 for c in sides) < 2:
            continue
        picture = picture + 0.01 * rng.normal(size=picture.shape)
        done += 1
        for (name, figures), (looks, tries) in zip(found.items(), ((300, 4), (1, 1)), strict=True):
            with timed(figures):
                pose = render.find_pose(
                    mesh, picture, canvas, camera, looks=looks, tries=tries, rng=rng
                )
            angles[name].append(render.angle_between(pose.rotation, truth))
    for name, each in angles.items():
        found[name].notes |= {
            "under 2°": float(np.mean(np.array(each) < 2)), "worst angle, °": max(each),
        }  # fmt: skip


def _silhouettes(found: dict[str, Figures], options: Options) -> None:
    """A peanut, an egg and a blob from six sides, or three of these; judged from six others."""
    from dpkit import render

    canvas, fine, camera = (
        render.Canvas(32, span=2.8),
        render.Canvas(64, span=2.8),
        render.Camera(6.0),
    )
    sphere = render.icosphere(3)
    x, y, z = sphere.vertices.T
    solids = (
        0.55 + 0.35 * x**2,
        0.75 + 0.2 * y,
        0.7 + 0.12 * np.sin(3 * x) + 0.12 * np.cos(4 * y + 1) * z,
    )
    views = [
        render.rotation(v)
        for v in ((0, 0, 0.0), (0, np.pi / 3, 0), (0, 2 * np.pi / 3, 0), (np.pi / 2, 0, 0),
                  (np.pi / 4, np.pi / 2, 0), (-np.pi / 4, 0.3, 0))
    ]  # fmt: skip
    rng = np.random.default_rng(1)
    others = [render.random_rotation(rng) for _ in range(6)]

    def seen(mesh: render.Mesh, view: np.ndarray, where: render.Canvas) -> np.ndarray:
        turned = mesh.with_vertices(mesh.vertices @ view.T)
        black = np.zeros((len(mesh.faces), 3))
        return 1 - render.draw_mesh_hard(turned, where, camera, black)[..., 0]

    overlaps: dict[str, list[float]] = {name: [] for name in found}
    for radius in solids[: 1 if options.quick else 3]:
        solid = sphere.with_vertices(sphere.vertices * radius[:, None])
        shadows = np.array([seen(solid, view, canvas) for view in views])
        for name, figures in found.items():
            every = 6 // int(name.split()[0])
            given = views[::every], shadows[::every]
            with timed(figures):
                shape = render.carve(render.icosphere(1, 0.7), *given, canvas, camera, steps=40)
            pairs = [(seen(shape, view, fine), seen(solid, view, fine)) for view in others]
            each = [np.minimum(*p).sum() / np.maximum(*p).sum() for p in pairs]
            overlaps[name].append(float(np.mean(each)))
    for name, values in overlaps.items():
        found[name].notes["held-out IoU, least"] = min(values)


def _sketches(found: dict[str, Figures], options: Options) -> None:
    """scikit-learn's two photographs, in 96² pixels."""
    from dpkit import images, render

    for name, figures in found.items():
        if not find_spec("sklearn"):
            figures.missing = "scikit-learn, whose photographs are drawn, is not installed"
            continue
        from sklearn.datasets import load_sample_image

        grey = load_sample_image(f"{name}.jpg")[..., :3] @ [0.2126, 0.7152, 0.0722] / 255
        side = min(grey.shape) // 96
        left = (grey.shape[1] - 96 * side) // 2
        grey = grey[: 96 * side, left : left + 96 * side].reshape(96, side, 96, side).mean((1, 3))
        with timed(figures):
            drawing = render.sketch(grey, 400)
        hard = 1 - render.ink_hard(
            drawing.starts, drawing.ends, drawing.opacity, drawing.width, drawing.canvas
        )
        for what, picture in (("blurred PSNR, dB", drawing.picture()), ("hard lines, dB", hard)):
            seen = render.blur(picture, 1.5), render.blur(grey, 1.5)
            figures.notes[what] = float(images.psnr(*seen))


def _strokes(found: dict[str, Figures], options: Options) -> None:
    """Value and gradient of the same drawing, in turns; the widths are those of a sketch half-way."""
    import dpkit as dp
    from dpkit import render

    canvas, rng = render.Canvas(96), np.random.default_rng(0)
    middle, angle = rng.uniform(-1, 1, (400, 2)), rng.uniform(0, np.pi, 400)
    half = 3 * canvas.pixel * np.stack([np.cos(angle), np.sin(angle)], -1)
    given = (middle - half, middle + half, rng.uniform(0.2, 0.9, 400))
    goal, width = rng.uniform(size=(96, 96)), 1.2 * canvas.pixel

    def loss(draw: Callable[..., object]) -> Callable[..., object]:
        return lambda *x: dp.mean((draw(*x, width, canvas) - goal) ** 2)  # type: ignore

    for _ in range(1 if options.quick else 5):
        with timed(found["ink_plain"]):
            slow = dp.value_and_grad(loss(render.ink_plain), (0, 1, 2))(*given)
        with timed(found["ink"]):
            quick = dp.value_and_grad(loss(render.ink), (0, 1, 2))(*given)
        for ours, theirs in zip(quick[1], slow[1], strict=True):
            assert np.abs(ours - theirs).max() < 0.01 * np.abs(theirs).max()
        if not find_spec("torch"):
            found["torch"].missing = "torch is not installed"
            continue
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(1)
        leaves = [torch.tensor(x, requires_grad=True) for x in given]
        with timed(found["torch"]):
            picture = render.ink_plain(*leaves, width, canvas)
            torch.mean((picture - torch.tensor(goal)) ** 2).backward()  # type: ignore
        torch.set_num_threads(before)
        for x, theirs in zip(leaves, slow[1], strict=True):
            assert np.abs(x.grad.numpy() - theirs).max() < 1e-9  # type: ignore


def _inverse(found: dict[str, Figures], options: Options) -> None:
    from dpkit.render import learn_inverse

    y = np.linspace(0, 1, 101)
    for name, figures in found.items():
        with timed(figures):
            inverse = learn_inverse(
                lambda x: x * x, lambda rng: rng.uniform(-1, 1), consistent=name != "regression"
            )
        figures.notes["mean |g(y)² - y|"] = float(np.mean(np.abs(inverse(y) ** 2 - y)))


def _encoder(found: dict[str, Figures], options: Options) -> None:
    from dpkit import render

    canvas = render.Canvas(24)

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {
            "at": rng.uniform(-0.5, 0.5, (1, 2)), "turn": rng.uniform(-np.pi, np.pi, 1),
            "size": rng.uniform(0.25, 0.45, 1),
        }  # fmt: skip

    one, refined, chance = found.values()
    began = time.process_time()
    encoder = render.train_encoder("arrow", canvas, sample, steps=100 if options.quick else 500)
    one.notes["training, s"] = time.process_time() - began
    rng = np.random.default_rng(99)
    solved: dict[str, list[bool]] = {name: [] for name in found}
    for _ in seeds(options, 100):
        scene = {**sample(rng), "colour": np.zeros((1, 3))}
        picture = render.render_hard(("arrow",), scene, canvas)
        with timed(one):
            answers = [encoder.scene(picture)]
        with timed(refined):
            answers.append(render.encode_and_refine(encoder, picture).parameters)
        start = {**sample(rng), "colour": scene["colour"]}
        with timed(chance):
            fit = render.refine(("arrow",), picture, canvas, start, (1.0, 0.2, 0.09))
        answers.append(fit.parameters)
        for name, answer in zip(found, answers, strict=True):
            off = np.linalg.norm(answer["at"] - scene["at"]) / canvas.pixel
            turn = abs((answer["turn"][0] - scene["turn"][0] + np.pi) % (2 * np.pi) - np.pi)
            solved[name].append(bool(off < 0.1 and turn < np.radians(2)))
    for name, each in solved.items():
        found[name].notes["solved"] = float(np.mean(each))


_RUN = {
    EDGES: _edges, DIRECTION: _direction, SCENES: _scenes, ENCODER: _encoder, INVERSE: _inverse,
    POSES: _poses, SHAPES: _silhouettes, SKETCH: _sketches, STROKES: _strokes,
}  # fmt: skip


def goals(results: Results) -> list[Goal]:
    def note(case: str, engine: str, name: str) -> float | None:
        return results.cases[case][engine].notes.get(name)

    def longest(case: str, engine: str) -> float | None:
        return max(results.rounds(case, engine) or [], default=None)

    def least(case: str, name: str) -> float | None:
        values = [f.notes[name] for f in results.cases[case].values() if name in f.notes]
        return min(values, default=None)

    shapes = ("circle", "square", "bar", "triangle", "star", "arrow")
    borders = [
        Goal(f"borders, {kind}: RMSE", note(EDGES, FINE, f"RMSE {kind}"), 0.006, most=True)
        for kind in shapes
    ]
    return [
        *borders,
        Goal("direction: mean cosine at 0.2 px", note(DIRECTION, "0.2 px", "cosine, mean"), 0.999),
        Goal("direction: least cosine, 2 × 2 places", note(DIRECTION, FINE, "cosine, least"), 0.999),
        Goal("scenes: share that is found", note(SCENES, "looked at first", "solved"), 1.0),
        Goal("scenes: worst place, px", note(SCENES, "looked at first", "worst place, px"), 0.03, most=True),
        Goal("scenes: processor seconds", longest(SCENES, "looked at first"), 5.0, most=True),
        Goal("scenes from chance: share", note(SCENES, CHANCE, "solved"), 0.1, most=True),
        Goal("encoder, refined: share solved", note(ENCODER, "and refined", "solved"), 0.99),
        Goal("inverse of x²: regression errs", note(INVERSE, "regression", "mean |g(y)² - y|"), 0.3),
        Goal(
            "inverse of x²: forward-consistent",
            note(INVERSE, "forward-consistent", "mean |g(y)² - y|"), 0.02, most=True,
        ),
        Goal("cube poses: share under 2°", note(POSES, "from nothing", "under 2°"), 0.9, 1.0),
        Goal("cube poses: processor seconds", longest(POSES, "from nothing"), 10.0, most=True),
        Goal("silhouettes: least IoU held out", note(SHAPES, SIX, "held-out IoU, least"), 0.95),
        Goal("sketch: least blurred PSNR, dB", least(SKETCH, "blurred PSNR, dB"), 31.0, 40.0),
        Goal("sketch: least, of hard lines, dB", least(SKETCH, "hard lines, dB"), 31.0),
        Goal("sketch: processor seconds", longest(SKETCH, "flower"), 60.0, 10.0, most=True),
        Goal("strokes: times as quick as the tape", results.ratio(STROKES, "ink_plain", "ink"), 2.0, 10.0),
        Goal("strokes: times as quick as torch", results.ratio(STROKES, "torch", "ink"), 2.0, 10.0),
    ]  # fmt: skip
