"""The range of a layer that a client asks for, as docker-registry 0.9 understands it."""

import re

import attrs

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


@attrs.frozen
class LayerRange:
    """A part of a layer.

    Args:
        first: The position of its first byte.
        last: The position of its last byte; it may lie behind the end of the layer.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes are promised, which may be more than there are."""
        return self.last - self.first + 1

    @property
    def valid(self) -> bool:
        """Whether it is answered at all: a range of fewer than two bytes is not."""
        return self.first >= 0 and self.length >= 2

    def content_range(self, size: int) -> str:
        """Return the `Content-Range` that announces it: without the unit.

        Args:
            size: The length of the layer.
        """
        return f"{self.first}-{self.last}/{size}"


def parse_layer_range(header: str | None, size: int) -> LayerRange | None:
    """Read a `Range` header.

    Args:
        header: Its value, or None when there is none.
        size: The length of the layer.

    Returns:
        The range; an open one ends at the size of the layer, one byte too far. None when the whole layer is to be sent, since
        there is no header, or it makes no sense: several ranges, or one that counts from the end.

    Source: docker-registry 0.9, images._parse_bytes_range and images._get_image_layer.
    """
    unit, _, specification = (header or "").partition("=")
    parts = specification.split("-")
    if unit != "bytes" or (len(parts) != 2 and not specification.endswith("-")):
        return None
    first, last = parts[0], parts[1]
    if not _INTEGER.fullmatch(first):
        return None
    if last == "":
        return LayerRange(int(first), size or -1)
    return LayerRange(int(first), int(last)) if _INTEGER.fullmatch(last) else None
