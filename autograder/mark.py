"""What a verdict writes with: parts worth points, comparisons that explain themselves, and what to
say of a test that failed.

Here, and nowhere in the student's process, is decided what an answer is worth.
"""

from __future__ import annotations

import ast
import linecache
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.errors import StudentError
from autograder.result import Finding, cut, plain

if TYPE_CHECKING:
    from dpkit.diagnose import Diagnosis

__all__ = [
    "BEGIN_HIDDEN",
    "END_HIDDEN",
    "Mark",
    "agree",
    "bare_assert",
    "in_hidden_region",
    "nudged",
    "raised",
    "unreadable",
    "why_it_failed",
]

BEGIN_HIDDEN, END_HIDDEN = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"  # nbgrader's own
LONGEST_QUOTE = 200


class _PartFailed(BaseException):
    """The first failure ends a part: the student reads one thing at a time.

    No mere `Exception`: a failure in the middle of a diagnosis, which goes on where a student's
    function raises, must not get lost there.
    """


class Mark:
    """The pencil of a verdict: parts worth points, comparisons that explain themselves, remarks.

    A part earns its points when everything in it holds; the first thing that does not is what the
    student reads.
    """

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.heard: StudentError | None = None  # the last one, in this part
        self._open: Finding | None = None
        self._compared = 0

    @contextmanager
    def part(self, name: str, points: float, *, hidden: bool = False) -> Iterator[None]:
        """A part of the exercise, all or nothing. A student's exception costs this part only."""
        if self._open is not None:
            raise RuntimeError(f"part {name!r} opened inside part {self._open.part!r}")
        self._open = finding = Finding(part=name, points=float(points), hidden=hidden)
        self._compared, self.heard = 0, None
        try:
            yield
        except _PartFailed as failure:
            finding.earned = 0.0
            finding.hidden = hidden or in_hidden_region(failure)
        except StudentError as error:
            hidden = hidden or in_hidden_region(error)
            finding.__dict__.update(raised(name, float(points), error, hidden).__dict__)
        except Exception as error:
            if self.strict:
                raise
            hidden = hidden or in_hidden_region(error)
            finding.__dict__.update(unreadable(name, float(points), error, hidden).__dict__)
        else:
            if not self._compared:
                raise RuntimeError(f"part {name!r} compared nothing: it would pass any answer")
            finding.earned = finding.points
        finally:
            self._open = None
            self.findings.append(finding)

    def fail(self, kind: str, message: str, **evidence: Any) -> None:
        """End this part. `evidence`: `got`, `expected`, `given` (the input), `where` (a place in
        the code), `function` (the name of the student's function that is in question), `picture`
        (SVG)."""
        if self._open is None:
            raise RuntimeError("mark.fail(…) outside a part")
        finding = self._open
        finding.kind, finding.message = kind, cut(message)
        if "picture" in evidence:
            finding.picture = evidence.pop("picture")
        for key in ("got", "expected", "given", "where", "function"):
            if key in evidence:
                setattr(finding, key, plain(evidence.pop(key)))
        if evidence:
            raise TypeError(f"mark.fail does not know {sorted(evidence)}")
        raise _PartFailed

    def that(self, ok: Any, *, kind: str, message: str, **evidence: Any) -> None:
        """Go on when `ok` is exactly true, otherwise fail."""
        self._compared += 1
        if not (ok is True or (isinstance(ok, np.bool_) and bool(ok))):
            self.fail(kind, message, **evidence)

    def prediction(self, ask: Callable[..., Any], low: float, high: float) -> None:
        """A part worth one point for trying: any number from `low` to `high` that `ask()` gives."""
        with self.part("a prediction, whatever it is", 1):
            said = ask()
            self.that(
                said is not None,
                kind="missing",
                message="Nothing came back. Write `return` and your number.",
            )
            self.that(
                isinstance(said, (int, float, np.number)) and not isinstance(said, bool),
                kind="wrong_type",
                message="A number was expected: `return` and what you think will come out.",
                got=str(said),
            )
            self.that(
                low <= said <= high,
                kind="out_of_range",
                message=f"A number between {low:,} and {high:,}, please: an honest guess.",
                got=said,
            )
            self.note(f"Your prediction, {said:g}, is written down. Now run the next cell and see.")

    def only_after(self, part: str) -> None:
        """Fail the present part where an earlier one that it builds on failed. It is no mistake of
        its own; where there is nothing to try at all, the same is said as there."""
        earlier = next(finding for finding in self.findings if finding.part == part)
        kind, message = "not_tried", f"Not tried yet: first comes the part “{part}”."
        if earlier.kind in ("blank", "undefined"):
            kind, message = earlier.kind, earlier.message
        self.that(earlier.ok, kind=kind, message=message)

    def close(
        self,
        got: Any,
        expected: Any,
        *,
        kind: str,
        message: str,
        rtol: float = 1e-7,
        floor: float = 1e-9,
        **evidence: Any,
    ) -> None:
        """Numbers agree: same shape, finite, |got − expected| ≤ rtol·|expected| + floor, entry by
        entry.

        A wrong type, shape or a non-finite number gets a sentence of its own; `kind` and `message`
        are for a number that is merely wrong.
        """
        self._compared += 1
        evidence = {"got": got, "expected": expected} | evidence
        trouble = agree(got, expected, rtol=rtol, floor=floor)
        if trouble is None:
            return
        if trouble != ("value", ""):
            kind, message = trouble
        self.fail(kind, message, **evidence)

    def not_like(
        self, got: Any, wrong: Any, truth: Any, kind: str, message: str, *,
        rtol: float = 1e-6, floor: float = 1e-9, **evidence: Any,
    ) -> None:  # fmt: skip
        """Fail with a name where the answer is a particular wrong one. Where the truth happens to be
        that number too, nothing can be told, and nothing is."""
        self.that(
            agree(truth, wrong, rtol=rtol, floor=floor) is None
            or agree(got, wrong, rtol=rtol, floor=floor) is not None,
            kind=kind,
            message=message,
            got=got,
            **evidence,
        )

    def gradient(self, diagnosis: Diagnosis, **evidence: Any) -> None:
        """Pass or fail by a diagnosis of `dpkit.diagnose`, and keep what it says: the mistake's
        name and sentence, how sure it is, what else gives the same numbers, hints, and the picture.

        `evidence` is as in `fail`. With `where=""` the place in the differentiated function stays
        unsaid, for a function that the student never sees.

        A diagnosis goes on where the student's code raises; if it has found nothing else, what was
        raised is what the student should read.
        """
        self._compared += 1
        if diagnosis.ok:
            return
        if diagnosis.certainty == "unknown" and self.heard is not None:
            raise self.heard
        if "where" in evidence:
            diagnosis = _elsewhere(diagnosis, str(evidence["where"]))
        if self._open is not None:
            self._open.diagnosed(diagnosis)
        evidence = {
            "got": diagnosis.got,
            "expected": diagnosis.expected,
            "where": diagnosis.where,
        } | evidence
        self.fail(diagnosis.kind, diagnosis.message, **evidence)

    def note(self, text: str) -> None:
        """A remark shown with the result, right or wrong."""
        self.notes.append(cut(text))


def agree(
    got: Any, expected: Any, *, rtol: float = 1e-7, floor: float = 1e-9
) -> tuple[str, str] | None:
    """None when the numbers agree; otherwise (kind, sentence), with ("value", "") for a number that
    is merely wrong.

    `got` may be anything a probe can return; nothing of the student's is ever asked to compare
    itself.
    """
    want = np.asarray(expected)
    if got is None:
        return "missing", "Nothing came back (None). Is there a `return`?"
    if isinstance(got, bool) or not isinstance(
        got, (int, float, complex, list, tuple, np.ndarray, np.number)
    ):
        return "wrong_type", f"A number was expected here; {_a(got)} came back."
    if not _all_numbers(got):
        return (
            "wrong_type",
            f"Numbers were expected here; {_a(got)} came back that holds something else.",
        )
    try:
        have = np.asarray(got)
    except ValueError:
        return "shape", "The rows that came back have different lengths."
    if have.dtype.kind not in "iufc":
        return (
            "wrong_type",
            f"Numbers were expected here; {_a(got)} came back that holds something else.",
        )
    if have.shape != want.shape:
        return "shape", f"The shape should be {want.shape}; {have.shape} came back."
    if not np.all(np.isfinite(have)):
        return "not_finite", "The result is not finite (nan or inf)."
    # As integers the difference could go round: of -2**63 even the absolute value is negative.
    have = have.astype(np.result_type(have, np.float64))
    # Nothing is close to nan or inf: a wrong candidate that flew apart explains no answer.
    if not np.all(np.isfinite(want)) or np.any(np.abs(have - want) > rtol * np.abs(want) + floor):
        return "value", ""
    return None


def nudged(f: Callable[[np.ndarray], Any], x: Any, h: float = 1e-6) -> np.ndarray:
    """The gradient of a trusted f at x by centred differences, one entry after the other: a truth for
    slopes that owes nothing to any tape. Good to some nine digits where f and x are of the order 1."""
    x = np.asarray(x, float)
    slopes = np.zeros(x.shape)
    for entry in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[entry] += h
        down[entry] -= h
        slopes[entry] = (f(up) - f(down)) / (2 * h)
    return slopes


def _all_numbers(value: Any) -> bool:
    """Whether there is nothing but numbers in `value`. An array of texts would take as much room
    for each as the longest needs: one of a megabyte among thousands of letters fills the memory."""
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, (list, tuple)):
            rest.extend(item)
        elif not isinstance(item, (bool, int, float, complex, np.ndarray, np.generic)):
            return False
    return True


def _a(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _elsewhere(diagnosis: Diagnosis, where: str) -> Diagnosis:
    """The diagnosis with another word for the place. Of the alternatives those stay that are another
    kind of mistake, one of each: the rest told of other places."""
    others = {each.kind: replace(each, where=where) for each in reversed(diagnosis.alternatives)}
    others.pop(diagnosis.kind, None)
    return replace(diagnosis, where=where, alternatives=tuple(reversed(others.values())))


def in_hidden_region(error: BaseException) -> bool:
    """Whether it was raised between the delimiters of hidden tests, or in what they called."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == __file__:
            continue  # this file names the delimiters; the exercises use them
        before = linecache.getlines(frame.f_code.co_filename)[:line]
        delimiters = [text for text in before if BEGIN_HIDDEN in text or END_HIDDEN in text]
        if delimiters and BEGIN_HIDDEN in delimiters[-1]:
            return True
    return False


def bare_assert(error: BaseException, *, staff: bool = False) -> str:
    """The statement of the test in which an `assert` without a message failed, as it stands in the
    student's own notebook; "" where it is hidden, long, or was another error. For the `staff`
    nothing is hidden."""
    if not isinstance(error, AssertionError) or str(error):
        return ""
    if in_hidden_region(error) and not staff:
        return ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if not name.startswith(("<cell ", "<ipython-input-")):  # a notebook's, not a module's
            continue
        source = "".join(linecache.getlines(name))
        around = (
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
        )
        smallest = max(around, key=lambda node: node.lineno, default=None)
        text = ast.get_source_segment(source, smallest) if smallest is not None else None
        if text and len(text) <= LONGEST_QUOTE and (staff or BEGIN_HIDDEN not in text):
            return text
        return ""
    return ""


def why_it_failed(error: BaseException, *, staff: bool = False) -> str:
    """What to say of a test that failed without words of its own."""
    if statement := bare_assert(error, staff=staff):
        return f"the test failed: {statement}"
    return f"the test failed ({type(error).__name__})"


def raised(part: str, points: float, error: StudentError, hidden: bool = False) -> Finding:
    """What to write down where the student's code gave no answer."""
    return Finding(
        part=part,
        points=points,
        kind=error.kind,
        message=error.message,
        traceback=error.traceback,
        hidden=hidden,
    )


def unreadable(part: str, points: float, error: Exception, hidden: bool = False) -> Finding:
    """What to write down where a verdict stumbled over an answer: forged, or never thought of."""
    message = cut(f"What came back could not be read ({type(error).__name__}: {error}).")
    return Finding(part=part, points=points, kind="unreadable", message=message, hidden=hidden)
