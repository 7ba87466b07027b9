"""The files of an image's layer, and what they change about those of its ancestors."""

import asyncio
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.v1_records import V1Image
from docker_registry_sdk.testing.v1.answers import V1Error, raw_reply, reply
from docker_registry_sdk.testing.v1.caching import cache_headers, not_modified
from docker_registry_sdk.testing.v1.gate import Gate
from docker_registry_sdk.testing.v1.images import existing, open_image
from docker_registry_sdk.testing.v1.layer_tar import FileInfo, list_files
from docker_registry_sdk.testing.v1.layers import open_layer

_DELETED = 2  # where a file's facts say so


@attrs.frozen
class LayerChanges:
    """The handlers of `/v1/images/<id>/files` and `diff`.

    Args:
        storage: Where the layers are.
        gate: Who may call.

    Source: docker-registry 0.9, images.py and lib/layers.py.
    """

    storage: Storage
    gate: Gate
    _asked: set[str] = attrs.field(factory=set[str], init=False)

    async def files(self, request: Request) -> Response:
        """List the files in a layer."""
        granted, image_id, image = await open_image(request, self.storage, self.gate)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.gate.check_image, granted, image_id)
        return reply(await asyncio.to_thread(self._list, existing(image)), headers=cache_headers())

    async def diff(self, request: Request) -> Response:
        """Tell what a layer changes; nothing at the first call, which tells the worker to compute it, nor if it fails."""
        granted, image_id, image = await open_image(request, self.storage, self.gate)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        if not self.gate.settings.diff:
            raise V1Error("Diff queue is disabled")
        await asyncio.to_thread(self.gate.check_image, granted, image_id)
        if image is not None and image_id in self._asked:
            try:
                return reply(await asyncio.to_thread(self._compare, image), headers=cache_headers())
            except V1Error:
                pass
        elif image is not None:
            self._asked.add(image_id)
        return raw_reply(b"", headers=cache_headers())

    def _list(self, image: V1Image) -> list[FileInfo]:
        return list_files(open_layer(self.storage, image))

    def _compare(self, image: V1Image) -> dict[str, dict[str, tuple[Any, ...]]]:
        """Sort the files of a layer by what the nearest ancestor that has them says of them."""
        changes: dict[str, dict[str, tuple[Any, ...]]] = {"deleted": {}, "changed": {}, "created": {}}
        files = {info[0]: info for info in self._list(image)}
        for ancestor in image.ancestry[1:]:
            before = {info[0]: info for info in self._list(existing(self.storage.v1.load_image(ancestor)))}
            for path, info in list(files.items()):
                if info[_DELETED]:
                    kind = "deleted"
                elif path in before:
                    kind = "created" if before[path][_DELETED] else "changed"
                else:
                    continue
                changes[kind][path] = files.pop(path)[1:]
        changes["created"].update({path: info[1:] for path, info in files.items()})
        return changes
