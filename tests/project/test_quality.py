"""What the project says about itself: declared imports, lazy torch, hooks, licences, CI."""

import ast
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"]]
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported(package: str) -> dict[str, str]:
    """Each outside module imported anywhere in the package, and a file that does so."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in names:
                found[name.split(".")[0]] = str(path.relative_to(ROOT))
    own = {"dpkit", "autograder", "bootstrap", *sys.stdlib_module_names}
    return {name: path for name, path in found.items() if name not in own}


@pytest.mark.parametrize(
    ("package", "extras"),
    [
        ("dpkit", ("torch", "student")),
        ("autograder", ("torch", "student", "grader", "cluster", "postgres")),
    ],
)
def test_every_import_is_declared(package, extras):
    distributions = importlib.metadata.packages_distributions()
    for name, path in imported(package).items():
        providers = {canonicalize_name(d) for d in distributions.get(name, [name])}
        assert providers & declared(*extras), f"{path} imports {name}; pyproject.toml has it not"


@pytest.mark.parametrize("package", ["dpkit", "autograder"])
def test_importing_a_package_imports_neither_torch_nor_nbgrader(package):
    show = f"import sys, {package}; print(*({{'torch', 'nbgrader'}} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == []


def test_dpkit_knows_nothing_of_grading():
    for path in (ROOT / "dpkit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
                outside = {name.split(".")[0] for name in names}
                assert not outside & {"autograder", "nbgrader", "labs"}, f"{path}:{node.lineno}"


def test_the_hooks_are_valid_and_need_no_network():
    config = ROOT / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", config], check=True)
    repositories = [line for line in config.read_text("utf-8").splitlines() if "- repo:" in line]
    assert [line.split()[-1] for line in repositories] == ["local"]


def test_the_licences_are_there():
    assert "Redistribution and use in source" in (ROOT / "LICENSE").read_text("utf-8")
    assert "creativecommons.org/licenses/by/4.0" in (ROOT / "LICENSE-text").read_text("utf-8")
    for name in PROJECT["license-files"]:
        assert "The dpkit authors" in (ROOT / name).read_text("utf-8")


def test_the_citation_names_this_version():
    assert f"\nversion: {PROJECT['version']}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_ci_runs_the_test_command_of_the_readme_last():
    script = ROOT / ".ci" / "run"
    subprocess.run(["bash", "-n", script], check=True)
    assert os.access(script, os.X_OK)
    commands = [line for line in script.read_text("utf-8").splitlines() if line.strip()]
    assert commands[-1] == "make test"
    assert "make lint" in commands
