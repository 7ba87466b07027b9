"""Cookies have no place in API v2."""

from __future__ import annotations

import pytest

from tests.core.wire.loopback import Handler, run_loopback
from tests.support.sessions import KINDS, Kind, open_session


@pytest.mark.parametrize("kind", KINDS)
def test_a_cookie_is_never_sent_back(kind: Kind) -> None:
    def answer(handler: Handler) -> None:
        if handler.path == "/v2/" and len(server.seen) == 1:
            handler.reply(307, Location="/v2/?again", Set_Cookie="session=x; Path=/")
        else:
            handler.reply(200, b"{}", Set_Cookie="sid=y; Path=/")

    with run_loopback(answer) as server, open_session(kind, f"{server.url}/a") as session:
        for _ in range(3):
            session.call("ping")
    assert len(server.seen) == 4
    assert not any("cookie" in seen.headers for seen in server.seen)
