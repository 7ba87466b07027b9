"""After an edit of a specification and scripts/generate, the new code works, is typed and completes in an IDE."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jedi
import pytest
import yaml

from tests.generator.projects import copy_project, edit_spec, run_generate, run_python
from tests.support.markdown import PROJECT, code_blocks

PAGE = PROJECT / "docs" / "how-it-works" / "change-the-specification.md"
_TEXTS = [block.code for block in code_blocks(PAGE) if block.language == "text"]
PATH, SCHEMA, OUTPUT = _TEXTS[:3]
CALL, COMMAND, HANDLER, ROUTE = _TEXTS[4:8]

SCRIPT = """
import asyncio

import httpx

from docker_registry_sdk.v2.api import get_manifest, read_attachment
from docker_registry_sdk.v2.models import ImageManifest


def respond(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/attachments/logo"):
        return httpx.Response(200, headers={"Attachment-Size": "5"}, content=(part for part in (b"he", b"llo")))
    document = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "a/b", "digest": "sha256:" + "c" * 64, "size": 1},
        "layers": [],
        "buildHost": "builder-7",
    }
    return httpx.Response(200, headers={"Content-Type": document["mediaType"], "X-Build-Seconds": "42"}, json=document)


async def respond_async(request: httpx.Request) -> httpx.Response:
    async def parts():
        yield b"hello"

    return httpx.Response(200, content=parts())


async def read() -> bytes:
    async with httpx.AsyncClient(base_url="https://r.example", transport=httpx.MockTransport(respond_async)) as client:
        async with read_attachment.asyncio_stream(client, "library/a", "logo") as attachment:
            assert attachment.attachment_size is None
            return b"".join([part async for part in attachment.body])


with httpx.Client(base_url="https://r.example", transport=httpx.MockTransport(respond)) as client:
    manifest = get_manifest.sync(client, "library/a", "latest")
    assert isinstance(manifest.body, ImageManifest)
    print(manifest.body.build_host, manifest.x_build_seconds)
    assert manifest.body.to_dict()["buildHost"] == "builder-7"
    with read_attachment.stream(client, "library/a", "logo") as attachment:
        print(attachment.attachment_size, b"".join(attachment.body))
print(asyncio.run(read()))
"""

TYPED = """
from typing import assert_type

import httpx

from docker_registry_sdk.v2.api import get_manifest, read_attachment
from docker_registry_sdk.v2.models import ImageManifest
from docker_registry_sdk._core.wire import AsyncChunks, Chunks


def use(client: httpx.Client) -> None:
    manifest = get_manifest.sync(client, "library/a", "latest")
    assert_type(manifest.x_build_seconds, int | None)
    assert isinstance(manifest.body, ImageManifest)
    assert_type(manifest.body.build_host, str | None)
    with read_attachment.stream(client, "library/a", "logo") as attachment:
        assert_type(attachment, read_attachment.ReadAttachmentOk[Chunks])
        assert_type(attachment.attachment_size, int | None)
    assert_type(read_attachment.sync(client, "library/a", "logo").body, bytes)


async def use_async(client: httpx.AsyncClient) -> None:
    async with read_attachment.asyncio_stream(client, "library/a", "logo") as attachment:
        assert_type(attachment.body, AsyncChunks)
"""

CLIENTS = """
import asyncio
import json
from base64 import b64encode
from typing import assert_type

import httpx

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport, HttpxTransport
from docker_registry_sdk.v2.api import count_tags, read_attachment

BASIC = f"Basic {b64encode(b'ada:secret').decode()}"


class Registry:
    def __init__(self) -> None:
        self.statuses = list[int]()

    def respond(self, request: httpx.Request) -> httpx.Response:
        response = self.response_to(request)
        self.statuses.append(response.status_code)
        return response

    async def respond_async(self, request: httpx.Request) -> httpx.Response:
        return self.respond(request)

    def response_to(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            assert request.headers["Authorization"] == BASIC
            assert request.url.params["scope"] == "repository:team/b:pull"
            return httpx.Response(200, json={"token": "t"})
        if request.url.host == "storage.example":
            assert "Authorization" not in request.headers
            return httpx.Response(200, json={"count": 3})
        if request.headers.get("Authorization") != "Bearer t":
            challenge = 'Bearer realm="https://r.example/token"'
            return httpx.Response(401, headers={"WWW-Authenticate": challenge})
        if 503 not in self.statuses:
            return httpx.Response(503)
        return httpx.Response(307, headers={"Location": "https://storage.example/count"})


def count(registry: Registry) -> int | None:
    with httpx.Client(transport=httpx.MockTransport(registry.respond)) as http:
        with RegistryClientV2("r.example/library/a", username="ada", password="secret", transport=HttpxTransport(http)) as client:
            response = count_tags.sync(client, "team/b")
            assert_type(response, count_tags.CountTagsOk)
            return response.body.count


async def count_async(registry: Registry) -> int | None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(registry.respond_async)) as http:
        transport = AsyncHttpxTransport(http)
        client = AsyncRegistryClientV2("r.example/library/a", username="ada", password="secret", transport=transport)
        async with client:
            response = await count_tags.asyncio(client, "team/b", deadline=60)
            assert_type(response, count_tags.CountTagsOk)
            return response.body.count


async def read(client: AsyncRegistryClientV2) -> bytes:
    async with read_attachment.asyncio_stream(client, "team/b", "logo") as attachment:
        return b"".join([part async for part in attachment.body])


sync_registry, async_registry = Registry(), Registry()
print(count(sync_registry), sync_registry.statuses)
print(asyncio.run(count_async(async_registry)), async_registry.statuses)
"""

OF_THE_PAGE = f"""
from docker_registry_sdk.cli.main import run
from docker_registry_sdk.testing import EmbeddedRegistry

with EmbeddedRegistry() as registry:
    for tag in ("1", "2"):
        registry.add_image(f"library/greeting:{{tag}}")
    exec({CALL!r}.replace("localhost:5000", registry.host))
    run({COMMAND!r}.replace("localhost:5000", registry.host).split()[1:])
"""

COMPLETED = """
from docker_registry_sdk.v2.api import read_attachment
from docker_registry_sdk.v2.api.manifests.get_manifest import GetManifestOk
from docker_registry_sdk.v2.models import ImageManifest

def use(manifest: ImageManifest, response: GetManifestOk):
    manifest.build_h
    response.x_bui
    read_attachment.str
    read_attachment.asyncio_str
"""


def edit(spec: dict[str, Any]) -> None:
    components = spec["components"]
    spec["paths"] |= yaml.safe_load(PATH)
    components["schemas"] |= yaml.safe_load(SCHEMA)
    components["schemas"]["ImageManifest"]["properties"]["buildHost"] = {"type": "string", "description": "Who built it."}
    success = spec["paths"]["/v2/{name}/manifests/{reference}"]["get"]["responses"]["200"]
    # Servers must send it, but older ones do not, and the client does not need it.
    success["headers"]["X-Build-Seconds"] = {
        "description": "How long the build took.",
        "required": True,
        "schema": {"type": "integer"},
    }
    components["schemas"]["TagCount"] = {
        "type": "object",
        "description": "A number of tags.",
        "properties": {"count": {"type": "integer", "description": "The number."}},
    }
    spec["paths"]["/v2/{name}/tags/count"] = {
        "parameters": [{"$ref": "#/components/parameters/Name"}],
        "get": {
            "operationId": "count_tags",
            "tags": ["tags"],
            "summary": "Count the tags of a repository",
            "description": "The number of its tags.",
            "externalDocs": {"description": "A proposal", "url": "https://example.org/counts"},
            "security": [{"token": ["repository:{name}:pull"]}],
            "responses": {
                "200": {
                    "description": "The number.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TagCount"}}},
                },
                "404": {"$ref": "#/components/responses/NotFound"},
            },
        },
    }
    spec["paths"]["/v2/{name}/attachments/{title}"] = {
        "parameters": [
            {"$ref": "#/components/parameters/Name"},
            {"name": "title", "in": "path", "required": True, "description": "Its title.", "schema": {"type": "string"}},
        ],
        "get": {
            "operationId": "read_attachment",
            "tags": ["blobs"],
            "summary": "Read an attachment",
            "description": "The bytes of the attachment.",
            "externalDocs": {"description": "A proposal", "url": "https://example.org/attachments"},
            "security": [{"token": ["repository:{name}:pull"]}],
            "responses": {
                "200": {
                    "description": "The attachment.",
                    "headers": {"Attachment-Size": {"description": "Its size.", "schema": {"type": "integer"}}},
                    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                },
                "404": {"$ref": "#/components/responses/NotFound"},
            },
        },
    }


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a new optional field, a new header and new operations, one of them as on the page, generated."""
    project = copy_project(tmp_path_factory.mktemp("edited") / "project")
    edit_spec(project / "openapi/registry-v2.yaml", edit)
    done = run_generate(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "registry-v2.yaml: operation count_tags added: GET /v2/{name}/tags/count",
        "registry-v2.yaml: operation get_manifest changed: responses (200 header X-Build-Seconds added)",
        OUTPUT.splitlines()[0],
        "registry-v2.yaml: operation read_attachment added: GET /v2/{name}/attachments/{title}",
        "registry-v2.yaml: model ImageManifest changed: fields (build_host added)",
        OUTPUT.splitlines()[1],
        "registry-v2.yaml: model TagCount added",
    ]
    return project


def test_the_new_field_header_and_operation_work(edited: Path) -> None:
    (edited / "use.py").write_text(SCRIPT, encoding="utf-8")
    done = run_python(edited, "-W", "error", "use.py")
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["builder-7 42", "5 b'hello'", "b'hello'"]


def test_clients_send_the_new_operations_with_login_retries_and_redirects(edited: Path) -> None:
    (edited / "clients.py").write_text(CLIENTS, encoding="utf-8")
    done = run_python(edited, "-W", "error", "clients.py")
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["3 [401, 200, 503, 307, 200]"] * 2
    typed = run_python(edited, "-m", "mypy", "--strict", "--config-file=", "clients.py")
    assert "no issues found" in typed.stdout, typed.stdout + typed.stderr


def test_the_operation_of_the_page_on_changes_works(edited: Path) -> None:
    folder = edited / "docker_registry_sdk" / "testing" / "v2"
    listings, routes = folder / "listings.py", folder / "routes.py"
    listings.write_text(f"{listings.read_text(encoding='utf-8')}\n\n{HANDLER}", encoding="utf-8")
    text = routes.read_text(encoding="utf-8").replace("import Catalog, Referrers, Tags", "import Catalog, Referrers, Stats, Tags")
    routes.write_text(text.replace('        f"{name}/tags/list"', f'{ROUTE}        f"{{name}}/tags/list"'), encoding="utf-8")
    (edited / "page.py").write_text(OF_THE_PAGE, encoding="utf-8")
    done = run_python(edited, "-W", "error", "page.py")
    assert done.stderr == ""
    first, *document = done.stdout.splitlines()
    assert (first, json.loads("".join(document))["body"]) == ("2", {"tags": 2})


def test_the_new_operation_is_in_the_table(edited: Path) -> None:
    code = "from docker_registry_sdk.v2.operations import OPERATIONS; print([one.id for one in OPERATIONS if one.streams])"
    assert "'read_attachment'" in run_python(edited, "-c", code).stdout


def test_they_are_typed_exactly_and_a_misspelt_field_is_an_error(edited: Path) -> None:
    (edited / "typed.py").write_text(TYPED, encoding="utf-8")
    (edited / "misspelt.py").write_text(TYPED.replace("body.build_host", "body.build_hots"), encoding="utf-8")
    done = run_python(edited, "-m", "mypy", "--strict", "--config-file=", "typed.py", "misspelt.py")
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 2, done.stdout + done.stderr  # the name, and the Any that comes of it
    assert all(line.startswith("misspelt.py:15:") for line in errors)
    assert any('"ImageManifest" has no attribute "build_hots"' in line for line in errors)


@pytest.mark.parametrize(
    ("typed", "name", "documented"),
    [
        ("manifest.build_h", "build_host", "Who built it."),
        ("response.x_bui", "x_build_seconds", "X-Build-Seconds: How long the build took."),
        ("read_attachment.str", "stream", "Read an attachment."),
        ("read_attachment.asyncio_str", "asyncio_stream", "Read an attachment."),
    ],
)
def test_an_ide_completes_them_with_their_docstrings(edited: Path, typed: str, name: str, documented: str) -> None:
    lines = COMPLETED.splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.strip() == typed)
    script = jedi.Script(COMPLETED, path=edited / "completed.py", project=jedi.Project(edited, load_unsafe_extensions=False))
    (completion,) = [one for one in script.complete(line, len(lines[line - 1])) if one.name == name]
    assert documented in completion.docstring()
