"""Remove secrets from exceptions that a server repeats in its response."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from ..text.shown_headers import HIDDEN
from .context import PROXY_LOGINS, call_of
from .http_types import ReceivedResponse

# The operations whose responses hold tokens, and those whose requests hold secrets in their body.
TOKEN_OPERATIONS: Final = frozenset({"get_token", "post_token"})
_SECRET_BODIES: Final = frozenset({"post_token", "create_user", "update_user"})
# Shorter values occur in messages by chance.
_MIN_CHARACTERS: Final = 4
# The parameters of URLs that messages of registries name, and that are never secrets.
_PLAIN_PARAMETERS: Final = frozenset({"client_id", "digest", "from", "last", "mount", "n", "ns", "offset", "scope", "service"})
SECRET_FIELDS: Final = frozenset({"access_token", "identity_token", "password", "refresh_token", "token"})


def secrets_of(request: Any) -> tuple[str, ...]:
    """Return the secrets in a request: password, token and cookies, and the values in the query of a URL that a server sent.

    Each secret is returned verbatim, and as servers write it in URLs, JSON and HTML.

    Args:
        request: An HTTP request.
    """
    secrets = {value for value in _secrets_of(request) if len(value) >= _MIN_CHARACTERS}
    found = {form for value in secrets for form in _forms_of(value)}
    return tuple(sorted(found, key=len, reverse=True))


def proxy_logins(client: Any) -> tuple[str, ...]:
    """Return the Proxy-Authorization headers that an httpx client sends to its proxies. The requests do not contain them.

    Args:
        client: An `httpx.Client` or `httpx.AsyncClient`.
    """
    # httpx has no public function for it.
    pools = [getattr(transport, "_pool", None) for transport in (client._transport, *client._mounts.values())]
    headers = [header for pool in pools for header in getattr(pool, "_proxy_headers", ())]
    return tuple(value.decode("latin-1") for name, value in headers if name.lower() == b"proxy-authorization")


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return a text with `…` in place of each secret.

    Args:
        text: The text.
        secrets: The secrets, the longest first.
    """
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def request_of(response: ReceivedResponse) -> Any:
    """Return the request of a response; None for a response without a request, as in tests.

    Args:
        response: An HTTP response.
    """
    try:
        return response.request
    except RuntimeError:
        return None


def show_response(response: ReceivedResponse, content: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return the body of a response without the secrets of its request, and the arguments of the exception for the response.

    Servers repeat credentials and signatures in their messages and headers, so secrets of the request are replaced by `…`. The
    argument `raw` is empty for the responses of token services, and the exception hides further values of headers.

    Args:
        response: An HTTP response.
        content: The part of the body that was read.

    Returns:
        The body; and the arguments `method`, `url`, `status`, `headers` and `raw`.
    """
    request = request_of(response)
    headers: Mapping[str, str] = response.headers
    if request is None:
        method, url, raw = "request", "(unknown URL)", content
    else:
        secrets = secrets_of(request)
        if secrets:
            content = _hide_in_body(content, secrets)
            headers = {name: hide(value, secrets) for name, value in headers.items()}
        method, url = request.method, str(request.url)
        raw = b"" if call_of(request).operation_id in TOKEN_OPERATIONS else content
    return content, {"method": method, "url": url, "status": response.status_code, "headers": headers, "raw": raw}


def _forms_of(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as it is written in JSON, in a URL or form, and in HTML."""
    yield secret
    if secret.isascii() and secret.isalnum():
        return
    for text in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield from (text, text.replace("/", "\\/"))
    yield from (quote(secret, errors="replace"), quote(secret, "", errors="replace"), quote_plus(secret, errors="replace"))
    yield html.escape(secret)


def _hide_in_body(content: bytes, secrets: tuple[str, ...]) -> bytes:
    """Return a body with `…` in place of each secret, also of secrets that JSON writes with other escapes."""
    for secret in secrets:
        content = content.replace(secret.encode("utf-8", "surrogateescape"), HIDDEN.encode())
    with suppress(ValueError, RecursionError):
        document = json.loads(content)
        hidden = _hide_in_value(document, secrets)
        if hidden != document:
            return json.dumps(hidden, ensure_ascii=False).encode("utf-8", "replace")
    return content


def _hide_in_value(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return hide(value, secrets)
    if isinstance(value, list):
        return [_hide_in_value(item, secrets) for item in value]
    if isinstance(value, dict):
        return {hide(name, secrets): _hide_in_value(item, secrets) for name, item in value.items()}
    return value


def _secrets_of(request: Any) -> Iterator[str]:
    headers = request.headers
    logins = [headers.get(name, "") for name in ("Authorization", "Proxy-Authorization")]
    for login in (*logins, *request.extensions.get(PROXY_LOGINS, tuple)()):
        scheme, _, value = login.strip().partition(" ")
        yield value.strip()
        if scheme.lower() == "basic":
            with suppress(ValueError):
                yield base64.b64decode(value).decode().partition(":")[2]
        elif scheme.lower() == "token":  # API v1: signature=…,repository="…",access=…
            yield value.partition("signature=")[2].partition(",")[0]
    for pair in headers.get("Cookie", "").split(";"):
        yield pair.partition("=")[2].strip()
    call = call_of(request)
    if call.opaque or call.external:
        for parameter in request.url.query.decode("ascii", "replace").split("&"):
            name, _, value = parameter.partition("=")
            if name.lower() not in _PLAIN_PARAMETERS:
                yield from (value, unquote(value), unquote(value.replace("+", " ")))
    if call.operation_id in _SECRET_BODIES:
        yield from _body_secrets(request)


def _body_secrets(request: Any) -> Iterator[str]:
    with suppress(RuntimeError, ValueError, RecursionError, AttributeError):  # the body was not read, or is not JSON
        content = request.content
        is_json = content.lstrip().startswith(b"{")
        pairs = json.loads(content).items() if is_json else parse_qsl(content.decode())
        yield from (value for name, value in pairs if name in SECRET_FIELDS and isinstance(value, str))
