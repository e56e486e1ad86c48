"""Somebody's function, asked at points of our choice.

It gets copies to play with, and its answers are copied before it can change them. Whatever it does
beside answering (writing into its arguments, handing out memory that is used again) is noted down.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dpkit.answers import flat, items_of
from dpkit.points import Point, numbers_of

__all__ = ["Asked", "Reply", "plain_answer"]


@dataclass(frozen=True)
class Reply:
    """One answer. plain: the answer when it came, with numpy arrays in
    the place of tensors. original: the very object that was returned."""

    plain: Any
    original: Any = field(repr=False)


class Asked:
    """A function and all that it has replied.

    mutated: whether it ever wrote into its arguments.
    """

    def __init__(self, function: Callable[..., Any], point: Point) -> None:
        self.function, self.point = function, point
        self.replies: list[Reply] = []
        self.mutated = False

    def at(self, numbers: np.ndarray) -> Reply:
        """Ask at a point. Raises whatever the function raises."""
        args = self.point.at(numbers)
        before = Point(args).numbers
        answer = self.function(*args)
        self.mutated |= _changed(args, before)
        reply = Reply(plain_answer(answer), answer)
        self.replies.append(reply)
        return reply

    @property
    def reused(self) -> bool:
        """Has an earlier answer changed since, because a later one was written over it?"""
        for reply in self.replies:
            then, now = flat(reply.plain), flat(plain_answer(reply.original))
            if then is None or now is None:
                continue
            if then.shape != now.shape or not np.array_equal(then, now, equal_nan=True):
                return True
        return False


def plain_answer(answer: Any) -> Any:
    """A copy of an answer with numpy arrays in the place of tensors; what holds anything but
    numbers is left alone."""
    try:
        plain = numbers_of(_plain_lists(answer))
    except RecursionError:  # a list that holds itself
        return answer
    return answer if flat(plain) is None else copy.deepcopy(plain)


def _plain_lists(answer: Any) -> Any:
    """Namedtuples and the like as the tuples that they are, whatever they say about themselves."""
    items = items_of(answer)
    if items is None:
        return answer
    return (tuple if issubclass(type(answer), tuple) else list)(_plain_lists(x) for x in items)


def _changed(args: tuple[Any, ...], before: np.ndarray) -> bool:
    try:
        return not np.array_equal(Point(args).numbers, before, equal_nan=True)
    except TypeError:  # there are no longer numbers in it
        return True
