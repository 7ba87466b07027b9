"""Images in a registry on loopback, a layout or an archive, with manifests that a registry would refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.core.wire.loopback import Handler, run_loopback
from tests.images.built_images import BuiltImage, descriptor_of
from tests.images.docker_archives import write_tar

KINDS: Final = ("registry", "layout", "archive")


def layout_files(image: BuiltImage) -> dict[str, bytes]:
    """Return the files of a layout with an image under the tag `v1`, by their names.

    Args:
        image: The image.
    """
    contents = {**image.blobs, **{digest: raw for digest, (_, raw) in image.manifests.items()}}
    entry = {**descriptor_of(image), "annotations": {"org.opencontainers.image.ref.name": "v1"}}
    return {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
        **{f"blobs/{digest.replace(':', '/')}": content for digest, content in contents.items()},
    }


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder, which is created.

    Args:
        folder: The folder.
        files: The content of each file, by its name.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def stored_image(kind: str, image: BuiltImage, folder: Path) -> Iterator[str]:
    """Store an image, and return its place for `copy`.

    Args:
        kind: `registry` for a server on loopback, `layout` or `archive`.
        image: The image. Nothing is checked: its manifests may be malformed, and blobs may be missing.
        folder: An empty folder for files.
    """
    if kind == "layout":
        write_files(folder / "source", layout_files(image))
        yield f"oci:{folder / 'source'}:v1"
    elif kind == "archive":
        yield f"docker-archive:{write_tar(folder / 'source.tar', layout_files(image))}:v1"
    else:
        with run_loopback(lambda handler: answer_image(handler, image)) as registry:
            yield f"{registry.url}/a:v1"


def answer_image(handler: Handler, image: BuiltImage) -> None:
    """Answer a request to a registry with an image in the repository `a`, under the tag `v1`.

    Args:
        handler: The handler of the request.
        image: The image.
    """
    kind, _, ref = handler.path.removeprefix("/v2/a/").partition("/")
    ref = image.root if ref == "v1" else ref
    if kind == "manifests" and ref in image.manifests:
        media_type, raw = image.manifests[ref]
        handler.reply(200, raw, Content_Type=media_type, Docker_Content_Digest=ref)
    elif kind == "blobs" and ref in image.blobs:
        handler.reply(200, image.blobs[ref], Content_Type="application/octet-stream")
    else:
        handler.reply(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}', Content_Type="application/json")
