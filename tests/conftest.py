"""What every test may ask of the machine, and an honest list of what it could not have.

A test that needs something which is not there is skipped with the reason, and the reasons are
listed at the end of the run. With CI=true a missing browser or sandbox is a failure instead, so
that a green run cannot mean that they were never tried.

    device       "cpu", and "cuda" where there is one (marker gpu; DP_REQUIRE_GPU=1 insists on it)
    chromium     the path of a Chromium that Playwright can drive
    bubblewrap   the path of a bwrap that works here
    artefacts    the folder where screenshots and reports are kept for a person to look at
"""

import functools
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import NoReturn

import pytest

# One thread for each process: tests run side by side, and on busy cores the threads of a linear
# algebra library mostly wait for each other. Before anything imports numpy; children inherit it.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

ROOT = Path(__file__).resolve().parents[1]
ARTEFACTS = ROOT / "build" / "artefacts"


def on_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


def unmet(reason: str) -> NoReturn:
    """Skip the test for want of something, or fail it where everything has to be there."""
    if on_ci():
        pytest.fail(f"{reason} (CI=true: this may not be skipped)", pytrace=False)
    pytest.skip(reason)


# --------------------------------------------------------------------------- the GPU


@functools.cache
def no_cuda() -> str:
    """Why there is no CUDA device; "" when there is one."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is a build without CUDA"
    return "" if torch.cuda.is_available() else "torch sees no CUDA device"


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("DP_REQUIRE_GPU") == "1" and no_cuda():
        raise pytest.UsageError(f"DP_REQUIRE_GPU=1, but {no_cuda()}.")


def pytest_report_collectionfinish(items: list[pytest.Item]) -> str | None:
    # Asked only where a test wants to know: importing torch takes seconds.
    if not any(item.get_closest_marker("gpu") for item in items):
        return None
    if no_cuda():
        return f"GPU: none ({no_cuda()})"
    import torch

    return f"GPU: {torch.cuda.get_device_name()}, torch {torch.__version__}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    # get_closest_marker, because "gpu" in item.keywords also holds in a folder of that name.
    if item.get_closest_marker("gpu") and no_cuda():
        pytest.skip(f"needs a CUDA device: {no_cuda()}")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    return request.param


# --------------------------------------------------------------------------- browser and sandbox


@functools.cache
def find_chromium() -> str | None:
    if named := os.environ.get("DP_CHROMIUM"):
        return shutil.which(named)
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


@functools.cache
def no_bubblewrap() -> str:
    """Why bubblewrap cannot be used here; "" when it can. Found out by using it."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bubblewrap is not installed (sudo apt install bubblewrap)"
    tried = subprocess.run(
        [bwrap, "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"],
        capture_output=True,
        text=True,
    )
    return f"bubblewrap does not work here: {tried.stderr.strip()}" if tried.returncode else ""


@pytest.fixture(scope="session")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        unmet("no Chromium was found: install chromium, or name one in DP_CHROMIUM")
    return path


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    if reason := no_bubblewrap():
        unmet(reason)
    return shutil.which("bwrap") or "bwrap"


@pytest.fixture(scope="session")
def artefacts() -> Path:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


# --------------------------------------------------------------------------- the list at the end


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not run and why: one line a reason, however many tests share it."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        # longrepr is (file, line, "Skipped: reason") for a skip; a string for an expected failure.
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[why.removeprefix("Skipped: ")].append(report.nodeid)
    if reasons:
        terminalreporter.section("not run on this machine")
    for why, tests in sorted(reasons.items()):
        files = ", ".join(sorted({nodeid.split("::")[0] for nodeid in tests}))
        terminalreporter.line(f"{len(tests):4} × {why}  [{files}]")
