# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 9 · Physics, memory, control
#
# A simulator is a loop: the next state is a function of this one. So is a recurrent network. Whoever
# can differentiate the loop can ask it backwards: which gravity made this film? Which pushes would
# stand this pendulum on its head?
#
# At the end a controller that sees nothing but pixels swings a pendulum up, and you watch what it
# plans.

# %% [markdown]
# **When you leave this room you can**
#
# - step a law of motion, and keep its energy;
# - carry a gradient back through time, by tape and by hand;
# - tell when a right simulation has a wrong slope, and mend it;
# - read physical constants off a film;
# - measure how gradients grow, and steer with them.
#
# 3 hours; 20 points: 16 for code, 2 each for predictions and explanations. `check(…)` is free.
# `dp.physics`, ready-made, is for *afterwards*; all else you may use.

# %% nbgrader={"grade_id": "setup", "locked": true}
import base64
import io

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit import render
from dpkit.draw import Moving

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. A loop multiplies by 1.01, a thousand times. By how much in all?
# 2. $x_2 = f(x_1, p)$, $x_1 = f(x_0, p)$. Along how many routes does $p$ reach $x_2$?
# 3. Your tape ran through `if y < 0: …`. What did it learn of *when* that happened?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. About 21,000. Compound interest will haunt this lab.
# 2. Two: directly, and through $x_1$. Gradients add up over routes.
# 3. Nothing.
#
# </details>

# %% [markdown]
# ## 1 · One step (worked example, 5 minutes)
#
# A law of motion says how fast things change: place $q$ by its speed $v$, speed by the acceleration.
# For a spring the acceleration is $-\omega^2 q$. A computer can only take steps of `DT` seconds.
#
# The obvious one, **explicit Euler**: go straight on from where you are. In the plane of $q$ and
# $v/\omega$ the true motion is a circle; the energy goes with its squared radius. Here are 20 steps.

# %% nbgrader={"grade_id": "world", "locked": true}
DT, OMEGA = 0.05, 2.0


def spring(q, v, u=0.0):
    """The acceleration of a weight on a spring. (`u` is for later: a force.)"""
    return -(OMEGA**2) * q


def spring_energy(q, v):
    """Of motion and of the spring, for a mass of 1 kg: joules."""
    return v * v / 2 + OMEGA**2 * q * q / 2


def first_steps():
    """Twenty steps of explicit Euler: as complex numbers, each is one multiplication."""
    turn = np.linspace(0, 2 * np.pi, 200)
    walk = (1 - 1j * OMEGA * DT) ** np.arange(21)
    figure, axes = plt.subplots(figsize=(3.6, 3.6))
    axes.plot(np.cos(turn), np.sin(turn), color=GREY, label="true")
    axes.plot(walk.real, walk.imag, ".-", color=VERMILION, label="20 Euler steps")
    axes.set(xlabel="q (m)", ylabel="v / ω (m)", aspect="equal")
    axes.legend(frameon=False, loc="center")
    return show(
        figure,
        alt="A grey circle of radius 1. Twenty red dots start on it at the right and go round it "
        "clockwise, each a little further outside.",
    )


first_steps()

# %% [markdown]
# Each step goes along the tangent, so it ends outside of the circle, by Pythagoras a factor
# $\sqrt{1 + \omega^2 \mathtt{DT}^2}$ further out. That is half a percent.

# %% [markdown]
# ### 9.1 Predict: half a percent (1 point, 3 minutes)
#
# Nothing brakes, nothing pushes: the true energy is constant. After 1,000 such steps (50 seconds), by
# which factor has the *energy* of the computed spring changed? Write `return` and your number. *Trying
# earns the point.*


# %% nbgrader={"grade_id": "ex9_1", "solution": true}
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    ### BEGIN SOLUTION
    return 1.01**1000
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_1", "grade": true, "points": 1}
check("9.1")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_energy()
    grown = abs(1 - 1j * OMEGA * DT) ** np.array([2, 200, 2000])  # radius squared
    print(f"You said {guess:g}.")
    for n, factor in zip((1, 100, 1000), grown, strict=True):
        print(f"after {n:5} steps: {factor:10,.2f} times the energy")
    print("Half a percent in radius is one percent in energy; the rest is compound interest.")


# %% [markdown]
# Smaller steps only delay it. The cure costs nothing: update the speed first, and move with the *new*
# speed. That is **semi-implicit Euler** (or *symplectic*). It errs, but its energy error swings about
# zero for ever.
#
# And the loop: a **rollout** is the list of all states. Each step is also handed an input: a force, a
# word, or just the number of the step. One loop will serve springs, networks and controllers.

# %% [markdown]
# ### 9.2 Rollout (2 points, 12 minutes)
#
# - `rollout`: the start, and the state after each `step(state, input)`, one for each input;
# - `explicit` and `semi_implicit` take `acceleration(q, v, u)` and `dt`, and return such a step: from
#   `(q, v)` and `u` to the next `(q, v)`. The acceleration is asked once, at the old state.
# - Tapes will run through all three.
#
# From (1, 0) on our spring, one explicit step of 0.05 leads to (1, −0.2), a semi-implicit one to
# (0.99, −0.2).


# %% nbgrader={"grade_id": "ex9_2", "solution": true}
def rollout(step, state, inputs):
    """A list of states: the start, and one after each input."""
    ### BEGIN SOLUTION
    path = [state]
    for u in inputs:
        path.append(step(path[-1], u))
    return path
    ### END SOLUTION


def explicit(acceleration, dt):
    """A step by explicit Euler."""

    ### BEGIN SOLUTION
    def step(state, u):
        q, v = state
        return q + dt * v, v + dt * acceleration(q, v, u)

    return step
    ### END SOLUTION


def semi_implicit(acceleration, dt):
    """A step by semi-implicit Euler."""

    ### BEGIN SOLUTION
    def step(state, u):
        q, v = state
        v = v + dt * acceleration(q, v, u)
        return q + dt * v, v

    return step
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_2", "grade": true, "points": 2}
check("9.2")


# %%
@demo(needs="9.2")
def _():
    figure, axes = plt.subplots(figsize=(7, 3))
    for kind, colour, style in ((explicit, VERMILION, "--"), (semi_implicit, BLUE, "-")):
        path = rollout(kind(spring, DT), (1.0, 0.0), range(1000))
        energy = np.array([spring_energy(q, v) for q, v in path]) / spring_energy(1.0, 0.0)
        name = kind.__name__
        axes.semilogy(DT * np.arange(1001), energy, style, color=colour, label=name)
        print(f"{name:13} energy from {energy.min():.3f} to {energy.max():,.3f} times the true one")
    axes.set(xlabel="time (s)", ylabel="energy / true energy")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Energy over 50 seconds, on a logarithmic axis. Explicit Euler's rises along a straight "
        "line to 20,000 times the true one; semi-implicit Euler's is a flat line at 1.",
    )


# %% [markdown]
# ## 2 · Backwards through time
#
# Hang a weight of 1 kg on a spring, in air: its acceleration is $-g - c\,v - k\,q$. Three numbers,
# used again at *every* step. How does the place at the end depend on them?
#
# Unrolled, the path is a deep network whose layers share their parameters. Reverse mode through it
# has a name of its own, **backpropagation through time**.

# %% nbgrader={"grade_id": "weight", "locked": true}
EARTH = np.array([9.81, 0.4, 20.0])  # gravity m/s², drag 1/s, spring 1/s²


def weight(p):
    """The acceleration of a weight on a spring in air; p holds gravity, drag and spring."""
    return lambda q, v, u: -p[0] - p[1] * v - p[2] * q


# %% [markdown]
# ### 9.3 Sensitivity (3 points, 20 minutes)
#
# - `final`: the place $q$ after `steps` semi-implicit steps of `dt` with the law `weight(p)`;
# - `sensitivity`: its gradient by `p`, with `dp.grad`;
# - `by_hand`: the same *without* dp, from the path alone, gusts and all. A step is
#   $v' = v + a\,dt$, then $q' = q + v'\,dt$. Walk back with $\bar q, \bar v$, the derivatives by the
#   state: undo the second line, collect what $g$, $c$, $k$ receive, undo the first.
#
# For `EARTH`, 40 steps of 0.05 from (0, 0): about (−0.0813, 0.3209, 0.0134).


# %% nbgrader={"grade_id": "ex9_3", "solution": true}
def final(p, start, steps, dt):
    """The place after some steps."""
    ### BEGIN SOLUTION
    return rollout(semi_implicit(weight(p), dt), start, range(steps))[-1][0]
    ### END SOLUTION


def sensitivity(p, start, steps, dt):
    """The gradient of the final place by p: three numbers."""
    ### BEGIN SOLUTION
    return dp.grad(lambda p: final(p, start, steps, dt))(p)
    ### END SOLUTION


def by_hand(p, path, dt):
    """The same, by walking back along a path of states (q, v)."""
    ### BEGIN SOLUTION
    q_bar, v_bar, p_bar = 1.0, 0.0, np.zeros(3)
    for q, v in path[-2::-1]:
        v_bar = v_bar + dt * q_bar
        p_bar = p_bar + dt * v_bar * np.array([-1.0, -v, -q])
        q_bar, v_bar = q_bar - dt * p[2] * v_bar, v_bar - dt * p[1] * v_bar
    return p_bar
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_3", "grade": true, "points": 3}
check("9.3")


# %%
@demo(needs="9.3")
def _():
    taped = sensitivity(EARTH, (0.0, 0.0), 40, DT)
    path = rollout(semi_implicit(weight(EARTH), DT), (0.0, 0.0), range(40))
    print("by the tape:", taped.round(6), "\nby hand:    ", by_hand(EARTH, path, DT).round(6))
    for h in (1e-1, 1e-5, 1e-14):
        off = [
            (final(EARTH + d, (0.0, 0.0), 40, DT) - final(EARTH - d, (0.0, 0.0), 40, DT)) / (2 * h)
            for d in h * np.eye(3)
        ]
        print(f"by nudges of {h:.0e}: largest error {np.abs(off - taped).max():.1e}")


# %% [markdown]
# ### The javelin returns
#
# In week 1 it flew $80 \sin 2\alpha$ metres, best at 45°: a formula, in a vacuum. With air there is no
# formula. There is your rollout, and so there is a slope.


# %%
@demo(needs="9.3")
def _():
    def throw(angle, air):
        """Metres, and the path: the last step ends where it meets the ground."""
        speed, fall = 28.0, np.array([0.0, -9.81])
        law = semi_implicit(lambda q, v, u: fall - air * dp.sqrt(dp.sum(v * v)) * v, 0.01)
        start = np.array([0.0, 1.8]), speed * dp.stack([dp.cos(angle), dp.sin(angle)])
        path = rollout(law, start, range(500))
        k = next(k for k, (q, _) in enumerate(path) if q[1] < 0)
        (a, _), (b, _) = path[k - 1 : k + 1]
        return a[0] + (b[0] - a[0]) * a[1] / (a[1] - b[1]), path[: k + 1]

    figure, axes = plt.subplots(figsize=(7, 3))
    for air, colour, style in ((0.0, GREY, ":"), (0.005, BLUE, "-"), (0.02, VERMILION, "--")):
        angle = 0.9
        for _ in range(40):
            angle = angle + 0.003 * dp.grad(lambda angle, air=air: throw(angle, air)[0])(angle)
        metres, path = throw(angle, air)
        places = np.array([q for q, _ in path])
        label = f"air {air:g}: {np.degrees(angle):.1f}°, {metres:.1f} m"
        print(label)
        axes.plot(*places.T, style, color=colour, linewidth=2, label=label)
    print("(Even without air not 45°: the hand is 1.8 m above the ground.)")
    axes.set(xlabel="distance (m)", ylabel="height (m)", ylim=(0, 38), aspect="equal")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Three best throws. In a vacuum an arc of nearly 82 metres, as steep on one side as on the "
        "other; with air the arcs are shorter, start flatter and fall more steeply than they rose.",
    )


# %% [markdown]
# ## 3 · The bounce
#
# A ball, 1.38 m high, flies up at 0.3 m/s; gravity is 6 m/s²; each bounce keeps 0.8 of the speed. How
# high is it after 0.75 seconds? The program that anybody would write:

# %% nbgrader={"grade_id": "bounce", "locked": true}
BALL = (1.38, 0.3)  # height, speed upwards
SECONDS, MARS_AND_A_HALF, KEEPS = 0.75, 6.0, 0.8


def naive_bounce(g, e, dt):
    """Fall for dt. Below the floor? Put it there, and turn its speed round."""

    def step(state, u):
        height, speed = state
        speed = speed - g * dt
        height = height + speed * dt
        if height < 0:
            height, speed = 0.0, -e * speed
        return height, speed

    return step


def height_at_the_end(height, steps, kind=naive_bounce):
    """After SECONDS, in so many steps."""
    step, state = kind(MARS_AND_A_HALF, KEEPS, SECONDS / steps), (height, BALL[1])
    for k in range(steps):
        state = step(state, k)
    return state[0]


for steps in (30, 480, 3840):
    print(f"{steps:5} steps: {height_at_the_end(BALL[0], steps):.4f} m")
print("  exactly:   0.0639 m")

# %% [markdown]
# The value converges. Now the slope: start 1 cm higher, and the ball is lower at the end, since it hits
# the floor later and has less time to rise. The exact derivative is −0.747.

# %% [markdown]
# ### 9.4 Predict: the slope of a bounce (1 point, 3 minutes)
#
# With 3,840 tiny steps the height is right to a millimetre. What does automatic differentiation of
# `naive_bounce` say: by how much does the height at the end change, per metre of height at the start?
# Write `return` and your number. *Trying earns the point.*


# %% nbgrader={"grade_id": "ex9_4", "solution": true}
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    ### BEGIN SOLUTION
    return 0.0
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_4", "grade": true, "points": 1}
check("9.4")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_slope()
    print(f"You said {guess:g}. The truth is -0.747.")
    for steps in (30, 480, 3840):
        height, slope = dp.value_and_grad(lambda y, n=steps: height_at_the_end(y, n))(BALL[0])
        print(f"{steps:5} steps: height {height:.4f} m, slope {slope:.3f}")
    print("The bounce puts a constant in place of the height. And the speed, after a number of")
    print("steps that the tape takes for fixed, does not depend on the height either.")


# %% [markdown]
# Right value, wrong slope: week 7's branch again, and no number of steps helps. What the program lacks
# is the **time of impact**. From higher up the ball hits *later*, and all that follows begins later.
#
# So compute that moment, fall exactly until then, turn round, and fall on for the rest of the step:
# $h(t) = h + v\,t - g\,t^2/2$.

# %% [markdown]
# ### 9.5 Time of impact (2 points, 15 minutes)
#
# - `impact_time`: when a ball at `height` ≥ 0 and `speed` (upwards) meets the floor: the *later* root
#   of $h(t) = 0$;
# - `impact_bounce`: a step as `naive_bounce`'s, exact. It falls freely for `dt`, unless it hits
#   before. There is at most one bounce in a step.
#
# From `BALL`, a single step of 0.75 s ends at 0.0639 m, with a slope of −0.747. Use `dp.sqrt`.


# %% nbgrader={"grade_id": "ex9_5", "solution": true}
def impact_time(height, speed, g):
    """Seconds until it hits the floor."""
    ### BEGIN SOLUTION
    return (speed + dp.sqrt(speed * speed + 2 * g * height)) / g
    ### END SOLUTION


def impact_bounce(g, e, dt):
    """A step of free fall, with an exact bounce in it if there is one."""

    ### BEGIN SOLUTION
    def fall(height, speed, t):
        return height + speed * t - g * t * t / 2, speed - g * t

    def step(state, u):
        height, speed = state
        t = impact_time(height, speed, g)
        if t >= dt:
            return fall(height, speed, dt)
        return fall(0.0, -e * (speed - g * t), dt - t)

    return step
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_5", "grade": true, "points": 2}
check("9.5")


# %%
@demo(needs="9.5")
def _():
    heights = np.linspace(1.1, 1.45, 60)
    exact = [height_at_the_end(y, 3, impact_bounce) for y in heights]
    slope = dp.grad(lambda y: height_at_the_end(y, 3, impact_bounce))(BALL[0])
    print(f"3 exact steps: height {height_at_the_end(BALL[0], 3, impact_bounce):.4f} m, "
          f"slope {slope:.4f}")  # fmt: skip
    figure, axes = plt.subplots(figsize=(7, 3))
    naive = [height_at_the_end(y, 60) for y in heights]
    axes.plot(heights, naive, ".", color=VERMILION, label="naive, 60 steps: terraces")
    axes.plot(heights, exact, color=BLUE, label="time of impact, 3 steps")
    axes.set(xlabel="height at the start (m)", ylabel="height at the end (m)")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Height at the end against the height at the start. The exact bounce falls along a smooth "
        "line; the naive one is a staircase about it, whose terraces are level.",
    )


# %% [markdown]
# There is the culprit: a staircase. More steps make smaller stairs, just as level.
#
# ## 4 · Which numbers made this?
#
# Now turn the simulator round. A weight was tracked, with noise; spring, gravity, and how it started
# are unknown. The **misses** are simulated minus seen, a vector. Where they depend
# on $p$ nearly linearly, *least squares* gives the best step at once:
#
# $$J\,\Delta \approx -\text{misses}, \qquad p \leftarrow p + \Delta .$$
#
# This is the **Gauss–Newton** method. $J$ is the Jacobian of the misses.

# %% [markdown]
# ### 9.6 Identify (2 points, 12 minutes)
#
# - `track_misses`: $p$ holds spring $k$, gravity $g$, and the first place and speed. Roll out
#   $-g - k\,q$, semi-implicitly, and subtract the `track` (an array; its first entry is the start).
# - `gauss_newton`: so many `rounds` of the step above. `misses(p)` may have any shape: flatten it.
#   `dp.jacfwd(misses)(p)` has one axis more, of length `len(p)`; `np.linalg.lstsq(A, b, rcond=None)[0]`
#   solves $A\,x \approx b$.
#
# `dp.stack` makes one array of a list of places.


# %% nbgrader={"grade_id": "ex9_6", "solution": true}
def track_misses(p, track, dt):
    """Simulated minus seen places, for p = (spring, gravity, first place, first speed)."""
    ### BEGIN SOLUTION
    step = semi_implicit(lambda q, v, u: -p[1] - p[0] * q, dt)
    path = rollout(step, (p[2], p[3]), range(len(track) - 1))
    return dp.stack([q for q, _ in path]) - track
    ### END SOLUTION


def gauss_newton(misses, p, rounds):
    """p after some rounds of Gauss-Newton."""
    ### BEGIN SOLUTION
    for _ in range(rounds):
        slopes = dp.jacfwd(misses)(p).reshape(-1, len(p))
        p = p - np.linalg.lstsq(slopes, misses(p).reshape(-1), rcond=None)[0]
    return p
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_6", "grade": true, "points": 2}
check("9.6")


# %%
@demo(needs="9.6")
def _():
    rng, t = np.random.default_rng(9), 0.025 * np.arange(120)
    rest, turn = -9.81 / 20, np.sqrt(20)  # the true motion, by its formula
    track = rest + 0.6 * np.cos(turn * t + 0.5) + 0.02 * rng.normal(size=120)
    p = np.array([17.0, 6.0, 0.0, -1.0])
    guess = track + track_misses(p, track, 0.025)
    print("round   spring  gravity")
    for k in range(6):
        print(f"{k:5}  {p[0]:7.3f}  {p[1]:7.3f}")
        p = gauss_newton(lambda p: track_misses(p, track, 0.025), p, 1)
    print(" true   20.000    9.810   (noise: 2 cm; the start was not known either)")
    figure, axes = plt.subplots(figsize=(7, 2.4))
    axes.plot(t, track, ".", color=GREY, markersize=4, label="seen")
    axes.plot(t, guess, "--", color=VERMILION, label="first guess")
    axes.plot(t, track + track_misses(p, track, 0.025), color=BLUE, label="found")
    axes.set(xlabel="time (s)", ylabel="place (m)")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return show(
        figure,
        alt="Grey dots swing to and fro for three seconds. The dashed first guess is soon out of step "
        "with them; the found curve runs through them.",
    )


# %% [markdown]
# ## 5 · From a film
#
# Now there is only a film: 24 × 24 pixels, noise, a bouncing ball. But week 8 gave you a renderer, and
# your bounce has honest slopes. Chain them: numbers → heights → pictures. Then ask
# which numbers draw *this* film.
#
# The film below was made elsewhere: exact bounces from a formula, each pixel an average over 64 points
# that are inside the ball or not. The renderer that you fit it with is soft.

# %% nbgrader={"grade_id": "camera", "locked": true}
CANVAS, RADIUS = render.Canvas(24, centre=(0.0, 0.8), span=2.0), 0.2
PIXELS = CANVAS.points()
RELEASED = (1.3, 0.0)


def picture(height):
    """The ball, softly: (24, 24), 1 where it covers a pixel."""
    centre = dp.stack([0.0 * height, height + RADIUS])
    far = render.circle(render.place(PIXELS, centre, 0.0, RADIUS)) * RADIUS
    return render.coverage(far, CANVAS.pixel)


def true_heights(frames, g=9.81, e=0.8):
    """Heights of a ball that was let go from RELEASED, by the formula for every bounce."""
    times, height = DT * np.arange(frames), np.zeros(frames)
    begins, speed = -np.sqrt(2 * RELEASED[0] / g), np.sqrt(2 * RELEASED[0] * g)
    while begins < times[-1] and speed > 1e-6:  # then it lies still
        t = times - begins
        now = (t >= 0) & (t < 2 * speed / g)
        height[now] = (speed * t - g * t**2 / 2)[now]
        begins, speed = begins + 2 * speed / g, e * speed
    return height


def shoot_film(frames, rng, g=9.81, e=0.8):
    """(frames, 24, 24): hard pictures, with noise. Try the Moon: g=1.62."""
    fine, noise = CANVAS.finer(8).points(), 0.05 * rng.normal(size=(frames, 24, 24))
    ups = true_heights(frames, g, e)[:, None, None] + RADIUS
    inside = np.hypot(fine[..., 0], fine[..., 1] - ups) < RADIUS
    return inside.reshape(frames, 24, 8, 24, 8).mean((2, 4)) + noise


def film_strip(film, every=5):
    """Some of its frames, side by side."""
    figure, axes = plt.subplots(figsize=(8, 1.4))
    frames = [np.pad(frame, 1, constant_values=np.nan) for frame in film[::every]]
    axes.imshow(np.hstack(frames), cmap="gray_r", vmin=-0.2, vmax=1.2)
    times = [f"{DT * every * k:g} s" for k in range(len(frames))]
    axes.set_xticks(len(frames[0]) * (np.arange(len(frames)) + 0.5), times)
    axes.tick_params(length=0)
    axes.set(yticks=[], frame_on=False)
    return show(
        figure,
        alt="Noisy little pictures in a row: a dark ball falls, bounces, and rises less high each "
        "time.",
    )


FILM = shoot_film(40, np.random.default_rng(7))
film_strip(FILM)

# %% [markdown]
# ### 9.7 From frames (2 points, 15 minutes)
#
# - `film_misses`: $p$ holds gravity $g$ and bounciness $e$. From `RELEASED`, roll out `impact_bounce` with
#   steps of `DT`, take a `picture` of each height, and subtract the film. The first frame shows
#   `RELEASED` itself.
# - `curriculum`: Gauss–Newton on the first `n` frames only, for each `n` of `horizons`, in turn. Each
#   goes on from the `p` of the one before. Return the list of all `p`, the first guess first.


# %% nbgrader={"grade_id": "ex9_7", "solution": true}
def film_misses(p, film):
    """Rendered minus seen pixels, in the shape of the film."""
    ### BEGIN SOLUTION
    path = rollout(impact_bounce(p[0], p[1], DT), RELEASED, range(len(film) - 1))
    return dp.stack([picture(height) for height, _ in path]) - film
    ### END SOLUTION


def curriculum(film, p, horizons, rounds):
    """All guesses: the first, and one after each horizon."""
    ### BEGIN SOLUTION
    guesses = [p]
    for n in horizons:
        guesses.append(gauss_newton(lambda p, n=n: film_misses(p, film[:n]), guesses[-1], rounds))
    return guesses
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_7", "grade": true, "points": 2}
check("9.7")


# %%
@demo(needs="9.7")
def _():
    horizons, guess = [4, 6, 8, 10, 16, 24, 32, 40], np.array([3.0, 0.5])
    found = np.array(curriculum(FILM, guess, horizons, 2))
    print(f"the horizon grows:     gravity {found[-1][0]:.3f}, bounciness {found[-1][1]:.4f}")
    (_, whole) = curriculum(FILM, guess, [40], 12)
    print(f"all 40 frames at once: gravity {whole[0]:.3f}, bounciness {whole[1]:.4f}")
    print("the truth:             gravity 9.810, bounciness 0.8000")
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3), width_ratios=(1.3, 1))
    left.plot([0, *horizons], found[:, 0], "o-", color=BLUE, markersize=4)
    left.axhline(9.81, color=GREY, linestyle=":")
    left.set(xlabel="frames seen", ylabel="gravity (m/s²)")
    strip, ends = FILM[:, :, 11:13].mean(2).T, (-0.5 * DT, 39.5 * DT, -0.2, 1.8)
    right.imshow(strip, cmap="gray_r", extent=ends, aspect="auto", vmax=2)
    for p, colour, style in ((guess, VERMILION, "--"), (whole, GREEN, ":"), (found[-1], BLUE, "-")):
        path = rollout(impact_bounce(*p, DT), RELEASED, range(39))
        right.plot(DT * np.arange(40), [y + RADIUS for y, _ in path], style, color=colour)
    right.set(title="guess - -   all at once · ·   found —", xlabel="time (s)", ylabel="height (m)")
    figure.tight_layout()
    return show(
        figure,
        alt="Left: the guess at gravity leaps from 3 to about 9.8 with the first frames and settles. "
        "Right: the film's middle column over time, a grey arc that bounces; the solid curve by the "
        "found numbers runs along it, the dashed first guess and the dotted one leave it.",
    )


# %% [markdown]
# Why the growing **horizon**? Over many frames a wrong gravity loses sight of the ball: where two balls
# do not overlap, pixels have no slope. Over a few frames no guess goes far wrong, and what they teach
# makes a few more safe.
#
# ## 6 · A loop that learns to remember
#
# Let the law be learnt, too: $h' = \tanh(W h + U x)$ is a **recurrent network**. The state is memory,
# the inputs are words, or numbers. It runs in *your* rollout.

# %% [markdown]
# ### 9.8 How far back? (2 points, 15 minutes)
#
# - `cell`: takes `W`, `U`, and returns a step(h, x) of the network above (arrays; in a matrix each
#   column is a state);
# - `reach`: for t = 0, 1, … the norm of $\partial h_t / \partial h_0$ (`np.linalg.norm(J, 2)`), the
#   first being 1. One step's Jacobian is $\operatorname{diag}(1 - h'^2)\,W$; multiply them on as you go;
# - `clip`: a gradient array, shortened to the length `limit` if it is longer (length by all entries).
#   A zero gradient stays.


# %% nbgrader={"grade_id": "ex9_8", "solution": true}
def cell(W, U):
    """A step(h, x) of a recurrent network."""
    ### BEGIN SOLUTION
    return lambda h, x: dp.tanh(W @ h + U @ x)
    ### END SOLUTION


def reach(W, U, h, inputs):
    """Norms of the Jacobian of each state by the first, one more than there are inputs."""
    ### BEGIN SOLUTION
    J, norms = np.eye(len(h)), [1.0]
    for state in rollout(cell(W, U), h, inputs)[1:]:
        J = (1 - state**2)[:, None] * W @ J
        norms.append(np.linalg.norm(J, 2))
    return norms
    ### END SOLUTION


def clip(gradient, limit):
    """The gradient, no longer than `limit`."""
    ### BEGIN SOLUTION
    length = np.sqrt(np.sum(gradient**2))
    return gradient if length <= limit else gradient * (limit / length)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_8", "grade": true, "points": 2}
check("9.8")


# %%
@demo(needs="9.8")
def _():
    rng, figure = np.random.default_rng(5), plt.figure(figsize=(7, 3))
    axes, Q = figure.gca(), np.linalg.qr(rng.normal(size=(16, 16)))[0]
    U, words = 0.3 * rng.normal(size=(16, 1)), 0.1 * rng.normal(size=(60, 1))
    for scale, colour, style in ((0.7, GREY, ":"), (1.0, BLUE, "-"), (1.6, VERMILION, "--")):
        norms = reach(scale * Q, U, np.zeros(16), words)
        print(
            f"W {scale} times a rotation: after 10 steps {norms[10]:8.2g}, after 60 {norms[60]:.2g}"
        )
        axes.semilogy(norms, style, color=colour, label=f"{scale} × rotation")
    axes.set(xlabel="steps", ylabel="norm of ∂h_t / ∂h_0")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="The norm of the Jacobian over 60 steps: it falls along a line to a billionth for the scale "
        "0.7, sinks slowly for 1.0, and for 1.6 shoots up to hundreds and creeps on.",
    )


# %% [markdown]
# Compound interest again: gradients **vanish** or **explode** by a factor for each step. (In the last
# case the tanh, saturated, brakes at last.) A large one is no lie, but a step along it leads off the
# map. Clipping keeps the direction and bounds the step.
#
# Can it learn to remember? The **echo task**: say each number again, three steps later.


# %%
@demo(needs="9.8")
def _():
    rng, units, delay = np.random.default_rng(1), 16, 3
    scales = {"W": 0.9, "U": 0.5, "read": 0.1}
    W = np.linalg.qr(rng.normal(size=(units, units)))[0]
    start = {"W": W, "U": rng.normal(size=(units, 1)), "read": rng.normal(size=(1, units))}
    weights = [dp.tensor(scales[name] * start[name], requires_grad=True) for name in scales]

    def echo(weights, words):
        """Mean squared error of the echo; words: (time, 1, batch)."""
        W, U, read = weights
        path = rollout(cell(W, U), np.zeros((units, words.shape[2])), words)
        said = [read @ h for h in path[1 + delay :]]
        return dp.mean((dp.stack(said) - words[:-delay]) ** 2)

    adam, lost = dp.optim.Adam(weights, lr=0.01), []
    for _ in range(300):
        adam.zero_grad()
        loss = echo(weights, rng.uniform(-1, 1, (12, 1, 24)))
        loss.backward()
        for each in weights:
            each.grad = clip(each.grad, 0.5)
        adam.step()
        lost.append(loss.item())
    print(f"mean squared error: {lost[0]:.3f} at first, {np.mean(lost[-20:]):.4f} at the end")
    print(f"saying 0 always would have {1 / 3:.3f}")
    W, U, read = (each.data for each in weights)
    words = rng.uniform(-1, 1, (14, 1))
    said = [float((read @ h)[0]) for h in rollout(cell(W, U), np.zeros(units), words)[1:]]
    figure, axes = plt.subplots(figsize=(7, 2.6))
    axes.step(range(14), words[:, 0], where="mid", color=GREY, label="heard")
    late = range(delay, 14), words[:-delay, 0]
    axes.step(*late, where="mid", color=BLUE, linestyle=":", label="heard three steps ago")
    axes.plot(range(delay, 14), said[delay:], "o", color=BLUE, label="said")
    axes.set(xlabel="step", ylabel="number")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return show(
        figure,
        alt="A staircase of random numbers that the network heard, the same staircase three steps to "
        "the right, dotted, and dots for what it says: they lie on the dotted one.",
    )


# %% [markdown]
# ## 7 · Asking the future
#
# Last question: which *inputs* lead where I want? A pendulum, with a motor too weak to lift it. It has
# to swing first, and nobody tells it so.
#
# **Model predictive control**: roll out a plan of 30 pushes (1.5 s), price the path, follow the
# gradient by the *plan* a little. Apply the first push only. Look again, drop that push, append a zero,
# and go on from the old plan: a **warm start**.

# %% nbgrader={"grade_id": "pendulum", "locked": true}
HORIZON, MOTOR = 30, 4.0


def pendulum(q, v, u):
    """Angle q from hanging; the motor's part is between -MOTOR and MOTOR, whatever u is."""
    return -9.81 * dp.sin(q) - 0.1 * v + MOTOR * dp.tanh(u)


def upright(state):
    """What a state costs: 0 upright and still."""
    q, v = state
    return 1 + dp.cos(q) + 0.02 * v * v


# %% [markdown]
# ### 9.9 Swing it up (3 points, 20 minutes)
#
# - `price` of a plan: roll it out with `step`; the mean cost over all states *after* the start, plus
#   the cost of the last one again.
# - `mpc_step`: 1. warm start. 2. `rounds` steps down the gradient of `price_of(state, plan)` by the
#   plan: `rate` times the gradient, clipped to the length 0.5. 3. Return the first push, and the plan.


# %% nbgrader={"grade_id": "ex9_9", "solution": true}
def price(step, cost, state, plan):
    """How expensive a plan is."""
    ### BEGIN SOLUTION
    costs = [cost(each) for each in rollout(step, state, plan)[1:]]
    return sum(costs) / len(costs) + costs[-1]
    ### END SOLUTION


def mpc_step(price_of, state, plan, rounds, rate):
    """(first push, improved plan)"""
    ### BEGIN SOLUTION
    plan = np.append(plan[1:], 0.0)
    for _ in range(rounds):
        slope = dp.grad(lambda plan: price_of(state, plan))(plan)
        plan = plan - rate * clip(slope, 0.5)
    return plan[0], plan
    ### END SOLUTION


# %% nbgrader={"grade_id": "check9_9", "grade": true, "points": 3}
check("9.9")

# %% [markdown]
# Now the whole day in one loop. The camera sees a white disc, and noise. The model says where the
# weight should be; each frame corrects that belief a little. Your planner looks 1.5 seconds ahead, the
# motor gets one push, and again. The pale **ghosts** are the plan: where it *believes* it will be.
# (Its far end may topple: only the first push counts.)


# %% nbgrader={"grade_id": "stage", "locked": true}
EYE = render.Canvas(32, span=2.8)


def seen(q, rng):
    """What the camera sees of the weight: (32, 32), with noise."""
    centre = np.array([np.sin(q), -np.cos(q)])
    far = render.circle(render.place(EYE.points(), centre, 0.0, 0.25)) * 0.25
    return render.coverage(far, EYE.pixel) + 0.03 * rng.normal(size=(32, 32))


def angle_in(frame, near):
    """The angle of the bright spot, on the turn that is nearest to `near`."""
    x, y = np.sum(np.clip(frame - 0.3, 0, 1)[..., None] * EYE.points(), (0, 1))
    q = np.arctan2(x, -y)
    return q + 2 * np.pi * np.round((near - q) / (2 * np.pi))


def swing_film(angles, plans, frames, every=2):
    """Where it was, where it planned to be (rows of angles), what the camera saw; click to start."""
    size, arm, seconds = 210, 150, len(angles) * DT

    def places(q):
        return size + arm * np.sin(q), size + arm * np.cos(q)

    def change(name, values):
        return (f'<animate attributeName="{name}" values="{";".join(values)}" dur="{seconds:.1f}s" '
                'calcMode="discrete" begin="swing.click" fill="freeze"/>')  # fmt: skip

    def rod(q, style, weight):
        x, y = (np.round(each).astype(int).astype(str) for each in places(np.asarray(q)[::every]))
        ends = change("x2", x) + "</line>"
        line = f'<line x1="{size}" y1="{size}" x2="{x[-1]}" y2="{y[-1]}" {style}>{change("y2", y)}'
        disc = f'<circle cx="{x[-1]}" cy="{y[-1]}" r="{weight}" {style}>{change("cx", x)}'
        return line + ends + disc + change("cy", y) + "</circle>"

    plans = np.array(plans)
    tips = [
        " ".join(f"{x:.0f},{y:.0f}" for x, y in zip(*places(row), strict=True))
        for row in plans[::every, ::2]
    ]
    drawn = (f'<polyline points="{tips[-1]}" fill="none" stroke="{BLUE}" stroke-width="2" '
             f'stroke-dasharray="3 4">{change("points", tips)}</polyline>')  # fmt: skip
    for part, strength in ((3, 0.15), (2, 0.25), (1, 0.4)):  # so many thirds of the horizon ahead
        ahead = max(plans.shape[1] * part // 3 - 1, 0)
        drawn += rod(plans[:, ahead], f'stroke="{BLUE}" stroke-width="3" fill="{BLUE}" '
                     f'opacity="{strength}"', 10)  # fmt: skip
    drawn += rod(angles, 'stroke="black" stroke-width="5" fill="black"', 14)
    reel = np.concatenate(frames[::every])  # one long picture that is pulled past a window
    png, tops = io.BytesIO(), [str(-32 * k) for k in range(len(reel) // 32)]
    plt.imsave(png, np.round(32 * reel), vmin=-4, vmax=36, cmap="gray", format="png")
    drawn += ('<svg x="430" y="60" width="160" height="160" viewBox="0 0 32 32">'
              f'<image width="32" height="{len(reel)}" y="{tops[-1]}" style="image-rendering:pixelated" '
              f'href="data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}">'
              f'{change("y", tops)}</image></svg>')  # fmt: skip
    return Moving(
        f'<svg xmlns="http://www.w3.org/2000/svg" id="swing" role="img" viewBox="0 0 600 440" '
        'width="600" style="cursor:pointer;background:white;font:14px sans-serif">'
        "<title>A pendulum with a weak motor. Pale blue pendulums show where it plans to be soon; a "
        f"noisy grey picture beside it is what the camera sees</title>{drawn}"
        f'<text x="430" y="50" fill="{GREY}">all that it sees</text>'
        f'<text x="12" y="432" fill="{GREY}">black: it is; blue: it plans to be, up to '
        f"{DT * plans.shape[1]:.2g} s ahead. Click to start.</text></svg>",
        "A pendulum with a weak motor, its plans as ghosts, and what the camera sees",
    )


# %%
@demo(needs="9.9")
def _():
    rng, step = np.random.default_rng(2), semi_implicit(pendulum, DT)
    price_of = lambda state, plan: price(step, upright, state, plan)  # noqa: E731
    plan, state, belief = 0.1 * rng.normal(size=HORIZON), (0.1, 0.0), (0.1, 0.0)
    angles, plans, frames = [], [], []
    for _ in range(140):
        frames.append(seen(state[0], rng))  # pixels, and nothing else
        surprise = angle_in(frames[-1], belief[0]) - belief[0]
        belief = belief[0] + 0.5 * surprise, belief[1] + 0.3 * surprise / DT
        rate = 0.3 if np.cos(belief[0]) < -0.8 else 1.0  # near the top the valley is narrow
        push, plan = mpc_step(price_of, belief, plan, 6, rate)
        plans.append([float(q) for q, _ in rollout(step, belief, plan)[1:]])
        state, belief = step(state, push), step(belief, push)
        angles.append(float(state[0]))
    height = -np.cos(angles)  # 1 upright, -1 hanging
    first = f"first upright after {DT * (np.argmax(height > 0.98) + 1):.1f} s"
    print(first if max(height) > 0.98 else f"not upright in {DT * len(height):.1f} s", end="; ")
    print(f"in the last second never lower than {height[-20:].min():.3f} of its full height")
    return swing_film(angles, plans, frames)


# %% [markdown]
# ## 8 · In your own words
#
# ### 9.10 Right value, wrong slope (1 point, 5 minutes)
#
# From its height at one later moment, a colleague wants to find the height from which a ball was let
# go, by gradients through `naive_bounce`. The simulation is right to a millimetre; the fit does not
# move. He suggests a smaller time step. What do you tell him, and what do you do instead? Three or four
# sentences.

# %% [markdown] nbgrader={"grade_id": "why9_10", "grade": true, "solution": true, "points": 1}
# In the naive program the moment of impact is the end of a step, whichever it is; for the tape it does
# not move with the parameters, so whatever reaches the end through the time of impact is missing from
# the gradient. As a function of its start the program is a staircase: smaller steps make smaller
# stairs, whose terraces are just as flat, so the value converges and the slope does not. One computes
# the time of impact as a function of the state and lets it take part, or softens the contact and
# accepts a bias; and one compares the gradient with nudges that are larger than a stair.

# %% [markdown]
# ### 9.11 How far to look (1 point, 5 minutes)
#
# The film was fitted with a growing horizon, the network's gradient was clipped, and the controller
# planned 1.5 seconds and no more. What have the three in common, and what is lost by each? Three or
# four sentences.

# %% [markdown] nbgrader={"grade_id": "why9_11", "grade": true, "solution": true, "points": 1}
# The derivative through T steps is a product of T Jacobians, so it shrinks or grows like a power of T:
# over long times it says nothing, or holds only in a tiny neighbourhood, and the loss has many valleys.
# All three keep to the range where the linear picture can be trusted. A short horizon sees too little
# at first (the bounciness cannot be seen before a bounce); clipping changes the length of the step and
# so the speed of learning; a controller with a short horizon is short-sighted and misses whatever pays
# only later.

# %% [markdown]
# ## 9 · Stretch (no points, no hurry)
#
# - **Billiards.** Two balls in a box: whose time of impact comes first?
# - **A wrong model.** Plan with gravity 7, run with 9.81. Then let it learn gravity as it swings.
# - **Longer echoes.** Ten steps later: what helps, a rotation for `W` or a gate?
# - Read `dpkit.physics`, and argue with it.
# - **Structure.** Below, a plain network learns a pendulum's rates, and a **Hamiltonian** one an
#   energy whose slopes are rates. What if there is drag?


# %%
@demo(needs="9.2")
def _():
    from dpkit import physics

    def energy(state):
        return state[..., 1] ** 2 / 2 + 3 * (1 - np.cos(state[..., 0]))

    rng = np.random.default_rng(0)
    states = rng.uniform([-2.2, -3.0], [2.2, 3.0], (800, 2))
    states = states[energy(states) < 5][:200]  # none turns over
    rates = np.stack([states[:, 1], -3 * np.sin(states[:, 0])], 1)
    rates = rates + 0.05 * rng.normal(size=rates.shape)
    figure, axes = plt.subplots(figsize=(7, 3))
    for kind, name, colour, style in (
        (physics.RateNetwork, "plain", VERMILION, "--"),
        (physics.HamiltonianNetwork, "Hamiltonian", BLUE, "-"),
    ):
        net = kind(1, (32,), rng=0)
        loss = physics.train_rates(net, states, rates)[-1]
        step = physics.rk4(net.rates, 0.1)
        path = np.array(rollout(lambda x, u, step=step: step(x), np.array([1.6, 0.0]), range(1000)))
        kept = energy(path) / energy(path[0])
        print(f"{name:11} rates off by {loss**0.5:.3f} (noise: 0.05), "
              f"energy after 100 s: {100 * kept[-1]:.1f} %")  # fmt: skip
        axes.plot(0.1 * np.arange(1001), kept, style, color=colour, label=name)
    axes.set(xlabel="time (s)", ylabel="energy / energy at the start", ylim=(0, 1.2))
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Energy over 100 seconds. The plain network's sinks steadily to about 60 per cent; the "
        "Hamiltonian network's stays at 1.",
    )


# %% [markdown]
# ## Before you go: three questions
#
# 1. Explicit Euler on a swing: what happens to the energy, and by which factor per step?
# 2. Why does the naive bounce have slope 0?
# 3. What does a warm start save?
#
# <details><summary>Answers</summary>
#
# 1. It grows, by $1 + \omega^2 dt^2$.
# 2. It sets the height to a constant, at a time that the tape takes for fixed.
# 3. Planning from nothing: the last plan, moved on by one, is nearly right.
#
# </details>

# %% [markdown]
# **Next week** the thing that is rolled out is a *program*, with instructions that are not known yet:
# a gradient writes it.
#
# The whole argument, with Hamiltonian networks and physics from film without labels, is in the notes:
# `course/notes/week09.md`.
