"""Well-formed messages that nobody asked for, for ever."""

import gc

from autograder.frames import Line

line = next(thing for thing in gc.get_objects() if type(thing) is Line)
while True:
    line.send({"id": 1, "done": b"N"})
    line.send({"id": 1, "out": {"output_type": "stream", "name": "stdout", "text": "3.0"}})
