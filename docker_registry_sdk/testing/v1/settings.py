"""The settings of API v1."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

Role: TypeAlias = Literal["standalone", "both", "index", "registry"]


@attrs.frozen(kw_only=True)
class V1Settings:
    """The role of a host in API v1, and its behaviour.

    Args:
        role: `standalone` is docker-registry 0.9 on its own: it is also the index, and does not check tokens. `both` is an index
            and a registry on one host, and the registry checks the tokens of the index. `index` and `registry` are only one of
            the two.
        endpoints: The hosts of registries that the index sends in ``X-Docker-Endpoints``. If empty, the index sends the running
            registries that were created with it as their index, or, if there are none, the Host header of the request.
        cookies: Whether a registry sends a session cookie in response to a token. docker-registry 0.9 does not.
        single_use: Whether a token is valid for one request only. The default is the value of `cookies`, since a client without a
            session could send only one request. If index and registry are two hosts, set `cookies` on both.
        users: The passwords of the index's users by name. Only users may push, delete, and read private repositories. None
            accepts all clients without a check, as docker-registry does.
        search: Whether the index supports search.
        diff: Whether the registry computes the changes in a layer; if not, a request for them gets an error.
        layer_redirect: Whether the registry redirects requests for a layer to a signed URL on the same host; or the root URL of
            another host with the same storage, to redirect there.
        crashes: Whether a request that crashes docker-registry 0.9 gets its status 500; if not, it gets 400.

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
            raise ValueError("a standalone registry does not check users; set users on a host with the role `index` or `both`")

    @property
    def standalone(self) -> bool:
        """Whether the host is index and registry in one and does not check tokens."""
        return self.role == "standalone"

    @property
    def is_index(self) -> bool:
        """Whether the host is an index."""
        return self.role != "registry"

    @property
    def is_registry(self) -> bool:
        """Whether the host is a registry."""
        return self.role != "index"
