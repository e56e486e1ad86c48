"""What a deck is made with: taken from the npm registry once, held to its hash, and kept.

reveal.js turns the pages. STIX Two Math draws the formulas: a browser needs a font with a table of
mathematical measures for roots, sums and brackets, and many computers have none.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tools.slides.frames import SlideError

REGISTRY = "https://registry.npmjs.org"


@dataclass(frozen=True)
class Package:
    """An npm package at one version, and the hash of its archive as the registry publishes it."""

    name: str
    version: str
    integrity: str

    @property
    def file(self) -> str:
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"

    def fits(self, data: bytes) -> bool:
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode("ascii")
        return f"sha512-{digest}" == self.integrity


REVEAL = Package(
    "reveal.js",
    "6.0.2",
    "sha512-JYIg5D9aoxoaLeb84O+OvAwsKWdIavVgEDScxtYEXFCT6t6TQrhNtSgogcjdCpdLsWglhJn3zyE3fUOwiH5KEg==",
)
MATH_FONT = Package(
    "@fontsource/stix-two-math",
    "5.3.0",
    "sha512-negoeozw6VSXjZMozwKRSm/dhCQT62csZcuea9I8KYqPaZq/8KbbBBrA02ZHF7AyuR5mVML/p+q0bwFuSIf2GQ==",
)


@dataclass(frozen=True)
class Parts:
    """What goes into a page: scripts and styles as text, the font as a data address."""

    script: str
    notes: str
    styles: str
    font: str
    licences: str


def get_parts(cache: Path) -> Parts:
    """The parts, from `cache` or else from the registry. Raises SlideError if neither has them."""
    reveal, font = _files(REVEAL, cache), _files(MATH_FONT, cache)
    woff2 = font("files/stix-two-math-latin-400-normal.woff2")
    return Parts(
        script=reveal("dist/reveal.js").decode(),
        notes=reveal("dist/plugin/notes.js").decode(),
        styles=reveal("dist/reset.css").decode() + reveal("dist/reveal.css").decode(),
        font="data:font/woff2;base64," + base64.b64encode(woff2).decode("ascii"),
        licences="\n\n".join(
            f"{package.name} {package.version}\n{files('LICENSE').decode().strip()}"
            for package, files in ((REVEAL, reveal), (MATH_FONT, font))
        ),
    )


def _files(package: Package, cache: Path):
    """A function from a path in the package to the bytes there."""
    kept = cache / package.file
    data = kept.read_bytes() if kept.is_file() else b""
    if not package.fits(data):
        data = _download(package)
        cache.mkdir(parents=True, exist_ok=True)
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_bytes(data)
        new.replace(kept)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        found = {
            member.name: archive.extractfile(member).read()
            for member in archive.getmembers()
            if member.isfile() and member.size < 2**20
        }
    return lambda name: found[f"package/{name}"]


def _download(package: Package) -> bytes:
    named = os.environ.get("npm_config_registry") or os.environ.get("NPM_CONFIG_REGISTRY")
    address = f"{(named or REGISTRY).rstrip('/')}/{package.name}/-/{package.file}"
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            data = answer.read()
    except (OSError, ValueError) as error:
        raise SlideError(
            f"{package.name} {package.version} could not be fetched from {address} ({error}). It is "
            "needed once; run this again with a network, or name a mirror in NPM_CONFIG_REGISTRY."
        ) from None
    if not package.fits(data):
        raise SlideError(
            f"what {address} sent is not {package.name} {package.version}: its hash is another one. "
            "Nothing was kept; name another registry in NPM_CONFIG_REGISTRY."
        )
    return data
