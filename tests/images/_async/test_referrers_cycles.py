"""Copies with referrers from registries whose lists of referrers claim cycles, deleted manifests, or an endless chain."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from docker_registry_sdk import images
from docker_registry_sdk.errors import ImageError
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from tests.core.wire.loopback import Handler, run_loopback
from tests.images.built_images import build_image, build_index, descriptor_of, store_image
from tests.images.conftest import StartRegistry
from tests.support.images import descriptor, digest_of

pytestmark = pytest.mark.anyio

CHILD = build_image([b"1"], "linux/amd64")
ROOT = build_index({"linux/amd64": CHILD})
OTHERS = tuple(build_image([b"x"], subject=descriptor_of(ROOT), annotations={"number": str(number)}) for number in range(3))
BY_DIGEST = {one.root: one for one in (CHILD, ROOT, *OTHERS)}
GONE = {"mediaType": OCI_MANIFEST, "digest": "sha256:" + "0" * 64, "size": 400}


def claim(registry: EmbeddedRegistry, referrers: dict[str, list[str]]) -> None:
    """Let a registry list these referrers of each manifest, and one that was deleted."""

    def listing(subject: str) -> ChangeResponse:
        entries = [descriptor_of(BY_DIGEST[one]) for one in referrers.get(subject, [])]
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*entries, GONE]}
        return ChangeResponse({200}, lambda response: response.set_json(document))

    for subject in BY_DIGEST:
        registry.faults.add(Fault(listing(subject), operation="list_referrers", path=f".*/{subject}", times=None))


def graphs() -> list[dict[str, list[str]]]:
    root, child, first, second, third = (one.root for one in (ROOT, CHILD, *OTHERS))
    every = [root, child, first, second, third]
    return [
        {root: [root]},
        {root: [first], first: [first]},
        {root: [first], first: [second], second: [first]},
        {root: [first], first: [second], second: [third], third: [root]},
        {root: [child, first, first], child: [root], first: [child]},
        {one: list(every) for one in every},
        *({one: random.sample(every, random.randint(1, 5)) for one in every} for random in map(Random, range(5))),
    ]


def reachable(graph: dict[str, list[str]]) -> set[str]:
    found = [ROOT.root, CHILD.root]
    for one in found:
        found += [other for other in graph.get(one, []) if other not in found]
    return set(found)


@pytest.mark.parametrize("number", range(len(graphs())))
async def test_cycles_and_deleted_referrers(start_registry: StartRegistry, tmp_path: Path, number: int) -> None:
    graph = graphs()[number]
    source, target = start_registry(), start_registry()
    for one in BY_DIGEST.values():
        store_image(source, "a", one, "v1" if one is ROOT else None)
    claim(source, graph)
    for place in (f"{target.url}/b:v1", f"oci:{tmp_path}:v1"):
        result = await images.async_copy(f"{source.url}/a:v1", place, referrers=True)
        assert [one.digest for one in result.missing_referrers] == [GONE["digest"]]
        assert result.manifests_pushed == len(reachable(graph))
    assert {path.name for path in (tmp_path / "blobs" / "sha256").iterdir()} >= {
        one.removeprefix("sha256:") for one in reachable(graph)
    }
    again = await images.async_plan_copy(f"{source.url}/a:v1", f"{target.url}/b:v1", referrers=True)
    assert [one.digest for one in again.missing_referrers] == [GONE["digest"]]
    assert [one.digest for one in again.manifests if one.action == "push"] == []


async def test_an_endless_chain_of_referrers_is_an_error() -> None:
    """A registry can name a new referrer of each manifest."""
    config = descriptor("application/vnd.oci.empty.v1+json", b"{}")

    def manifest(number: int) -> bytes:
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
        return json.dumps(document | {"annotations": {"number": str(number)}}).encode()

    numbers = {digest_of(manifest(number)): number for number in range(1000)}

    def answer(handler: Handler) -> None:
        _, _, name, kind, ref = handler.path.split("?")[0].split("/")
        number = numbers.get(ref, 0)
        if kind == "manifests" and ref.startswith(("v1", "sha256:")) and name == "a":
            handler.reply(200, manifest(number), Content_Type=OCI_MANIFEST)
        elif kind == "referrers":
            entry = descriptor(OCI_MANIFEST, manifest(number + 1))
            body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
            handler.reply(200, json.dumps(body).encode(), Content_Type=OCI_INDEX)
        else:
            handler.reply(404)

    with run_loopback(answer) as server:
        with pytest.raises(ImageError, match=r"referrers .* nested too deep"):
            await images.async_plan_copy(f"{server.url}/a:v1", f"{server.url}/b:v1", referrers=True)
        assert len(server.seen) < 100
