"""The code of an engine, collected from the cells of the notebook that runs.

A cell is taken for the names that it defines. Of each name the newest definition counts, as it does
in the notebook; the cells stand in the order in which their names first appeared, which is that of
the notebook, whichever of them was run again last. What a cell needs (a helper of yours, an import) is
taken along. What it only does (prints, checks, pictures) stays.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator, Sequence

from dpkit.carry.suite import Broken

__all__ = ["collect", "gather"]


def collect(parts: Sequence[str], extras: Sequence[str] = ()) -> str:
    """The source of a module that defines `parts`, and those of `extras` that there are.

    Raises Broken outside a notebook, and where no cell defines one of the parts.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        raise Broken("only a notebook has cells to collect an engine from.")
    return gather(shell.user_ns["In"], parts, extras)


def gather(cells: Sequence[str], parts: Sequence[str], extras: Sequence[str] = ()) -> str:
    """`collect`, from the sources of cells in the order in which they ran."""
    definitions: dict[str, _Piece] = {}
    imports: dict[str, str] = {}
    first: dict[str, int] = {}
    for turn, source in enumerate(cells):
        try:
            statements = ast.parse(source).body
        except SyntaxError:
            continue
        piece = _Piece(source, statements, turn)
        for name in piece.defines:
            definitions[name] = piece
            first.setdefault(name, turn)
        for statement in statements:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    name = alias.asname or alias.name.split(".")[0]
                    imports[name] = ast.unparse(_single(statement, alias))
    for part in parts:
        if part not in definitions:
            raise Broken(f"no cell that has run defines `{part}`. Run the notebook from the top.")
    wanted = [*parts, *(extra for extra in extras if extra in definitions)]
    taken: dict[int, _Piece] = {}
    imported: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        if name in definitions:
            piece = definitions[name]
            if id(piece) not in taken:
                taken[id(piece)] = piece
                wanted += piece.needs
            wanted += [hung for hung in definitions if hung.startswith(f"{name}.")]
        elif name in imports:
            imported[name] = imports[name]
    pieces = sorted(
        taken.values(), key=lambda piece: (min(first[name] for name in piece.defines), piece.turn)
    )
    head = "\n".join(sorted(set(imported.values()), key=lambda line: (line[:4] == "from", line)))
    return (
        "\n\n\n".join([part for part in (head, *(str(piece) for piece in pieces)) if part]) + "\n"
    )


class _Piece:
    """What a cell defines at its top level, as source, and the names that it needs.

    What it hangs on an object counts among the names that it defines: `Var.__add__`.
    """

    def __init__(self, source: str, statements: Sequence[ast.stmt], turn: int) -> None:
        self.kept = [each for each in statements if _defines(each)]
        self.defines = [name for each in self.kept for name in _defines(each)]
        self.source, self.turn = source, turn
        used = _globals(self.kept)
        self.needs = sorted(used - set(dir(builtins)) - set(self.defines))

    def __str__(self) -> str:
        """The cell's text from its first definition to its last, without what lies between."""
        lines = self.source.splitlines()
        chunks, end = [], 0
        for k, each in enumerate(self.kept):
            decorators = getattr(each, "decorator_list", [])
            start = min([each.lineno, *(item.lineno for item in decorators)]) - 1
            while start > end and lines[start - 1].lstrip().startswith("#"):
                start -= 1  # the comment above it belongs to it
            gap = [""] * min(2, start - end) if k and start > end else []
            chunks += [*gap, *lines[start : each.end_lineno]]
            end = each.end_lineno or start
        return "\n".join(chunks)


def _globals(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that the statements look up outside themselves."""
    source = "\n".join(ast.unparse(each) for each in statements)
    table = symtable.symtable(source, "<cell>", "exec")
    used = {each.get_name() for each in table.get_symbols() if each.is_referenced()}
    inside = list(table.get_children())
    for each in inside:
        symbols = each.get_symbols()
        used |= {one.get_name() for one in symbols if one.is_global() and one.is_referenced()}
        inside += each.get_children()
    return used


def _defines(statement: ast.stmt) -> list[str]:
    """The names that the statement defines: a function, a class, or what is assigned to."""
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            return [] if statement.name == "_" else [statement.name]
        case ast.Assign():
            targets: Sequence[ast.expr] = statement.targets
        case ast.AnnAssign(value=value) if value is not None:
            targets = [statement.target]
        case _:
            return []
    return [name for target in targets for name in _names(target)]


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        yield f"{target.value.id}.{target.attr}"
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _names(each)


def _single(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(statement, ast.Import):
        return ast.Import(names=[alias])
    return ast.ImportFrom(module=statement.module, names=[alias], level=statement.level)
