"""Times that people and platforms write down, as the gradebook keeps them: UTC, without a zone."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from dateutil import parser  # type: ignore[import-untyped]

__all__ = ["in_utc", "stamp", "zone"]

# The year first, or the month in letters: 03/04/2026 is March to some and April to others.
CLEAR = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}(?!\d)|.*[^\W\d_]{3}", re.DOTALL)
AREA = re.compile(r"(?P<time>.*\d.*)\s(?P<zone>[A-Za-z]+(?:/[\w+-]+)+|UTC)\s*")
DEFAULTS = datetime(2000, 1, 1), datetime(2001, 2, 2)


def zone(name: str) -> tzinfo:
    """The time zone called `name`, such as Europe/Copenhagen. Raises `ValueError`."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{name!r} is no time zone such as Europe/Copenhagen") from None


def in_utc(text: str, home: tzinfo, *, until: bool = False) -> datetime:
    """The moment that `text` names, in UTC and without a zone, as nbgrader's gradebook has it.

    Read are 2026-01-31, 2026-01-31 23:59, either with +01:00 or Europe/Copenhagen behind it, and
    Moodle's "Saturday, 31 January 2026, 11:59 PM". Without a zone it is a time in `home`.

    Args:
        text: the time.
        home: the zone of times that name none.
        until: what ends then: a day without a time lasts to its last second, and of an hour that
            comes twice when clocks are put back the second one is meant. Otherwise the first, and
            a day without a time is refused. Either way the student has the benefit.

    Raises `ValueError` that shows the text.
    """
    wrong = ValueError(f"{text!r} is no time such as 2026-01-31 23:59")
    area, body = home, text.strip()
    if named := AREA.fullmatch(body):
        area, body = zone(named["zone"]), named["time"]
    try:
        # Whatever is not there is taken from the default: two of them show what was not.
        with warnings.catch_warnings():
            warnings.simplefilter("error", parser.UnknownTimezoneWarning)  # EST: whose?
            one, other = (parser.parse(body, default=default) for default in DEFAULTS)
            timed = parser.parse(body, default=datetime(2000, 1, 1, 11, 11)) == one
    except (ValueError, OverflowError, TypeError, parser.UnknownTimezoneWarning):
        raise wrong from None
    if one != other or not CLEAR.match(body):
        raise wrong
    if not timed:
        if not until:
            raise wrong
        one = datetime.combine(date(one.year, one.month, one.day), time(23, 59, 59))
    if one.tzinfo is None:
        one = one.replace(tzinfo=area, fold=int(until))
    try:
        return one.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise wrong from None


def stamp(moment: datetime) -> str:
    """What stands in nbgrader's `timestamp.txt`."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC"
