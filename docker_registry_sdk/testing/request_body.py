"""The body of a request, in pieces of a size that is worth a thread's while."""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

BLOCK = 1024 * 1024
"""About how many bytes are handed out at a time."""


async def body_blocks(request: Request) -> AsyncIterator[list[bytes]]:
    """Gather a body into blocks.

    Args:
        request: The request.

    Yields:
        A list of pieces as they came; what came before the client broke off is among them.

    Raises:
        ClientDisconnect: The client broke off.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            if piece:
                pieces.append(piece)
                size += len(piece)
            if size >= BLOCK:
                yield pieces
                pieces, size = [], 0
    except ClientDisconnect:
        if pieces:
            yield pieces
        raise
    if pieces:
        yield pieces
