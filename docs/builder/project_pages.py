"""The Markdown files in the root of the project, as pages of the site, and the links between them and the pages of docs/."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
# The path of each file in the project, and of its page in the folder of pages.
PAGES = {
    "ARCHITECTURE.md": "project/architecture.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "openapi/README.md": "project/openapi.md",
    "openapi/CHANGELOG.md": "project/openapi-changelog.md",
    "tests/README.md": "project/tests.md",
    "docker_registry_sdk/_core/http1/README.md": "project/http1.md",
}
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s:#]+\.\w+|[^)\s:#]+/)(#[^)\s]*)?\)")
_CODE_BLOCK = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def project_pages() -> dict[Path, str]:
    """Return the Markdown of the pages made from the project's other Markdown files, by path in the folder of pages."""
    return {
        Path(page): with_links_between_pages((ROOT / file).read_text(encoding="utf-8"), Path(file))
        for file, page in PAGES.items()
    }


def with_links_between_pages(text: str, file: Path) -> str:
    """Return Markdown whose links to other files of the project lead to the pages of these files.

    Links to files without a page, such as a folder of code, become their text.

    Args:
        text: The Markdown of a file.
        file: The path of the file in the project.
    """
    here = _page_of(file.as_posix())
    if here is None:
        raise ValueError(f"{file} is not a page")
    folder = PurePosixPath(here).parent.as_posix()

    def replace(link: re.Match[str]) -> str:
        label, target, anchor = link[1], link[2], link[3] or ""
        path = os.path.normpath(file.parent / target).replace(os.sep, "/")
        page = _page_of(path)
        if page is None:
            return label
        return f"[{label}]({os.path.relpath(page, folder).replace(os.sep, '/')}{anchor})"

    parts = _CODE_BLOCK.split(text)
    return "".join(part if number % 2 else _LINK.sub(replace, part) for number, part in enumerate(parts))


def _page_of(path: str) -> str | None:
    """Return the path in the folder of pages of a file of the project, or None if the file has no page."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return PAGES.get(path)
