"""Credentials, and providers that find them in the configuration files of Docker and Podman or with credential helpers.

from docker_registry_sdk.credentials import ConfigFileCredentials

credential = ConfigFileCredentials().get_credential("quay.io", "coreos/etcd")
credential.source                       # "auths entry 'quay.io' in …/.docker/config.json"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._async.config_files import AsyncConfigFileCredentials as AsyncConfigFileCredentials
    from ._sync.config_files import ConfigFileCredentials as ConfigFileCredentials
    from .credential import Credential as Credential
    from .provider import AsyncCredentialProvider as AsyncCredentialProvider
    from .provider import CredentialProvider as CredentialProvider
    from .provider import CredentialSearch as CredentialSearch
    from .provider import ExplicitCredentials as ExplicitCredentials
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
