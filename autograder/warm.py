"""Imported before nbformat where start-up time counts: it leaves out what is slow and not needed.

jsonschema imports a parser of internationalised addresses for its format checks, which takes longer
than everything else in it together (0.6 s). nbformat, for which jsonschema is here, checks none.
"""

import importlib
import sys

_UNUSED = "rfc3987_syntax"

if _UNUSED not in sys.modules and "jsonschema" not in sys.modules:
    sys.modules[_UNUSED] = None  # type: ignore[assignment]
    try:
        importlib.import_module("jsonschema")
    finally:
        del sys.modules[_UNUSED]
