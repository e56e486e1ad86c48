"""The words of linear algebra, the same for every library: all have a ``linalg`` of the same shape.

What goes wrong there is said in the same words too: whatever a library raises for a singular
matrix becomes numpy's LinAlgError, with what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["linalg_words"]


def linalg_words(xp: Any, linalg: Any, error: type[Exception]) -> dict[str, Any]:
    """Words that the library xp says with its ``linalg``.

    error: what the library raises for a singular matrix.
    """

    def careful(name: str, reason: str) -> Callable[..., Any]:
        function = getattr(linalg, name)

        def word(x: Any, *others: Any) -> Any:
            try:
                return function(x, *others)
            except error as problem:
                raise np.linalg.LinAlgError(reason) from problem

        return word

    system = careful(
        "solve",
        "the matrix is singular, so the equations have no solution, or many; look for a row that "
        "is a combination of others",
    )

    def solve(a: Any, b: Any) -> Any:
        missing = len(a.shape) - len(b.shape)  # torch would take a matrix for a stack of vectors
        if missing > 0:
            b = xp.reshape(b, (1,) * missing + tuple(b.shape))
        return system(a, b)

    def cofactor(x: Any) -> Any:
        """det(x) times the transposed inverse. A determinant is a polynomial, so its derivative
        exists for singular matrices too; near those, it comes from the singular values."""
        try:
            inverse = linalg.inv(x)
        except error:
            return cofactor_of_singular(x)
        condition = linalg.matrix_norm(x) * linalg.matrix_norm(inverse)
        if bool(xp.any(condition > xp.finfo(x.dtype).eps ** (-1 / 3))):
            return cofactor_of_singular(x)
        return inverse.mT * linalg.det(x)[..., None, None]

    def cofactor_of_singular(x: Any) -> Any:
        u, s, vh = linalg.svd(x, full_matrices=False)
        n = s.shape[-1]
        eye = xp.eye(n, dtype=x.dtype, device=x.device)
        row = xp.reshape(s, (*s.shape[:-1], 1, n))
        others = xp.prod(row * (1.0 - eye) + eye, axis=-1)
        sign = linalg.det(u) * linalg.det(vh)
        return u * xp.reshape(others * sign[..., None], row.shape) @ vh

    return {
        "solve": solve,
        "inv": careful(
            "inv",
            "the matrix is singular, and has no inverse; look for a row that is a combination of "
            "others",
        ),
        "det": lambda x: linalg.det(x),
        "cofactor": cofactor,
        "slogdet": lambda x: linalg.slogdet(x),
        "logabsdet": lambda x: linalg.slogdet(x)[1],
        "cholesky": careful(
            "cholesky",
            "the matrix is not positive definite, since an eigenvalue is zero or negative; adding "
            "a small multiple of the identity may help",
        ),
    }
