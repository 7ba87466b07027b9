"""The list of dependencies and their licences, and the reasons for the lower bounds."""

from __future__ import annotations

import re
from importlib.metadata import PackageMetadata, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Installed on other systems or versions of Python only, so that the tests cannot read their metadata.
ELSEWHERE = {"colorama", "backports-zstd"}
EXTRAS = ("", "cli", "schema1", "testing", "zstd")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def normalized(name: str) -> str:
    """Return a name of a package with hyphens and in lower case."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(package: str, extras: tuple[str, ...] = ("",)) -> set[str]:
    """Return the packages that a package requires on this system, by the markers of its requirements."""
    from packaging.requirements import Requirement

    requirements = [Requirement(text) for text in distribution(package).requires or []]
    return {
        normalized(one.name)
        for one in requirements
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)
    }


def licence_of(metadata: PackageMetadata) -> str:
    """Return the licence that the metadata of a package states."""
    for field in ("License-Expression", "License"):
        for value in metadata.get_all(field) or []:
            if len(value) < 60:
                return str(value)
    return " OR ".join(one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier") or [] if one.startswith("License"))


def listed() -> dict[str, str]:
    """Return the licence of each package in docs/dependencies.md."""
    rows = re.findall(r"^\| ([A-Za-z0-9._-]+) \| ([^|]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    return {normalized(name): licence for name, licence in rows if name != "package"}


def test_each_dependency_is_listed_with_its_licence() -> None:
    waiting, found = required("docker-registry-sdk", EXTRAS), set[str]()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= required(name) - found
    rows = listed()
    assert found | ELSEWHERE >= set(rows) >= found
    for name in found:
        stated = licence_of(distribution(name).metadata).removesuffix(" License")
        assert stated == rows[name], name


def test_each_lower_bound_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    section = text[text.index("\ndependencies = [") : text.index("[project.scripts]")]
    for line in section.splitlines():
        assert ">=" not in line or " # " in line.replace("  #", " #"), line
