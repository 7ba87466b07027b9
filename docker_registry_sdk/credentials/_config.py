"""Docker's config.json and Podman's auth.json, once they are read: what is in them for a repository.

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
from ._helper import HelperCall
from ._keys import helper_servers, matching_keys
from .credential import Credential

_TOKENS: Final = {"registrytoken": "registry_token", "identitytoken": "identity_token"}


@frozen
class Config:
    """What a file holds of credentials.

    Attributes:
        place: Where it stands, for messages.
        auths: Its entries by key, as they stand there.
        creds_store: The name of the helper for all registries, None when there is none.
        cred_helpers: The names of the helpers for single registries.
    """

    place: str
    auths: Mapping[str, Any] = field(repr=False)
    creds_store: str | None = None
    cred_helpers: Mapping[str, str] = field(factory=dict)

    def helper_calls(self, registry: str) -> list[HelperCall]:
        """Return the questions to ask of helpers before looking into the file, in their order.

        Args:
            registry: The name of the registry.

        Raises:
            AuthError: A helper's name is none.
        """
        own = [self.cred_helpers[key] for key in matching_keys(self.cred_helpers, registry, None)][:1]
        # An empty name says that this registry's credentials stand in the file, whatever the store for all the others is.
        if own == [""]:
            return []
        helpers = dict.fromkeys(own, "credHelpers")
        if self.creds_store:
            helpers.setdefault(self.creds_store, "credsStore")
        return [
            HelperCall(name, server, f"{key} in {self.place}")
            for name, key in helpers.items()
            for server in helper_servers(registry)
        ]

    def credential_for(self, registry: str, repo: str | None) -> Credential | None:
        """Return the credential that stands in the file itself, None when there is none.

        Args:
            registry: The name of the registry.
            repo: The repository's name there, None when no repository is meant.

        Raises:
            AuthError: The entry for it is broken.
        """
        for key in matching_keys(self.auths, registry, repo):
            source = f"auths entry {quoted(redact_url(key))} in {self.place}"
            if (found := _credential(self.auths[key], source)) is not None:
                return found
        return None


def parse_config(content: bytes, place: str, *, legacy: bool = False) -> Config:
    """Return what a file holds of credentials.

    Args:
        content: The bytes of the file.
        place: Where it stands, for messages.
        legacy: Whether it is a .dockercfg, which holds the entries and nothing else.

    Raises:
        AuthError: It is no JSON, or what matters here does not have the form it should have.
    """
    document, problem = _parsed(content)
    if problem:
        raise AuthError(problem, source=place)
    if not isinstance(document, dict):
        raise AuthError("it should hold a JSON object", source=place)
    if legacy:
        return Config(place, document)
    store = document.get("credsStore")
    if store is not None and not isinstance(store, str):
        raise AuthError("its credsStore should be text, the name of a helper", source=place)
    helpers = _object(document, "credHelpers", place)
    if not all(isinstance(name, str) for name in helpers.values()):
        raise AuthError("its credHelpers should hold text, the names of helpers", source=place)
    return Config(place, _object(document, "auths", place), store or None, helpers)


def _parsed(content: bytes) -> tuple[object, str]:
    """Return the document and no words, or None and what is wrong: the errors themselves hold the content."""
    try:
        return json.loads(content.decode("utf-8-sig") or "{}"), ""
    except json.JSONDecodeError as error:
        return None, f"it is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        return None, f"it is no UTF-8 text: byte {error.start}"
    except (ValueError, RecursionError):
        return None, "it is no JSON that can be read: nested too deeply, or a number is too long"


def _object(document: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AuthError(f"its {name} should be a JSON object", source=place)
    return value


def _credential(entry: object, source: str) -> Credential | None:
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise AuthError("it should be a JSON object", source=source)
    texts = {name: _text(entry, name, source) for name in ("auth", "username", "password", *_TOKENS)}
    username, password = _decoded(texts["auth"], source) if texts["auth"] else (texts["username"], texts["password"])
    try:
        for name, argument in _TOKENS.items():
            if texts[name]:
                return Credential(username or None, **{argument: texts[name]}, source=source)
        # Docker writes empty entries where a helper has the credential.
        return Credential(username, password or "", source=source) if username else None
    except ValueError as error:
        raise AuthError(str(error), source=source) from None


def _text(entry: Mapping[str, Any], name: str, source: str) -> str:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise AuthError(f"its {name} should be text", source=source)
    return value or ""


def _decoded(auth: str, source: str) -> tuple[str, str]:
    compact = "".join(auth.split())
    text = None
    with contextlib.suppress(binascii.Error, ValueError):  # their words and objects hold what they choke on
        text = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode()
    if text is None:
        raise AuthError("its auth is no base64 of UTF-8 text; log in again, or write username:password in base64", source=source)
    username, colon, password = text.partition(":")
    if not colon or not username:
        raise AuthError("its auth should be username:password in base64, and has no username or no colon", source=source)
    # Docker itself once padded passwords with zero bytes.
    return username, password.strip("\0")
