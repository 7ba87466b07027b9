"""The result of async calls that open something."""

from __future__ import annotations

from typing import Any

import pytest

from docker_registry_sdk._core.concurrency.opening import AsyncOpening

pytestmark = pytest.mark.anyio


class Door:
    """An object that notes when it is entered and closed."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __aenter__(self) -> Door:
        self.events.append("entered")
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.events.append("closed")


async def open_door() -> Door:
    return Door()


async def fail() -> Door:
    raise KeyError("no door")


async def test_it_can_be_awaited() -> None:
    door = await AsyncOpening(open_door())
    assert door.events == []
    async with door:
        assert door.events == ["entered"]


async def test_a_block_closes_the_opened_object() -> None:
    async with AsyncOpening(open_door()) as door:
        assert door.events == ["entered"]
    assert door.events == ["entered", "closed"]
    async with await AsyncOpening(open_door()) as door:
        assert door.events == ["entered"]


async def test_errors_pass_through() -> None:
    opened: list[Door] = []

    async def use() -> None:
        async with AsyncOpening(open_door()) as door:
            opened.append(door)
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        await use()
    assert opened[0].events == ["entered", "closed"]
    with pytest.raises(KeyError):
        async with AsyncOpening(fail()):
            pass
    with pytest.raises(KeyError):
        await AsyncOpening(fail())


async def test_an_attribute_before_the_call_has_begun_says_what_to_do() -> None:
    opening = AsyncOpening(open_door())
    with pytest.raises(AttributeError, match="await it, or use it with 'async with', before you use events"):
        opening.events  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
    await opening
