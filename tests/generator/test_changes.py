"""The report of a run names each operation and schema that changed, and the uses of an operation that was removed."""

from __future__ import annotations

from pathlib import Path

from tests.generator.test_unsupported_keywords import DATA, FORM, GET, LIST, REMOVE, SCHEMAS, TEXT, WORD, changed


def test_each_change_has_a_line() -> None:
    from changes import changes
    from view import spec_view

    old = spec_view(changed("info title", "Tricky"))
    edits: list[tuple[str, object]] = [
        (f"{LIST} parameters", [{"name": "last", "in": "query", "description": "The last one.", "schema": TEXT}]),
        (f"{DATA} responses 206", REMOVE),
        (f"{FORM} responses 409", {"description": "It exists."}),
        (f"{GET} responses 200 headers X-Done schema type", "string"),
        (f"{GET} security", []),
        (f"{WORD} summary", "Explain a word"),
        ("paths /w/{word} put operationId", "set_word"),
        (f"{SCHEMAS} Part properties weight", {"type": "integer", "description": "How heavy it is."}),
        (f"{SCHEMAS} Colour enum", ["red", "green"]),
        (f"{SCHEMAS} Labels description", "Words by name."),
        (f"{SCHEMAS} Weights", {"type": "object", "description": "Weights.", "additionalProperties": {"type": "integer"}}),
    ]
    document = changed("info title", "Tricky things")
    for where, value in edits:
        document = changed(where, value, document)
    assert changes(old, spec_view(document)) == [
        "title, description or tags changed",
        "operation get_thing changed: responses (200 header X-Done changed), scopes",
        "operation get_word changed: documentation",
        "operation list_things changed: arguments (last added, n removed)",
        "operation put_word removed, now set_word",
        "operation read_data changed: responses (206 removed)",
        "operation send_form changed: responses (409 added)",
        "operation set_word added: PUT /w/{word}",
        "enumeration Colour changed: values (DARK_BLUE removed, GREEN added, LIGHT_GREEN_ removed)",
        "map Labels changed: documentation or extensions",
        "model Link changed: fields (labels changed)",
        "model Part changed: fields (weight added)",
        "model Thing changed: fields (labels changed)",
        "map Weights added",
    ]
    assert changes(old, old) == []


FILES = {
    "docker_registry_sdk/client/_async/tags.py": """from ...v2 import api

class Tags:
    async def list_tags(self):
        await api.list_tags.asyncio(self.pipeline)
        await self.list_tags()
""",
    "docker_registry_sdk/client/_sync/tags.py": "from ...v2.api import list_tags\n",
    "docker_registry_sdk/v2/api/tags/list_tags.py": "from ...v2.api import list_tags\n",
    "docker_registry_sdk/testing/names.py": 'NAMES = ("ping", "list_tags")\n',
    "tests/test_tags.py": """from docker_registry_sdk.v1.api import list_tags
from docker_registry_sdk.v2.api import (
    get_manifest,
    list_tags,
)
from docker_registry_sdk.v2.api.tags.list_tags import ListTagsOk

NAMES = ["list_tags"]
""",
    "docs/list.md": """`list_tags.sync()`

```sh
docker-registry-sdk api v2 list_tags x
```
```python
list_tags.sync(client)
client.list_tags()
```
```text
list_tags.sync(client)
```
""",
}


def test_uses_of_an_operation_are_found(tmp_path: Path) -> None:
    from uses import uses

    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert uses(tmp_path, "v2", frozenset({"list_tags"})) == [
        "docker_registry_sdk/client/_async/tags.py:5: await api.list_tags.asyncio(self.pipeline)",
        'docker_registry_sdk/testing/names.py:1: NAMES = ("ping", "list_tags")',
        "tests/test_tags.py:4: list_tags,",
        "tests/test_tags.py:6: from docker_registry_sdk.v2.api.tags.list_tags import ListTagsOk",
        "docs/list.md:4: docker-registry-sdk api v2 list_tags x",
        "docs/list.md:7: list_tags.sync(client)",
    ]
    assert uses(tmp_path, "v2", frozenset({"no_such_operation"})) == []
