"""What a copy has to do: found out by asking, and nothing is changed yet."""

from __future__ import annotations

from functools import partial
from typing import Literal

from attrs import define, field

from ..._core.concurrency.gather import CancelFlag, async_gather
from ..._core.text.redaction import quoted
from ...digest import Digest
from ...errors import ImageError
from ...media_types import DOCKER_LIST, OCI_INDEX
from ...v2.models import Descriptor
from ..copy_plan import BlobAction, PlannedBlob, PlannedManifest
from ..manifest_contents import (
    MAX_INDEX_DEPTH,
    MAX_MANIFESTS,
    MAX_MANIFESTS_BYTES,
    BlobDescriptor,
    ManifestContents,
    StoredManifest,
    blob_descriptor,
    merge_blob,
    parse_contents,
)
from .interfaces import AsyncImageSource, AsyncImageTarget

DEFAULT_CONCURRENCY = 6
_INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})


@define(kw_only=True)
class _Node:
    """A manifest that is copied.

    Attributes:
        descriptor: What names it.
        role: What it is in the copy.
        there: Whether the target has it.
        stored: Its bytes, where they are needed.
        contents: What it names, likewise.
    """

    descriptor: Descriptor
    role: Literal["root", "child", "referrer"]
    there: bool = False
    stored: StoredManifest | None = None
    contents: ManifestContents = field(factory=ManifestContents)


class AsyncPlanner:
    """Plans one copy.

    Args:
        source: What holds the image.
        target: What it goes to.
        referrers: Whether what is about the manifests goes with them.
        use_urls: Whether layers that are not meant to be distributed are copied.
    """

    def __init__(self, source: AsyncImageSource, target: AsyncImageTarget, referrers: bool, use_urls: bool) -> None:
        self._source = source
        self._target = target
        self._referrers = referrers
        self._use_urls = use_urls
        self._nodes: dict[Digest, _Node] = {}
        self._loose: dict[Digest, BlobDescriptor] = {}  # blobs that an index names
        self._names: dict[Digest, tuple[str, int]] = {}  # media type and size of each manifest, by what names it
        self._named = False

    async def run(self, root: StoredManifest) -> tuple[tuple[PlannedBlob, ...], tuple[PlannedManifest, ...]]:
        """Return what happens to each blob and to each manifest.

        Args:
            root: What is copied.

        Raises:
            ImageError: It is nested too deep, or is too much.
        """
        await self._walk(root)
        blobs = dict(self._loose)
        for node in self._nodes.values():
            if not (node.there and self._target.whole):
                for blob in node.contents.blobs:
                    merge_blob(blobs, blob)
        actions = await async_gather([partial(self._decide, blob) for blob in blobs.values()], DEFAULT_CONCURRENCY, CancelFlag())
        planned_blobs = (PlannedBlob(blob=blob, action=action) for blob, action in zip(blobs.values(), actions, strict=True))
        return tuple(planned_blobs), tuple(self._planned(node) for node in self._ordered(root.digest))

    async def _walk(self, root: StoredManifest) -> None:
        descriptor = Descriptor(media_type=root.media_type, digest=root.digest, size=len(root.raw))
        level = [_Node(descriptor=descriptor, role="root", stored=root)]
        size = 0
        for _ in range(MAX_INDEX_DEPTH + 1):
            for node in level:
                self._nodes[Digest(node.descriptor.digest)] = node
            if len(self._nodes) > MAX_MANIFESTS:
                raise ImageError(f"the image has more than {MAX_MANIFESTS} manifests, which is too much to copy at once")
            following = await async_gather([partial(self._look, node) for node in level], DEFAULT_CONCURRENCY, CancelFlag())
            size += sum(len(node.stored.raw) for node in level if node.stored is not None)
            if size > MAX_MANIFESTS_BYTES:
                raise ImageError(
                    f"the image's manifests have more than {MAX_MANIFESTS_BYTES} bytes, which is too much to copy at once"
                )
            nodes = {self._check_name(node.descriptor): node for nodes in following for node in nodes}
            level = [node for digest, node in nodes.items() if digest not in self._nodes and digest not in self._loose]
            if not level:
                return
        raise ImageError(f"an index names an index, and so on, more than {MAX_INDEX_DEPTH} times")

    def _check_name(self, descriptor: Descriptor) -> Digest:
        """Return the digest of a descriptor, once it says of it what others have said: as something else it would lack parts."""
        digest, said = Digest(descriptor.digest), (descriptor.media_type, descriptor.size)
        known = self._names.setdefault(digest, said)
        if known != said:
            shown = " and as ".join(f"{quoted(media_type)} of {size} bytes" for media_type, size in (known, said))
            raise ImageError(f"{digest} is named as {shown}; it is not copied")
        return digest

    async def _look(self, node: _Node) -> list[_Node]:
        """Find out what a manifest names and whether it is there; return the manifests that follow from it."""
        digest = Digest(node.descriptor.digest)
        if node.role == "root":
            self._named = await self._target.names(digest)
        node.there = (node.role == "root" and self._named) or await self._target.has_manifest(digest)
        # What an index names can have been deleted while it is still there.
        if not (node.there and self._target.whole and node.descriptor.media_type not in _INDEXES):
            node.stored = node.stored or await self._source.manifest(node.descriptor)
            if node.stored is None:
                del self._nodes[digest]
                self._loose[digest] = blob_descriptor(node.descriptor)
                return []
            node.contents = parse_contents(node.stored)
        following = [_Node(descriptor=one, role="child") for one in node.contents.children]
        if self._referrers:
            following += [_Node(descriptor=one, role="referrer") for one in await self._source.referrers(digest)]
        return following

    async def _decide(self, blob: BlobDescriptor) -> BlobAction:
        if blob.is_external and not self._use_urls:
            return "leave"
        if await self._target.has_blob(blob):
            return "skip"
        return "mount" if self._target.mounts_from(self._source.repo) else "move"

    def _ordered(self, root: Digest) -> list[_Node]:
        """Return the manifests so that each comes after those that it names, and the root last."""
        ordered: dict[Digest, _Node] = {}

        def visit(digest: Digest) -> None:
            node = self._nodes.get(digest)
            if node is None or digest in ordered:
                return
            for child in node.contents.children:
                visit(Digest(child.digest))
            ordered[digest] = node

        for digest in self._nodes:
            if digest != root:
                visit(digest)
        visit(root)
        return list(ordered.values())

    def _planned(self, node: _Node) -> PlannedManifest:
        skipped = node.there and (node.role != "root" or self._named)
        return PlannedManifest(
            digest=Digest(node.descriptor.digest),
            media_type=node.descriptor.media_type if node.stored is None else node.stored.media_type,
            size=node.descriptor.size,
            action="skip" if skipped else "push",
            role=node.role,
            names_manifests=bool(node.contents.children),
            has_subject=node.contents.subject is not None,
            raw=b"" if skipped or node.stored is None else node.stored.raw,
        )
