"""Functions that convert records to JSON for a storage in files, and back. Equal records result in equal bytes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from docker_registry_sdk.testing.storage.records import (
    ManifestRecord,
    PushInfo,
    RepositoryRecord,
    V1ImageRecord,
    V1RepositoryRecord,
)


def repository_to_json(repository: RepositoryRecord) -> bytes:
    """Return the record of a repository of API v2 as JSON text."""
    return _to_json(
        {
            "blobs": sorted(repository.blobs),
            "manifests": {
                digest: {
                    "mediaType": manifest.media_type,
                    "size": manifest.size,
                    "content": manifest.content,
                    "subject": manifest.subject,
                }
                for digest, manifest in repository.manifests.items()
            },
            "tags": dict(repository.tags),
        }
    )


def repository_from_json(content: bytes) -> RepositoryRecord:
    """Parse the record of a repository of API v2.

    Args:
        content: The JSON text that `repository_to_json` returned for the record.

    Returns:
        The record.

    Raises:
        ValueError: The text is not JSON, or a field is missing or has the wrong type.
    """
    with _errors_as_value_error():
        document = _object(json.loads(content))
        return RepositoryRecord(
            blobs=frozenset(_text(digest) for digest in _list(document["blobs"])),
            manifests={digest: _manifest(_object(value)) for digest, value in _object(document["manifests"]).items()},
            tags=_texts(document["tags"]),
        )


def v1_repository_to_json(name: str, repository: V1RepositoryRecord) -> bytes:
    """Return the record of a repository of API v1 as JSON text.

    Args:
        name: The name of the repository. The JSON text contains this name, since the file name contains only a hash of it.
        repository: The record.
    """
    return _to_json(
        {
            "name": name,
            "tags": dict(repository.tags),
            "tagFacts": {tag: dict(info) for tag, info in repository.tag_push_info.items()},
            "facts": None if repository.push_info is None else dict(repository.push_info),
            "images": repository.images,
            "private": repository.private,
        }
    )


def v1_repository_from_json(content: bytes) -> tuple[str, V1RepositoryRecord]:
    """Parse the record of a repository of API v1.

    Args:
        content: The JSON text that `v1_repository_to_json` returned for the record.

    Returns:
        The name of the repository and its record.

    Raises:
        ValueError: The text is not JSON, or a field is missing or has the wrong type.
    """
    with _errors_as_value_error():
        document = _object(json.loads(content))
        push_info = document["facts"]
        return _text(document["name"]), V1RepositoryRecord(
            tags=_texts(document["tags"]),
            tag_push_info={tag: _push_info(value) for tag, value in _object(document["tagFacts"]).items()},
            push_info=None if push_info is None else _push_info(push_info),
            images=_text_or_none(document["images"]),
            private=_bool(document["private"]),
        )


def v1_image_to_json(image: V1ImageRecord) -> bytes:
    """Return the record of an image of API v1 as JSON text."""
    return _to_json(
        {
            "json": image.json,
            "ancestry": image.ancestry,
            "layer": image.layer,
            "checksum": image.checksum,
            "complete": image.complete,
        }
    )


def v1_image_from_json(content: bytes) -> V1ImageRecord:
    """Parse the record of an image of API v1.

    Args:
        content: The JSON text that `v1_image_to_json` returned for the record.

    Returns:
        The record.

    Raises:
        ValueError: The text is not JSON, or a field is missing or has the wrong type.
    """
    with _errors_as_value_error():
        document = _object(json.loads(content))
        return V1ImageRecord(
            json=_text(document["json"]),
            ancestry=tuple(_text(image_id) for image_id in _list(document["ancestry"])),
            layer=_text_or_none(document["layer"]),
            checksum=_text_or_none(document["checksum"]),
            complete=_bool(document["complete"]),
        )


def _manifest(document: dict[str, Any]) -> ManifestRecord:
    return ManifestRecord(
        media_type=_text(document["mediaType"]),
        size=_integer(document["size"]),
        content=_text(document["content"]),
        subject=_text_or_none(document["subject"]),
    )


def _push_info(value: object) -> PushInfo:
    return {name: field if isinstance(field, str) else _integer(field) for name, field in _object(value).items()}


def _texts(value: object) -> dict[str, str]:
    return {name: _text(field) for name, field in _object(value).items()}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else _raise_type_error(value, "an object")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else _raise_type_error(value, "an array")


def _text(value: object) -> str:
    return value if isinstance(value, str) else _raise_type_error(value, "a string")


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _integer(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else _raise_type_error(value, "an integer")


def _bool(value: object) -> bool:
    return value if isinstance(value, bool) else _raise_type_error(value, "true or false")


def _raise_type_error(value: object, expected: str) -> NoReturn:
    raise TypeError(f"{value!r} is not {expected}")


def _to_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


@contextmanager
def _errors_as_value_error() -> Iterator[None]:
    """Raise a ValueError if the `with` block fails since a field is missing (KeyError) or has the wrong type (TypeError)."""
    try:
        yield
    except (KeyError, TypeError) as error:
        raise ValueError(f"a field of the record is missing or has the wrong type ({error!r})") from error
