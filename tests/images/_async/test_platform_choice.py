"""The choice of an image for a platform: nested indexes, entries without a platform, Windows; in registries and layouts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.client._async.platform_choice import MAX_READ
from docker_registry_sdk.errors import ImageError, NotFoundError, PlatformNotFoundError
from docker_registry_sdk.images import Layout
from docker_registry_sdk.media_types import OCI_INDEX
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.models import ImageConfig
from tests.images.built_images import AMD64, ARM64, BuiltImage, build_image, build_index, build_manifest, store_image
from tests.images.platform_cases import CASES, PlatformCase, build_entries
from tests.support.images import OCI_MANIFEST, descriptor

pytestmark = pytest.mark.anyio

ARTIFACT = build_manifest(
    {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [],
    },
    OCI_MANIFEST,
    blobs=[b"{}"],
)


@pytest.fixture(scope="module")
def registry() -> Iterator[EmbeddedRegistry]:
    """An embedded registry."""
    with EmbeddedRegistry() as running:
        yield running


@pytest.fixture(scope="module")
def repository_url(registry: EmbeddedRegistry) -> str:
    """The URL of a repository in that registry."""
    return f"{registry.url}/a"


@pytest.fixture
async def client(repository_url: str) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of that repository."""
    async with AsyncRegistryClientV2(repository_url) as connected:
        yield connected


def entry_of(config: ImageConfig) -> str:
    """Return the text of the entry for which an image was built."""
    return ((config.config and config.config.labels) or {})["entry"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.ask} of {case.index}")
async def test_the_image_for_a_platform(case: PlatformCase, client: AsyncRegistryClientV2, registry: EmbeddedRegistry) -> None:
    store_image(registry, "a", build_entries(case.index), "v1")
    if case.want is None:
        with pytest.raises(PlatformNotFoundError, match=f"{re.escape(case.error)}(?:\\.|$)") as caught:
            await client.resolve("v1", platform=case.ask)
        assert caught.value.wanted.startswith(case.ask)
        assert ("," in case.error) == (len(caught.value.available) > 1)
    else:
        found = await client.get_manifest("v1", platform=case.ask)
        assert (await client.resolve("v1", platform=case.ask)).digest == found.digest
        assert entry_of(await images.async_get_config(client.ref(found.digest))) == case.want


@pytest.mark.parametrize("case", [case for case in CASES if "?" in str(case.index) or "((" in str(case.index)][:8])
async def test_the_image_for_a_platform_in_a_layout(
    case: PlatformCase, client: AsyncRegistryClientV2, registry: EmbeddedRegistry, tmp_path: Path
) -> None:
    store_image(registry, "a", build_entries(case.index), "v1")
    layout = Layout(tmp_path / "layout", "v1")
    await images.async_copy(client.ref("v1"), layout)
    if case.want is None:
        with pytest.raises(PlatformNotFoundError, match=f"{re.escape(case.error)}(?:\\.|$)"):
            await images.async_get_config(layout, platform=case.ask)
    else:
        assert entry_of(await images.async_get_config(layout, platform=case.ask)) == case.want
        one = Layout(tmp_path / "one", "v1")
        await images.async_copy(layout, one, platform=case.ask)
        assert entry_of(await images.async_get_config(one)) == case.want


async def test_entries_that_state_their_platform_are_not_read(client: AsyncRegistryClientV2, registry: EmbeddedRegistry) -> None:
    store_image(registry, "a", build_entries((("linux/amd64",), "?linux/amd64", "linux/amd64")), "v1")
    found = (await client.get_manifest("v1")).manifest
    assert (await client.resolve("v1", platform="linux/amd64")).digest == found.to_dict()["manifests"][2]["digest"]


async def test_an_index_that_is_listed_in_many_places_is_read_once(
    client: AsyncRegistryClientV2, registry: EmbeddedRegistry
) -> None:
    part = build_entries(("linux/amd64",))
    for _ in range(6):
        part = build_index({}, without_platform=[part, part, part])
    store_image(registry, "a", part, "v1")
    with pytest.raises(PlatformNotFoundError, match="its platforms are linux/amd64"):
        await client.resolve("v1", platform="linux/s390x")


async def test_indexes_that_are_nested_too_deep_are_refused(client: AsyncRegistryClientV2, registry: EmbeddedRegistry) -> None:
    part = build_entries(("linux/amd64",))
    for _ in range(8):
        part = build_index({"linux/amd64": part})
    store_image(registry, "a", part, "v1")
    with pytest.raises(ImageError, match="nested too deep: the limit is 8 levels"):
        await client.get_manifest("v1", platform="linux/amd64")


async def test_the_number_of_entries_that_are_read_is_limited(
    client: AsyncRegistryClientV2, registry: EmbeddedRegistry, tmp_path: Path
) -> None:
    many = build_index({}, without_platform=[build_image([], f"linux/arch{number}") for number in range(MAX_READ + 1)])
    store_image(registry, "a", many, "v1")
    with pytest.raises(ImageError, match=f"the platforms of more than {MAX_READ} entries of the index are not stated"):
        await client.resolve("v1", platform="linux/amd64")
    layout = Layout(tmp_path, "v1")
    await images.async_copy(client.ref("v1"), layout)
    with pytest.raises(ImageError, match=f"the platforms of more than {MAX_READ} entries of the index are not stated"):
        await images.async_get_config(layout, platform="linux/amd64")


async def test_an_entry_without_a_platform_that_is_missing_is_passed_over_and_named(
    client: AsyncRegistryClientV2, registry: EmbeddedRegistry
) -> None:
    root = build_index({}, without_platform=[AMD64, ARTIFACT, ARM64])
    sparse = BuiltImage(root.root, root.media_type, {**root.manifests}, root.blobs)
    store_image(registry, "a", sparse, "v1")
    await client.delete_manifest(AMD64.root)
    assert (await client.resolve("v1", platform="linux/arm64")).digest == ARM64.root
    with pytest.raises(PlatformNotFoundError, match=r"an entry without a platform cannot be read: GET .*404") as caught:
        await client.resolve("v1", platform="linux/amd64")
    assert caught.value.available == ("linux/arm64/v8",)
    assert isinstance(caught.value.__cause__, NotFoundError)


async def test_entries_that_are_layers_are_never_read(client: AsyncRegistryClientV2, registry: EmbeddedRegistry) -> None:
    cache = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [descriptor("application/vnd.oci.image.layer.v1.tar", b"1")],
    }
    store_image(registry, "a", build_manifest(cache, OCI_INDEX, blobs=[b"1"]), "v1")
    with pytest.raises(PlatformNotFoundError, match="its index contains no platforms"):
        await client.resolve("v1", platform="linux/amd64")


async def test_several_platforms_are_refused_before_any_request(tmp_path: Path) -> None:
    with EmbeddedRegistry() as registry:
        several = ["linux/amd64", "linux/arm64"]
        async with AsyncRegistryClientV2(f"{registry.url}/a", max_retries=0) as client:
            source, layout = client.ref("v1"), Layout(tmp_path / "layout")
            for call in (
                lambda: client.get_manifest("v1", platform=several),  # type: ignore[arg-type]
                lambda: client.resolve("v1", platform=several),  # type: ignore[arg-type]
                lambda: images.async_get_config(source, platform=several),  # type: ignore[arg-type]
                lambda: images.async_copy(source, layout, platform=several),  # type: ignore[arg-type]
                lambda: images.async_plan_copy(source, layout, platform=several),  # type: ignore[arg-type]
                lambda: images.async_pull(source, layout.path, platform=several),  # type: ignore[arg-type]
                lambda: images.async_push(layout.path, source, platform=several),  # type: ignore[arg-type]
            ):
                with pytest.raises(TypeError, match=r"must be one platform, as text such as 'linux/arm64'.*not list: call"):
                    await call()
        assert not list(registry.requests)
        assert not layout.path.exists()
