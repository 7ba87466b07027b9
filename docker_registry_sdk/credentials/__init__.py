"""Where credentials come from: given by the caller, from Docker's and Podman's files and their helpers, or from a provider.

from docker_registry_sdk.credentials import ConfigFileCredentials

credential = ConfigFileCredentials().get_credential("quay.io", "coreos/etcd")
credential.source                           # "auths entry 'quay.io' in …/.docker/config.json"
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._async.config_files import AsyncConfigFileCredentials as AsyncConfigFileCredentials
    from ._sync.config_files import ConfigFileCredentials as ConfigFileCredentials
    from .credential import Credential as Credential
    from .provider import AsyncCredentialProvider as AsyncCredentialProvider
    from .provider import CredentialProvider as CredentialProvider
    from .provider import ExplicitCredentials as ExplicitCredentials

_MODULES = {
    "AsyncConfigFileCredentials": "._async.config_files",
    "AsyncCredentialProvider": ".provider",
    "ConfigFileCredentials": "._sync.config_files",
    "Credential": ".credential",
    "CredentialProvider": ".provider",
    "ExplicitCredentials": ".provider",
}

__all__ = [
    "AsyncConfigFileCredentials",
    "AsyncCredentialProvider",
    "ConfigFileCredentials",
    "Credential",
    "CredentialProvider",
    "ExplicitCredentials",
]

# Hidden from type checkers, which know the names from above, so that they see a misspelt one.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
