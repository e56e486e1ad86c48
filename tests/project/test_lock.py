"""The lock and the files made from it agree with pyproject.toml, and a disagreement is noticed."""

import importlib.metadata
import re
import shutil
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import lock

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "requirements.lock", "requirements-binder.txt", "environment.yml")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def edit(path: Path, pattern: str, replacement: str) -> None:
    text, times = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
    assert times == 1, f"{pattern!r} is not in {path.name}"
    path.write_text(text, encoding="utf-8")


def test_everything_generated_agrees():
    assert lock.problems(ROOT) == []


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "complaint"),
    [
        ("environment.yml", r"python=3\.\d+", "python=3.9", "environment.yml is not"),
        ("environment.yml", r"-e \.", "-e ..", "environment.yml is not"),
        ("requirements-binder.txt", r"numpy==2\.", "numpy==1.", "requirements-binder.txt is not"),
        ("requirements-binder.txt", r"torch==2\.13\.0", "torch==2.12.0", "binder.txt is not"),
        ("requirements-binder.txt", r"\+cpu", "", "requirements-binder.txt is not"),
        ("pyproject.toml", r'"numpy>=2\.0"', '"numpy>=99"', "outside numpy>=99"),
        ("pyproject.toml", r'"numpy>=2\.0"', '"numpy>=2.0", "left-pad"', "has no left-pad"),
        ("pyproject.toml", r'"sympy>=1\.\d+\.\d+"', '"sympy>=99"', "outside sympy>=99"),
        ("pyproject.toml", r'version = "2\.13\.0"', 'version = "2.10.0"', "is outside torch>=2.11"),
        ("requirements.lock", r"(?m)^numpy==\d", "numpy==0", "requirements.lock pins numpy==0"),
        ("requirements.lock", r"(?m)^(wcwidth==\S+)( \\\n +--hash\S+)+", r"\1", "no hash for wcw"),
        ("requirements.lock", r"(?m)^(wcwidth==)", r"torch==2.13.0\n\1", "names torch==2.13.0"),
        ("requirements.lock", r"(?m)^(wcwidth==)", r"nvidia-nccl-cu12==2.0\n\1", "names nvidia-"),
    ],
)
def test_one_edit_is_noticed(copy, name, pattern, replacement, complaint):
    assert lock.problems(copy) == []
    edit(copy / name, pattern, replacement)
    assert any(complaint in problem for problem in lock.problems(copy)), lock.problems(copy)


def test_every_pin_is_read():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = lock.read_lock(ROOT)
    assert [str(pin.requirement) for pin in pins] == [
        str(Requirement(line.rstrip(" \\")))
        for line in text.splitlines()
        if line[:1] not in ("#", " ", "")
    ]
    assert sum(len(pin.hashes) for pin in pins) == text.count("--hash=sha256:")


def test_the_binder_list_is_complete():
    """Whatever a listed package says that it needs, by its own metadata, is listed as well."""
    text = (ROOT / "requirements-binder.txt").read_text(encoding="utf-8")
    listed = {Requirement(line).name for line in text.splitlines() if line[0] not in "#-"}
    for name in listed:
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system or Python than this one
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert canonicalize_name(need.name) in listed, f"{name} needs {need}"


def test_what_torch_needs_is_what_the_cpu_build_says():
    torch = importlib.metadata.distribution("torch")
    stated = lock.torch_metadata(lock.read_project(ROOT))
    if torch.version.split("+")[0] != stated["version"]:
        pytest.skip(f"torch {torch.version} is installed, not the {stated['version']} of the lock")
    needs = [Requirement(line) for line in torch.requires or [] if "extra ==" not in line]
    assert sorted(map(str, needs)) == sorted(map(str, map(Requirement, stated["requires-dist"])))


def test_no_folder_hides_the_environment_from_binder():
    # repo2docker ignores every file at the root when there is a folder of one of these names.
    assert not (ROOT / "binder").exists()
    assert not (ROOT / ".binder").exists()
