"""Parse Docker's config.json and Podman's auth.json: the names of credential helpers, and stored credentials.

Sources: https://docs.docker.com/reference/cli/docker/login/#credential-stores and
https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from .._core.text.redaction import quoted, redact_url
from ..errors import AuthError
from .credential import Credential
from .helpers import HelperCall
from .registry_keys import helper_servers, matching_keys

# From the key in the file to the argument of `Credential`.
_TOKENS: Final = {"registrytoken": "registry_token", "identitytoken": "identity_token"}
_FILE_HINT: Final = "Correct the file, or log in again."


@frozen
class CredentialConfig:
    """The part of a configuration file that concerns credentials.

    Attributes:
        location: The path of the file, or the name of the environment variable, for messages.
        auths: The entries with stored credentials, not yet parsed, by key. A key names a registry, or in Podman's files also a
            repository.
        creds_store: The name of the helper for all registries; None if the file names no such helper.
        cred_helpers: The names of the helpers for single registries, by key.
    """

    location: str
    auths: Mapping[str, Any] = field(repr=False)
    creds_store: str | None = None
    cred_helpers: Mapping[str, str] = field(factory=dict)

    def helper_calls(self, registry: str) -> list[HelperCall]:
        """Return the helper calls to make for a registry, in order, before a stored credential is used.

        The list is empty if the file names no helper for the registry.

        Args:
            registry: The name of the registry.

        Raises:
            AuthError: The name of a helper is invalid.
        """
        own = [self.cred_helpers[key] for key in matching_keys(self.cred_helpers, registry, None)][:1]
        # An empty name means that this registry's credential is stored in the file, in spite of `credsStore`.
        if own == [""]:
            return []
        helpers = dict.fromkeys(own, "credHelpers")
        if self.creds_store:
            helpers.setdefault(self.creds_store, "credsStore")
        return [
            HelperCall(name, server, f"{key} in {self.location}")
            for name, key in helpers.items()
            for server in helper_servers(registry)
        ]

    def stored_credential(self, registry: str, repo: str | None) -> Credential | None:
        """Return the credential that the file itself contains for a repository; None if the file contains no such credential.

        Args:
            registry: The name of the registry.
            repo: The repository's name in the registry; None to find only a credential for the whole registry.

        Raises:
            AuthError: The entry in the file is invalid.
        """
        for key in matching_keys(self.auths, registry, repo):
            source = f"auths entry {quoted(redact_url(key))} in {self.location}"
            if (credential := _parse_entry(self.auths[key], source)) is not None:
                return credential
        return None


def parse_config(content: bytes, location: str, *, legacy: bool = False) -> CredentialConfig:
    """Parse the content of a configuration file.

    Args:
        content: The bytes of the file.
        location: The path of the file, or the name of the variable, for messages.
        legacy: Whether the file is a .dockercfg. The whole JSON object in a .dockercfg has the form of `auths` in config.json.

    Raises:
        AuthError: The content is not JSON, or `auths`, `credHelpers` or `credsStore` has a wrong type.
    """
    document, problem = _parse_json(content)
    if problem:
        raise AuthError(problem, source=location, hint=_FILE_HINT)
    if not isinstance(document, dict):
        raise AuthError("the content is not a JSON object", source=location, hint=_FILE_HINT)
    if legacy:
        return CredentialConfig(location, document)
    store = document.get("credsStore")
    if store is not None and not isinstance(store, str):
        raise AuthError(
            "the value of credsStore must be a string with the name of a helper",
            source=location,
            hint="Correct the file, or remove credsStore from it.",
        )
    helpers = _object(document, "credHelpers", location)
    if not all(isinstance(name, str) for name in helpers.values()):
        raise AuthError(
            "the values in credHelpers must be strings with the names of helpers",
            source=location,
            hint="Correct the file, or remove credHelpers from it.",
        )
    return CredentialConfig(location, _object(document, "auths", location), store or None, helpers)


def _parse_json(content: bytes) -> tuple[object, str]:
    """Return the parsed document and an empty string, or None and an error message if the content is not JSON.

    The exception of the JSON parser is not raised, since that exception contains the file's content, which holds secrets.
    """
    try:
        return json.loads(content.decode("utf-8-sig") or "{}"), ""
    except json.JSONDecodeError as error:
        return None, f"the content is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        return None, f"the content is not UTF-8 text: byte {error.start} is invalid"
    except (ValueError, RecursionError):
        return None, "the JSON cannot be parsed: it is nested too deeply, or a number is too long"


def _object(document: Mapping[str, Any], name: str, location: str) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AuthError(f"the value of {name} must be a JSON object", source=location, hint=_FILE_HINT)
    return value


def _parse_entry(entry: object, source: str) -> Credential | None:
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise AuthError("the entry for the registry must be a JSON object", source=source, hint=_FILE_HINT)
    texts = {name: _text(entry, name, source) for name in ("auth", "username", "password", *_TOKENS)}
    username, password = _decode_auth(texts["auth"], source) if texts["auth"] else (texts["username"], texts["password"])
    try:
        for name, argument in _TOKENS.items():
            if texts[name]:
                return Credential(username or None, **{argument: texts[name]}, source=source)
        # Docker writes an empty entry when a helper stores the credential.
        return Credential(username, password or "", source=source) if username else None
    except ValueError as error:
        raise AuthError(str(error), source=source, hint=_FILE_HINT) from None


def _text(entry: Mapping[str, Any], name: str, source: str) -> str:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise AuthError(f"the value of {name} must be a string", source=source, hint=_FILE_HINT)
    return value or ""


def _decode_auth(auth: str, source: str) -> tuple[str, str]:
    compact = "".join(auth.split())
    text = None
    with contextlib.suppress(binascii.Error, ValueError):  # these exceptions contain the secret
        text = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode()
    if text is None:
        raise AuthError(
            "the value of auth is not UTF-8 text encoded in base64",
            source=source,
            hint="Log in again, or encode username:password in base64.",
        )
    username, colon, password = text.partition(":")
    if not colon or not username:
        raise AuthError(
            "the value of auth must be username:password in base64, but the username or the colon is missing",
            source=source,
            hint="Log in again, or encode username:password in base64.",
        )
    # Old versions of Docker padded passwords with zero bytes.
    return username, password.strip("\0")
