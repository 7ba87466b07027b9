"""The pages of the documentation site: all public names have an entry, and links lead to pages and headings that exist.

scripts/docs checks the links once more, with the headings that mkdocstrings renders.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import layers_picture
import project_pages
import pytest
import python_reference
import registry_pages
from build_site import LAYERS, generated_pages

from docker_registry_sdk import errors
from docker_registry_sdk._core.lazy_exports import PUBLIC_MODULES
from docker_registry_sdk.testing.profiles import PROFILE_NAMES
from tests.packaging.public_api import FILE
from tests.support.markdown import PROJECT

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_IMAGE = re.compile(r"!\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_SOURCES = sorted([*(PROJECT / "docs").rglob("*.md"), *(PROJECT / name for name in project_pages.PAGES), PROJECT / "README.md"])


@cache
def _generated() -> dict[Path, str]:
    return generated_pages()


def _headings(text: str) -> set[str]:
    """Return the anchors of the headings in Markdown, as GitHub and zensical make them."""
    lines = re.findall(r"^#+ (.*)$", _CODE.sub("", text), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", line.replace("`", "").lower()) for line in lines)
    return {re.sub(r"[ ]+", "-", one.strip()) for one in words} | set(re.findall(r"^::: (\S+)$", text, re.MULTILINE))


def test_every_public_name_has_an_entry() -> None:
    pages = _generated()
    names = python_reference.public_names()
    for one in names:
        text = pages[one.page]
        assert f"::: {one.anchor}\n" in text, one
        assert f"`{one.name}`" in pages[python_reference.FOLDER / "index.md"]
    listed = {(one.module, one.name) for one in names}
    module = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            module = line[2:]
        elif line and not line.startswith((" ", "__")):
            name = re.split(r"[(:]", line.removeprefix("class "))[0]
            assert (module, name) in listed
    assert {one.module for one in names} == {one for one in PUBLIC_MODULES if _exports_names(one)}


def _exports_names(module: str) -> bool:
    return bool(python_reference.exported_names(module))


@pytest.mark.parametrize("page", _SOURCES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_lead_to_pages_that_exist(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for link in _IMAGE.findall(text):
        path = (page.parent / link).resolve()
        assert path.is_file() or path == PROJECT / "docs" / LAYERS, link
    for link in _LINK.findall(text):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        generated = _generated().get(Path(_in_site(target)))
        if generated is not None:
            assert PROJECT / "docs" in page.parents, f"{link}: only pages of docs/ may name generated pages"
            content = generated
        else:
            assert target.exists(), link
            content = target.read_text(encoding="utf-8") if target.suffix == ".md" else ""
        assert not anchor or anchor in _headings(content), link


def _in_site(path: Path) -> str:
    folder = PROJECT / "docs"
    return path.relative_to(folder).as_posix() if folder in path.parents else "-"


def test_links_between_files_of_the_project_become_links_between_pages() -> None:
    change = project_pages.with_links_between_pages
    assert change("[a](SECURITY.md#limits)", Path("ARCHITECTURE.md")) == "[a](security.md#limits)"
    assert (
        change("[a](../SECURITY.md) [b](guides/list.md)", Path("docs/index.md")) == "[a](project/security.md) [b](guides/list.md)"
    )
    assert change("[`a`](docs/programs.md)", Path("CONTRIBUTING.md")) == "[`a`](../programs.md)"
    assert change("[code](docker_registry_sdk/client/), [x](https://example.com/a.md)", Path("SECURITY.md")) == (
        "code, [x](https://example.com/a.md)"
    )
    assert change("```\n[a](SECURITY.md)\n```", Path("ARCHITECTURE.md")) == "```\n[a](SECURITY.md)\n```"


def test_every_project_page_exists() -> None:
    for file, page in project_pages.PAGES.items():
        assert (PROJECT / file).is_file()
        assert PurePosixPath(page).parts[0] == "project"


def test_every_page_is_in_the_navigation() -> None:
    navigation = tomllib.loads((PROJECT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    listed = _paths(navigation)
    pages = {page.relative_to(PROJECT / "docs").as_posix() for page in (PROJECT / "docs").rglob("*.md")}
    pages |= {path.as_posix() for path in _generated()} | set(project_pages.PAGES.values())
    assert sorted(listed) == sorted(pages)


def _paths(entries: list[dict[str, Any]]) -> list[str]:
    values = [value for entry in entries for value in entry.values()]
    return [path for value in values for path in ([value] if isinstance(value, str) else _paths(value))]


def test_the_picture_has_every_layer() -> None:
    names = {name for group in layers_picture.layers() for folders, _ in group for name in folders.split()}
    contract = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]
    listed = {one.strip() for layer in contract["layers"] for one in re.split("[|:]", layer)}
    folders = {one.removeprefix("docker_registry_sdk.").replace(".", "/") for one in listed}
    assert names == folders - {"media_types"}


def test_every_profile_has_a_page_with_its_quirks() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (PROJECT / "docs" / "registries").glob("*.md"))
    assert sorted(registry_pages.MARK.findall(text)) == sorted(PROFILE_NAMES)


def test_the_source_of_a_quirk_has_links() -> None:
    assert registry_pages.with_links("regclient#272, ggcr#794") == (
        "[regclient#272](https://github.com/regclient/regclient/issues/272), "
        "[ggcr#794](https://github.com/google/go-containerregistry/issues/794)"
    )
    assert registry_pages.with_links("dxf#25, docs.docker.com/reference").endswith("(https://docs.docker.com/reference)")


def test_every_exception_has_a_cause_and_a_cure() -> None:
    text = (PROJECT / "docs" / "errors.md").read_text(encoding="utf-8")
    names = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.RegistryError)}
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert sections.keys() == names
    assert [
        name for name, section in sections.items() if not re.search(r"\*\*Cause\.\*\*.+\*\*Cure\.\*\*", section, re.DOTALL)
    ] == []
    tree = text.partition("```text\n")[2].partition("```")[0]
    assert inspect.cleandoc(tree) in (inspect.getdoc(errors) or "").replace("\n    ", "\n")
    assert all(name in tree for name in names)
