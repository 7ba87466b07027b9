"""The settings of API v1."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

Role: TypeAlias = Literal["standalone", "both", "index", "registry"]


@attrs.frozen(kw_only=True)
class V1Settings:
    """The settings of API v1: the role of the embedded registry and details of its behaviour.

    Args:
        role: `standalone` selects a registry like docker-registry 0.9 by itself, which is its own index and checks no tokens.
            `both` selects an index and a registry on one host, where the registry checks the tokens of the index. `index` selects
            only an index, and `registry` only a registry.
        endpoints: The hosts of registries that the index sends in the header ``X-Docker-Endpoints``. If no hosts are given, the
            index sends the hosts of the running registries whose argument `index` is this index. If there are no such registries,
            it sends the Host header of the request.
        cookies: Whether the registry opens a session and sends its cookie when it receives a token. docker-registry 0.9 does not
            use cookies.
        single_use: Whether a token is valid for only one request. By default, it is if `cookies` is True: then a client needs no
            token for further requests. If index and registry are two hosts, set `cookies` for both.
        users: The password of each user name. The index allows only these users to push, to delete, and to read private
            repositories. None accepts all clients without a check, as docker-registry does.
        search: Whether the index supports search.
        diff: Whether the registry computes the changes that a layer makes. If False, requests for the changes get an error.
        layer_redirect: True redirects requests for a layer to a signed URL on the same host. The root URL of another embedded
            registry with the same storage redirects to a signed URL of that registry.
        crashes: Whether the status is 500 for a request that crashes docker-registry 0.9. If False, the status is 400.

    Raises:
        ValueError: `users` is given, and the role is `standalone`.
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
            raise ValueError(
                "users cannot be given for the role 'standalone', which does not check users; use the role 'index' or 'both'"
            )

    @property
    def standalone(self) -> bool:
        """Return whether the role is `standalone`: an index and a registry that does not check tokens."""
        return self.role == "standalone"

    @property
    def is_index(self) -> bool:
        """Return whether the role includes an index."""
        return self.role != "registry"

    @property
    def is_registry(self) -> bool:
        """Return whether the role includes a registry."""
        return self.role != "index"
