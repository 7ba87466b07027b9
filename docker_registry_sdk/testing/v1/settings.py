"""What a caller may choose about API v1."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

Role: TypeAlias = Literal["standalone", "both", "index", "registry"]


@attrs.frozen(kw_only=True)
class V1Settings:
    """Which parts of API v1 a host plays, and how.

    Args:
        role: `standalone` is docker-registry 0.9 by itself: it plays the index too, and its tokens mean nothing. `both` is an
            index and a registry on one host, and the registry checks the tokens of the index. `index` and `registry` are one
            of these alone.
        endpoints: What the index names in ``X-Docker-Endpoints``. When empty, it names the registries that were started with
            it as their index, and without any the Host of the request, which is itself.
        cookies: Whether a registry gives a session cookie for a token. docker-registry 0.9 gives none.
        single_use: Whether a token is good for one call only. When it is not said, it is so with cookies alone: without them
            nobody could make a second call. Of two hosts, the index has to know that the registry gives cookies.
        users: The users of the index and their passwords: only they may push, delete and read what is private. None lets
            everybody in, as docker-registry does.
        search: Whether there is a search.
        diff: Whether there is a worker that computes what a layer changes; without one the answer is an error.
        layer_redirect: Whether a layer is answered by a redirect to a signed URL on this host; or the root of another host that
            serves the same storage.
        crashes: Whether what made docker-registry 0.9 crash is answered with its 500, and else with a 400.

    Raises:
        ValueError: A standalone host has users.
    """

    role: Role = "standalone"
    endpoints: tuple[str, ...] = ()
    cookies: bool = False
    single_use: bool = attrs.field(default=attrs.Factory(lambda self: self.cookies, takes_self=True))
    users: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    search: bool = True
    diff: bool = True
    layer_redirect: bool | str = False
    crashes: bool = True

    def __attrs_post_init__(self) -> None:
        if self.standalone and self.users is not None:
            raise ValueError("a standalone registry lets everybody in; give the users to an index")

    @property
    def standalone(self) -> bool:
        """Whether tokens mean nothing."""
        return self.role == "standalone"

    @property
    def is_index(self) -> bool:
        """Whether the host plays the index."""
        return self.role != "registry"

    @property
    def is_registry(self) -> bool:
        """Whether the host plays a registry."""
        return self.role != "index"
