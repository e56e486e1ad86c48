"""Touches memory that is not its own."""

import ctypes

ctypes.string_at(8)
