"""The package generated from tricky.yaml, a small specification with every difficult feature, equals golden/ and works.

After an intended change of the templates, regenerate golden/ and read the diff:

    scripts/generate --spec tests/generator/tricky.yaml --output tests/generator/golden
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from docker_registry_sdk._core.wire import call_of
from docker_registry_sdk._core.wire.operations import Operation
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import (
    InvalidDigestError,
    InvalidReferenceError,
    NotFoundError,
    ParseError,
    UnexpectedContentTypeError,
)

HERE = Path(__file__).parent
REGENERATE = "scripts/generate --spec tests/generator/tricky.yaml --output tests/generator/golden"
DIGEST = "sha256:" + "0a" * 32
SINCE = datetime(2024, 5, 1, 10, tzinfo=timezone(timedelta(hours=2)))
SENT: dict[str, Any] = {"from_repo": "f/g", "label": ["x", "y z"], "deep_search": False, "since": SINCE, "x_trace": 7}
THING: dict[str, Any] = {
    "tags": ["a"],
    "kind": "dark-blue",
    "parts": [{"size": 1}],
    "grid": [[1.5, 2], []],
    "rows": ["red", "unheard-of"],
    "colours": ["red"],
    "v1Compatibility": "old",
    'odd "name"\\': "odd",
    "created": "2024-02-29T12:00:00.123456Z",
    "token": "secret",
    "labels": {"a": "b"},
    "groups": {"first": {"size": 2}},
    "either": 3,
    "anything": [None, {}],
    "class": True,
    "link": {"digest": DIGEST, "size": 5, "password": "secret", "labels": {"a": "b"}, "part": {"size": 1}},
    "new": {"unknown": None},
}


def operation(name: str) -> Any:
    found = {one.id: one for one in operations()}[name]
    return found.load()


def operations() -> tuple[Operation, ...]:
    table: tuple[Operation, ...] = import_module("tests.generator.golden.operations").OPERATIONS
    return table


def thing(document: dict[str, Any] = THING, *, strict: bool = False) -> Any:
    return import_module("tests.generator.golden.models.thing").Thing.from_dict(document, strict=strict)


def client(*responses: httpx.Response, seen: list[httpx.Request]) -> httpx.Client:
    return httpx.Client(base_url="https://registry.example", transport=httpx.MockTransport(responding(responses, seen)))


def responding(responses: tuple[httpx.Response, ...], seen: list[httpx.Request]) -> Callable[[httpx.Request], httpx.Response]:
    remaining = iter(responses)

    def respond(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return next(remaining)

    return respond


def test_output_equals_the_golden_package(tmp_path: Path) -> None:
    from generate import difference, generate_package

    generate_package(HERE / "tricky.yaml", tmp_path / "golden")
    lines = difference(tmp_path / "golden", HERE / "golden")
    if lines:
        pytest.fail(f"{''.join(lines)}\nIf this is intended: {REGENERATE}", pytrace=False)


def test_every_golden_module_imports() -> None:
    modules = [path.relative_to(HERE / "golden").with_suffix("") for path in (HERE / "golden").rglob("*.py")]
    assert len(modules) > 20
    for path in modules:
        import_module(".".join(("tests.generator.golden", *path.parts)).removesuffix(".__init__"))


def test_table_lists_the_arguments_of_each_operation() -> None:
    table = {one.id: one for one in operations()}
    assert [name for name, one in table.items() if one.streams] == ["read_data"]
    assert [one.name for one in table["get_thing"].parameters][:3] == ["name", "id", "x_dry_run"]
    assert [(one.name, one.location) for one in table["upload_part"].parameters][1:] == [("location", "url"), ("last", "query")]
    body = table["delete_word"].body
    assert body is not None
    assert (body.kind, body.type, body.media_types, body.required) == ("json", "Labels", ("application/json",), True)


def test_model_survives_a_round_trip_and_hides_its_secret() -> None:
    one = thing()
    assert one.to_dict() == THING
    assert (one.class_, one.kind, one.rows, one.odd) == (True, "dark-blue", ["red", "unheard-of"], "odd")
    assert one.created == datetime(2024, 2, 29, 12, 0, 0, 123456, UTC)
    assert "secret" not in repr(one)
    assert thing({"kind": "red", "parts": None, "tags": None}).to_dict() == {"kind": "red"}
    with pytest.raises(ParseError, match=r"groups\['first'\]"):
        thing({**THING, "groups": {"first": {}}}, strict=True)


def test_odd_values_are_read_as_the_extensions_say() -> None:
    odd = {**THING, "tags": ["a", 5], "command": "run", "created": "now", "groups": {"first": {}, "second": {"size": 1}}}
    one = thing(odd)
    assert (one.tags, one.command, one.created, list(one.groups)) == (["a"], ["run"], None, ["second"])
    assert len(one.problems) == 4
    assert one.to_dict() == odd
    for change in ({"link": "x"}, {"names": ["a", 5]}, {"parts": [{"size": 1}, None]}, {"kind": 5}):
        with pytest.raises(ParseError, match=next(iter(change))):
            thing({**THING, **change})


def test_frozen_model_is_hashable_and_its_digest_is_checked() -> None:
    link = thing().link
    assert link.link is link
    assert type(link.digest) is Digest
    for name in ("digest", "labels", "additional_properties"):
        with pytest.raises(FrozenInstanceError):
            setattr(link, name, None)
    same, other = evolve(link), evolve(link, labels={"c": "d"})
    assert link == same
    assert link != other
    assert hash(link) == hash(same) == hash(other)
    assert {link: 1}[same] == 1
    assert hash(evolve(link, digest=DIGEST.replace("0a", "0b"))) != hash(link)
    assert evolve(link, base_digest=DIGEST).base_digest.algorithm == "sha256"
    for wrong in ("sha256:a", "", 5):
        with pytest.raises(InvalidDigestError):
            evolve(link, digest=wrong)
        with pytest.raises(ParseError, match=r"link\.base: "):
            thing({**THING, "link": {**THING["link"], "base": wrong}}, strict=True)


@pytest.mark.parametrize("media_type", ["application/json", "application/vnd.thing.v1+json; charset=utf-8"])
def test_arguments_are_sent_in_their_locations_and_headers_are_typed(media_type: str) -> None:
    seen: list[httpx.Request] = []
    headers = {
        "Content-Type": media_type,
        "Location": "/there?a=%7e",
        "X-Count": "3",
        "X-Done": "true",
        "X-Kinds": "a, b",
        "X-Secret": "hidden",
        "Link": '</next?b>; rel="next"',
    }
    with client(httpx.Response(200, headers=headers, json=THING), seen=seen) as http:
        response = operation("get_thing").sync(
            http,
            "library/a",
            "sha256:b",
            True,
            class_="c",
            from_repo="f/g",
            label=["x", "y z"],
            deep_search=False,
            since=SINCE,
            x_trace=7,
        )
    (request,) = seen
    query = b"class=c&from=f%2Fg&label=x&label=y%20z&deep-Search=false&since=2024-05-01T10%3A00%3A00%2B02%3A00"
    assert request.url.raw_path == b"/t/library/a/things/sha256:b?" + query
    assert (request.headers["X-Dry-Run"], request.headers["X-Trace"]) == ("true", "7")
    assert request.headers["Accept"] == "application/json, application/vnd.thing.v1+json, application/vnd.list+json"
    assert call_of(request).scopes == ("repository:library/a:pull",)
    assert response.body == thing()
    assert (response.x_count, response.x_done, response.x_kinds, response.x_secret) == (3, True, ["a", "b"], "hidden")
    assert response.location == "https://registry.example/there?a=%7e"
    assert response.next_url == "https://registry.example/next?b"
    assert not {"hidden", "there", "next?b"} & set(repr(response).replace("'", " ").split())


def test_media_type_of_the_response_chooses_the_member_of_the_union() -> None:
    responses = [
        httpx.Response(200, headers={"X-Count": "1", "Content-Type": kind}, json=[THING])
        for kind in ("application/vnd.list+json", "text/html")
    ]
    with client(*responses, seen=[]) as http:
        assert operation("get_thing").sync(http, "a", "b", False).body == [thing()]
        with pytest.raises(UnexpectedContentTypeError):
            operation("get_thing").sync(http, "a", "b", False)


def test_an_error_carries_the_parsed_entries() -> None:
    failure = {"errors": [{"code": "red", "detail": 1}, {"reason": "odd"}], "message": "gone"}
    response = httpx.Response(404, content=iter([json.dumps(failure).encode()]))
    with client(response, seen=[]) as http, pytest.raises(NotFoundError) as caught:
        operation("get_thing").sync(http, "a", "b", False)
    assert [tuple(entry) for entry in caught.value.errors] == [("red", None, 1), ("odd", None, None), (None, "gone", None)]
    assert type(caught.value.body).__name__ == "Failure"


def test_raw_bodies_are_sent_verbatim_and_statuses_with_one_response_share_a_class() -> None:
    seen: list[httpx.Request] = []
    responses = [httpx.Response(status, headers={"ETag": "e", "Location": "/on"}) for status in (201, 204, 202)]
    put = operation("put_thing")
    with client(*responses, seen=seen) as http:
        kinds = [type(put.sync(http, "a", "b", body, content_type="x/y", source="c")) for body in (b"1", iter([b"2"]), b"3")]
    assert kinds == [put.PutThingCreated, put.PutThingCreated, put.PutThingAccepted]
    assert [request.content for request in seen] == [b"1", b"2", b"3"]
    assert seen[0].headers["Content-Type"] == "x/y"
    assert call_of(seen[0]).scopes == ("repository:a:pull,push", "repository:c:pull")
    assert put.request("a", "b", b"", content_type="x/y").context.scopes == ("repository:a:pull,push",)


def test_json_bodies_are_models_lists_maps_and_strings() -> None:
    seen: list[httpx.Request] = []
    responses = [httpx.Response(200, content=value) for value in (b"5", b'"red"', b"null")]
    with client(*responses, seen=seen) as http:
        assert operation("create_things").sync(http, [thing()]).body == 5
        assert operation("delete_word").sync(http, "w", {"a": "ü"}).body == "red"
        assert operation("put_word").sync(http, "w", body="what").body is None
    assert [json.loads(request.content) for request in seen] == [[THING], {"a": "ü"}, "what"]
    assert {request.headers["Content-Type"] for request in seen} == {"application/json"}


def test_empty_body_is_none_if_it_may_be_empty() -> None:
    with client(httpx.Response(200, content=b""), httpx.Response(200, content=b'"red"'), seen=[]) as http:
        assert operation("delete_word").sync(http, "w", {}).body is None
        assert operation("delete_word").sync(http, "w", {}).body == "red"


def test_a_form_is_encoded() -> None:
    seen: list[httpx.Request] = []
    form = import_module("tests.generator.golden.models.form").Form(user="a b&", password="ü", pass_=1)
    with client(httpx.Response(204), seen=seen) as http:
        assert operation("send_form").sync(http, "w", form).body is None
    assert seen[0].content == b"user=a%20b%26&password=%C3%BC&pass=1"
    assert seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_text_body_is_a_string() -> None:
    with client(httpx.Response(200, text="ein Wort – so"), seen=[]) as http:
        assert operation("get_word").sync(http, "w").body == "ein Wort – so"


def test_opaque_url_is_used_verbatim() -> None:
    seen: list[httpx.Request] = []
    url = "https://elsewhere.example/u/..%2Fx?_state=a%7E=="
    with client(
        httpx.Response(202, headers={"Location": "//elsewhere.example/y"}), httpx.Response(200, json=[]), seen=seen
    ) as http:
        response = operation("upload_part").sync(http, "a/b", url, body=b"x", last=True)
        assert operation("list_things").sync(http, next_url="/t/list?last=%61").body == []
    assert response.location == "https://elsewhere.example/y"
    assert str(seen[0].url) == f"{url}&last=true"
    assert seen[1].url.raw_path == b"/t/list?last=%61"
    with pytest.raises(ValueError, match="next_url already contains n"):
        operation("list_things").request(n=1, next_url="/t/list?last=%61")
    with pytest.raises(InvalidReferenceError):
        operation("upload_part").request("a/../b", url)


def test_bytes_stream_sync_and_async() -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"one", b"two")

    read = operation("read_data")
    with client(httpx.Response(200, content=chunks()), seen=[]) as http, read.stream(http, "a") as response:
        assert (type(response), b"".join(response.body)) == (read.ReadDataOk, b"onetwo")

    async def run() -> tuple[type, str | None, bytes]:
        async def part() -> AsyncIterator[bytes]:
            yield b"on"

        headers = {"Content-Range": "bytes 0-1/9"}
        transport = httpx.MockTransport(lambda _: httpx.Response(206, headers=headers, content=part()))
        async with (
            httpx.AsyncClient(base_url="https://registry.example", transport=transport) as http,
            read.asyncio_stream(http, "a") as response,
        ):
            return type(response), response.content_range, b"".join([chunk async for chunk in response.body])

    assert asyncio.run(run()) == (read.ReadDataPartialContent, "bytes 0-1/9", b"on")
