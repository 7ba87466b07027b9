"""`tags`, `referrers` and `delete`."""

from __future__ import annotations

import json

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import RunCli
from tests.support.images import OCI_MANIFEST, digest_of
from tests.support.skopeo import MultiPlatformImage


def test_tags(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app"
    assert run_cli("tags", name).lines == ["1.0", "1.1", "latest"]
    documents = [json.loads(line) for line in run_cli("tags", name, "--json").lines]
    assert documents == [{"tag": tag} for tag in ("1.0", "1.1", "latest")]


def test_referrers(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    name = f"{open_registry.host}/team/app"
    subject = {"mediaType": images.media_type, "digest": digest_of(images.index), "size": len(images.index)}
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
    pushed = {}
    with RegistryClientV2(name) as client:
        client.blob_upload(b"{}")
        for kind in ("text/poem", "text/song"):
            document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": kind, "config": empty, "layers": [empty]}
            content = json.dumps({**document, "subject": subject, "annotations": {"by": "me"}}).encode()
            pushed[kind] = (client.put_manifest(content, digest_of(content), media_type=OCI_MANIFEST).digest, len(content))
    assert sorted(line.split("\t") for line in run_cli("referrers", name).lines) == sorted(
        [digest, str(size), kind, OCI_MANIFEST] for kind, (digest, size) in pushed.items()
    )
    (line,) = run_cli("referrers", f"{name}@{digest_of(images.index)}", "--type", "text/song", "--json").lines
    digest, size = pushed["text/song"]
    assert json.loads(line) == {
        "digest": digest,
        "size": size,
        "artifact_type": "text/song",
        "media_type": OCI_MANIFEST,
        "annotations": {"by": "me"},
    }


def test_delete(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    name = f"{open_registry.host}/team/app"
    run_cli("delete", name).check_failure(2)
    run_cli("delete", f"{name}:1.0@{digest_of(images.index)}").check_failure(2)
    assert run_cli("tags", name).lines == ["1.0", "1.1", "latest"]
    assert run_cli("delete", f"{name}:1.0").lines == [f"deleted\t{name}", "tag\t1.0"]
    assert run_cli("tags", name).lines == ["1.1", "latest"]
    assert run_cli("delete", f"{name}@{digest_of(images.index)}").code == 0
    assert run_cli("tags", name).lines == []
    run_cli("delete", f"{name}:1.1").check_failure(3)
