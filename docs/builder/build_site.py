"""Build the documentation site: gather the pages in build/docs/, and turn them into site/ with zensical.

scripts/docs runs this file. The pages are those of docs/, other Markdown files of the project, and pages that are generated
from the package: the reference of all public names, of the command line, and of the operations in openapi/.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import command_reference
import layers_picture
import operation_reference
import python_reference
import specification_viewer
from project_pages import project_pages, with_links_between_pages
from registry_pages import with_tables

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs"
PAGES = ROOT / "build" / "docs"
SITE = ROOT / "site"
LAYERS = Path("pictures", "layers.svg")


def generated_pages() -> dict[Path, str]:
    """Return the Markdown of the pages that are generated from the package, by path in the folder of pages."""
    return {**python_reference.pages(), **command_reference.pages(), **operation_reference.pages()}


def gather_pages() -> None:
    """Write all pages, pictures and the viewer of the OpenAPI files into build/docs/."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(SOURCE, PAGES, ignore=shutil.ignore_patterns(".*", "builder"))
    for page in SOURCE.rglob("*.md"):
        text = with_links_between_pages(with_tables(page.read_text(encoding="utf-8")), page.relative_to(ROOT))
        (PAGES / page.relative_to(SOURCE)).write_text(text, encoding="utf-8")
    (PAGES / LAYERS).write_text(layers_picture.draw(), encoding="utf-8")
    for path, text in {**project_pages(), **generated_pages()}.items():
        (PAGES / path).parent.mkdir(parents=True, exist_ok=True)
        (PAGES / path).write_text(text, encoding="utf-8")
    specification_viewer.write(PAGES / "openapi")


def main() -> int:
    """Build the site, and return the exit status: 1 if zensical finds anything to warn of, such as a link to nowhere."""
    gather_pages()
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(ROOT / "zensical.toml")]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode == 0:
        print(f"Built {SITE.relative_to(ROOT)}/index.html")
    return min(done.returncode, 1)


if __name__ == "__main__":
    sys.exit(main())
