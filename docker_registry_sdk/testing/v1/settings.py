"""The settings of API v1."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

V1Role: TypeAlias = Literal["standalone", "both", "index", "registry"]


@attrs.frozen(kw_only=True)
class V1Settings:
    """The settings of API v1: the role of the embedded registry, and details of the behaviour.

    Args:
        role: `standalone` selects a registry that also acts as an index but checks no tokens, like docker-registry 0.9 without a
            separate index. `both` selects an index and a registry on one host, where the registry requires a token of the index.
            `index` selects only an index. `registry` selects only a registry, which requires a token of an index on another host.
        endpoints: The hosts of registries that the index sends in the header ``X-Docker-Endpoints``. If `endpoints` is empty, the
            index sends the hosts of the running embedded registries that were created with this index as the argument `index`.
            If no such registry is running, the index sends the Host header of the request.
        cookies: Whether the registry sends a session cookie when it receives a token, so that the client needs no token for
            further requests. docker-registry 0.9 does not use cookies.
        single_use: Whether the index accepts a token for only one request. The default is the value of `cookies`. If the index
            and the registry are two embedded registries, each has its own settings: set `cookies` for both.
        users: The password of each user name. The index allows only these users to push, to delete, and to read private
            repositories. None means that the index accepts all clients without a check, as docker-registry does.
        search: Whether the index supports the search for repositories. If False, the index answers such requests with 404.
        diff: Whether the registry computes the changes that a layer makes. If False, requests for the changes are answered with
            400.
        layer_redirect: Whether requests for a layer are redirected to a signed URL, as to an object store. False means no
            redirect, and True a redirect to a signed URL on the same host. The value can also be the root URL of another embedded
            registry with the same storage; then requests are redirected to a signed URL of the other registry.
        crashes: Whether the status is 500 for a request that makes docker-registry 0.9 crash. If False, the status is 400.

    Raises:
        ValueError: `users` is given, and the role is `standalone`.
    """

    role: V1Role = "standalone"
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
        """Return whether the role is `standalone`: a registry that also acts as an index but checks no tokens."""
        return self.role == "standalone"

    @property
    def is_index(self) -> bool:
        """Return whether the role includes an index: whether the role is `standalone`, `both` or `index`."""
        return self.role != "registry"

    @property
    def is_registry(self) -> bool:
        """Return whether the role includes a registry: whether the role is `standalone`, `both` or `registry`."""
        return self.role != "index"
