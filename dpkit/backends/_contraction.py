"""einsum as products of matrices, for libraries that have matrices but no einsum.

numpy has one, but its products of two arrays are several times slower than those of its matrices.
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["contraction"]


def contraction(permute: Any, reshape: Any, matmul: Any) -> Any:
    """The word einsum, said with the three words given.

    In its specification no letter stands twice with one array, and every letter stands with
    another array or the result.
    """

    def pair(x: Any, y: Any, a: str, b: str, wanted: set[str]) -> tuple[Any, str]:
        """The product of two arrays with letters a and b, summed over letters not wanted."""
        shared = [c for c in a if c in b and c in wanted]
        summed = [c for c in a if c in b and c not in wanted]
        rows = [c for c in a if c not in b]
        columns = [c for c in b if c not in a]
        length = dict(zip(a, x.shape, strict=True)) | dict(zip(b, y.shape, strict=True))

        def arranged(array: Any, letters: str, *groups: list[str]) -> Any:
            order = [c for group in groups for c in group]
            if order != list(letters):
                array = permute(array, axes=tuple(letters.index(c) for c in order))
            return array, [math.prod(length[c] for c in group) for group in groups]

        x, sizes = arranged(x, a, shared, rows, summed)
        x = reshape(x, tuple(sizes) if shared else tuple(sizes[1:]))
        y, sizes = arranged(y, b, shared, summed, columns)
        y = reshape(y, tuple(sizes) if shared else tuple(sizes[1:]))
        letters = shared + rows + columns
        z = matmul(x, y) if summed else x * y
        return reshape(z, tuple(length[c] for c in letters)), "".join(letters)

    def einsum(*arrays: Any, spec: str) -> Any:
        inputs, out = spec.split("->")
        each = inputs.split(",")
        z, letters = arrays[0], each[0]
        for n in range(1, len(arrays)):
            wanted = {*out, *"".join(each[n + 1 :])}
            z, letters = pair(z, arrays[n], letters, each[n], wanted)
        if letters == out:
            return z
        return permute(z, axes=tuple(letters.index(c) for c in out))

    return einsum
