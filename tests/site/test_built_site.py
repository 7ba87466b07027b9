"""The built documentation site in a browser: its search works, the OpenAPI files are rendered, and nothing needs the network."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from docker_registry_sdk.token_auth.operations import OPERATIONS as TOKEN_OPERATIONS
from docker_registry_sdk.v1.operations import OPERATIONS as V1_OPERATIONS
from docker_registry_sdk.v2.operations import OPERATIONS as V2_OPERATIONS
from tests.support.chromium import Page, run_chromium
from tests.support.markdown import PROJECT

sys.path.insert(0, str(PROJECT / "docs" / "builder"))
import python_reference
import specification_viewer

DESCRIPTIONS = {"registry-v1": V1_OPERATIONS, "registry-v2": V2_OPERATIONS, "token-auth": TOKEN_OPERATIONS}


@pytest.fixture(scope="module")
def site() -> Path:
    """Build the site."""
    done = subprocess.run([PROJECT / "scripts" / "docs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return PROJECT / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with run_chromium() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """A page that may load files only."""
    browser.requested.clear()
    yield browser
    assert browser.requested
    assert [url for url in browser.requested if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_search_finds_a_word(site: Path, page: Page) -> None:
    page.open(f"{site.as_uri()}/index.html")
    page.wait_for("document.readyState === 'complete' && document.querySelector('.md-search__button') !== null")
    page.evaluate("document.querySelector('.md-search__button').click()")
    dialog = "[...document.querySelectorAll('*')].map(e => e.shadowRoot).find(root => root?.querySelector('[role=combobox]'))"
    page.wait_for(f"Boolean({dialog})")
    page.evaluate(
        f"(() => {{ const field = {dialog}.querySelector('[role=combobox]'); field.value = 'resumable';"
        " field.dispatchEvent(new Event('input', {bubbles: true})) })()"
    )
    found = page.wait_for(f"{dialog}.querySelector('[role=option] mark')?.closest('a').href")
    assert found.startswith(f"{site.as_uri()}/")
    assert page.evaluate(f"{dialog}.querySelector('[role=option] mark').textContent").lower() == "resumable"


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_the_rendered_description_shows_all_operations(site: Path, page: Page, name: str) -> None:
    operations = DESCRIPTIONS[name]
    page.open(f"{site.as_uri()}/openapi/{name}.html")
    page.wait_for(f"document.querySelectorAll('.opblock').length === {len(operations)}")
    text = page.evaluate("document.body.innerText").replace("\u200b", "")
    for operation in operations:
        assert operation.summary in text
        assert operation.path in text


def test_an_operation_shows_its_parameters_and_examples(site: Path, page: Page) -> None:
    page.open(f"{site.as_uri()}/openapi/registry-v2.html")
    page.wait_for("document.querySelectorAll('.opblock').length > 0")
    page.evaluate("document.querySelectorAll('.opblock-summary-control').forEach(button => button.click())")
    page.wait_for(
        "document.querySelectorAll('.opblock.is-open .responses-table').length === document.querySelectorAll('.opblock').length"
    )
    document = specification_viewer.with_own_parameters(yaml.safe_load((PROJECT / "openapi" / "registry-v2.yaml").read_bytes()))
    blocks = page.evaluate("[...document.querySelectorAll('.opblock')].map(block => [block.id, block.innerText])")
    texts = {name.rpartition("-")[2]: text for name, text in blocks}
    for item in document["paths"].values():
        for operation in item.values():
            text = texts[operation["operationId"]]
            for parameter in operation["parameters"]:
                example = parameter["example"]
                values = example if isinstance(example, list) else [example]
                assert all(str(value) in text for value in [parameter["name"], *values]), parameter


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    pages: dict[Path, str] = {}
    for name in python_reference.public_names():
        file = site / name.page.with_suffix(".html")
        text = pages.setdefault(file, file.read_text(encoding="utf-8"))
        assert f'id="{name.anchor}"' in text, name


def test_no_link_is_dead(site: Path) -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in site.rglob("*.html") if file.name != "404.html"}
    anchors = {file: {unquote(found) for found in re.findall(r' (?:id|name)="([^"]+)"', text)} for file, text in texts.items()}
    dead = set()
    for file, text in texts.items():
        for link in set(re.findall(r' (?:href|src)="([^"]*)"', text)):
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (file.parent / unquote(path.partition("?")[0])).resolve() if path else file
            if target.is_dir():
                target /= "index.html"
            if not target.is_file() or (anchor and target in anchors and unquote(anchor) not in anchors[target]):
                dead.add((file.relative_to(site).as_posix(), link))
    assert dead == set()
