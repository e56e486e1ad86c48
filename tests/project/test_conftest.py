"""The rules of tests/conftest.py: skip with a reason here, fail on CI, list what was not run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"


@pytest.fixture
def suite(tmp_path: Path):
    """Run pytest on one small test file under the project's conftest, in a chosen environment."""
    folder = tmp_path / "tests"
    folder.mkdir()
    shutil.copy(CONFTEST, folder)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    gpu\n")

    def run(test: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        (folder / "test_it.py").write_text(test)
        drop = ("CI", "DP_CHROMIUM", "DP_REQUIRE_GPU", "PYTEST_ADDOPTS")
        environment = {k: v for k, v in os.environ.items() if k not in drop}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, "tests"]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | variables, capture_output=True, text=True
        )

    return run


def test_a_missing_browser_is_skipped_and_listed(suite):
    tests = "def test_a(chromium): pass\ndef test_b(chromium): pass\n"
    answer = suite(tests, DP_CHROMIUM="/no/such/browser")
    assert answer.returncode == 0
    assert "2 skipped" in answer.stdout
    assert re.search(r"2 × no Chromium was found: .*\[tests/test_it\.py\]", answer.stdout)
    assert "skipped" in answer.stdout.splitlines()[-1]


def test_a_missing_browser_fails_on_ci(suite):
    answer = suite("def test_a(chromium): pass\n", DP_CHROMIUM="/no/such/browser", CI="true")
    assert answer.returncode == 1
    assert "no Chromium was found" in answer.stdout


def test_the_browser_named_is_the_one_used(suite):
    test = f"def test_a(chromium): assert chromium == {sys.executable!r}\n"
    assert suite(test, DP_CHROMIUM=sys.executable).returncode == 0


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_missing_sandbox_is_skipped_here_and_fails_on_ci(suite, ci, status):
    answer = suite("def test_a(bubblewrap): pass\n", PATH="/no/programs", CI=ci)
    assert answer.returncode == status
    assert "bubblewrap is not installed" in answer.stdout


def test_the_list_survives_two_processes(suite):
    tests = "def test_a(chromium): pass\ndef test_b(chromium): pass\n"
    answer = suite(tests, "-n", "2", DP_CHROMIUM="/no/such/browser")
    assert "2 × no Chromium was found" in answer.stdout


WITHOUT_CUDA = {"CUDA_VISIBLE_DEVICES": ""}


def test_without_a_gpu_the_cpu_half_runs(suite):
    test = "def test_a(device): assert device == 'cpu'\n"
    answer = suite(test, **WITHOUT_CUDA)
    assert answer.returncode == 0
    assert "1 passed, 1 skipped" in answer.stdout
    assert "needs a CUDA device" in answer.stdout
    assert "GPU: none" in answer.stdout


def test_a_required_gpu_that_is_missing_is_an_error(suite):
    answer = suite("def test_a(device): pass\n", DP_REQUIRE_GPU="1", **WITHOUT_CUDA)
    assert answer.returncode == pytest.ExitCode.USAGE_ERROR
    assert "DP_REQUIRE_GPU=1, but" in answer.stderr + answer.stdout


def test_a_folder_named_gpu_needs_none(suite, tmp_path):
    (tmp_path / "tests" / "gpu").mkdir()
    (tmp_path / "tests" / "gpu" / "test_there.py").write_text("def test_c(): pass\n")
    answer = suite("def test_a(): pass\n", **WITHOUT_CUDA)
    assert "2 passed" in answer.stdout
