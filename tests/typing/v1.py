"""The exact types of Registry API v1's operations, proven by mypy and pyright; nothing here runs."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, assert_never, assert_type

import httpx

from docker_registry_sdk._core import wire
from docker_registry_sdk.v1.api import (
    get_img_ancestry,
    get_img_files,
    get_img_id,
    get_img_json,
    get_img_layer_stream,
    list_repo_imgs,
    list_repo_tags,
    put_img_json,
    put_img_layer,
    put_repo,
    put_repo_tag,
    search,
)
from docker_registry_sdk.v1.api.registry.get_img_layer_stream import GetImgLayerStreamOk, GetImgLayerStreamPartialContent
from docker_registry_sdk.v1.models import ContainerConfig, ImgJson, RepoImg, RepoTag, SearchResult

NAME, IMG = "library/busybox", "0" * 64


def tags_are_a_map_or_a_list(client: httpx.Client) -> None:
    response = list_repo_tags.sync(client, NAME)
    assert_type(response, list_repo_tags.ListRepoTagsOk)
    assert_type(response.body, dict[str, str] | list[RepoTag])
    if isinstance(response.body, dict):
        assert_type(response.body["latest"], str)
    else:
        assert_type(response.body[0], RepoTag)


def bodies_of_plain_json(client: httpx.Client) -> None:
    assert_type(get_img_id.sync(client, NAME, "latest").body, str)
    assert_type(get_img_ancestry.sync(client, IMG).body, list[str])
    assert_type(get_img_files.sync(client, IMG).body, list[list[Any]])
    assert_type(list_repo_imgs.sync(client, NAME, x_docker_token=True).body, list[RepoImg])


def headers_are_typed(client: httpx.Client) -> None:
    response = list_repo_imgs.sync(client, NAME)
    assert_type(response.x_docker_token, str | None)
    assert_type(response.x_docker_endpoints, str | None)


def fields_are_typed_and_absent_is_none(client: httpx.Client) -> None:
    img = get_img_json.sync(client, IMG)
    assert_type(img.body, ImgJson)
    assert_type(img.body.created, datetime | None)
    assert_type(img.body.config, ContainerConfig | None)
    assert_type(img.body.size, int | None)
    found = search.sync(client, q="busybox", n=5).body.results
    assert_type(found[0] if found else None, SearchResult | None)


def a_layer_streams(client: httpx.Client) -> None:
    with get_img_layer_stream.stream(client, IMG) as response:
        assert_type(response.body, wire.Chunks)
        match response:
            case get_img_layer_stream.GetImgLayerStreamPartialContent():
                assert_type(response.content_range, str | None)
            case get_img_layer_stream.GetImgLayerStreamOk():
                assert_type(response.content_length, int | None)
            case _:
                assert_never(response)


async def a_layer_streams_async(client: httpx.AsyncClient) -> None:
    async with get_img_layer_stream.asyncio_stream(client, IMG) as response:
        assert_type(
            response,
            GetImgLayerStreamOk[wire.AsyncChunks] | GetImgLayerStreamPartialContent[wire.AsyncChunks],
        )
    assert_type((await get_img_layer_stream.asyncio(client, IMG)).body, bytes)


async def writes_take_models_words_and_raw_bytes(client: httpx.AsyncClient, parts: AsyncIterator[bytes]) -> None:
    assert_type(await put_repo.asyncio(client, NAME, [RepoImg(id=IMG)], x_docker_token=True), put_repo.PutRepoOk)
    assert_type(await put_repo_tag.asyncio(client, NAME, "latest", IMG), put_repo_tag.PutRepoTagOk)
    assert_type(await put_img_json.asyncio(client, IMG, b"{}"), put_img_json.PutImgJsonOk)
    assert_type(await put_img_layer.asyncio(client, IMG, parts), put_img_layer.PutImgLayerOk)
