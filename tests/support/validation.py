"""Validate every exchange of a test against openapi/.

Streamed bodies are not read: only their status, headers and media type are validated. Redirect targets and opaque URLs
outside the described paths are exempt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import yaml
from attrs import define, field
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.response.validators import V31ResponseHeadersValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

from docker_registry_sdk._core.wire import call_of

OPENAPI = Path(__file__).parents[2] / "openapi"
# Headers of HTTP itself, which servers and proxies may add to any response.
_GENERAL_HEADERS = frozenset(
    {"content-length", "etag", "www-authenticate", "retry-after", "accept-ranges", "location", "set-cookie"}
)
# Headers with other values in each exchange that the specification does not restrict.
_FREE_HEADERS = frozenset({"host", "authorization", "content-length", "date", "user-agent", "www-authenticate"})
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{8,}(?![0-9a-f])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STATE = re.compile(r"(?<=_state=)[A-Za-z0-9_=%-]+")
_SIZE = re.compile(r"\b[0-9]{2,12}\b(?![-:.]?[0-9])")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
UNREAD = b"-"  # stands in for a streamed body


class _HeadersOnly(V31ResponseHeadersValidator):
    """Validates a response without its body: an error may have no body, which OpenAPI cannot express."""


@define
class _Request:
    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str


@define
class _Response:
    status_code: int
    headers: Headers
    data: bytes | None
    content_type: str


@define
class Specification:
    """One parsed file of openapi/."""

    document: dict[str, Any]
    full: OpenAPI
    headers_only: OpenAPI
    routes: list[tuple[re.Pattern[str], str]]
    header_names: frozenset[str]
    valid_forms: set[tuple[object, ...]] = field(factory=set)

    @classmethod
    @cache
    def load(cls, name: str) -> Specification:
        """Return the specification of a file in openapi/."""
        document = yaml.load((OPENAPI / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
        deserializers: dict[str, Callable[[bytes], Any]] = dict.fromkeys(
            ("application/octet-stream", "text/html", "text/plain"), _text
        )
        deserializers |= dict.fromkeys(re.findall(r"application/vnd\.[^:\s\"']+", json.dumps(document)), _json)
        return cls(
            document,
            OpenAPI.from_dict(document, config=Config(extra_media_type_deserializers=deserializers)),
            OpenAPI.from_dict(document, config=Config(response_validator_cls=_HeadersOnly)),
            # the longest first: a name may contain slashes, so a short path would also match longer ones
            [(_route(document, path), path) for path in sorted(document["paths"], key=lambda path: -path.count("/"))],
            frozenset(name.lower() for name in _header_names(document)) - _GENERAL_HEADERS,
        )

    def find(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the path template that matches a path, and the values of its parameters; None if no template matches."""
        for pattern, described in self.routes:
            if match := pattern.fullmatch(path):
                return described, {key[1:]: value for key, value in match.groupdict().items()}
        return None

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return the node, or the node that its `$ref` refers to."""
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node


@define
class Exchanges:
    """The exchanges between a test and a server, and their violations of the specification.

    Attributes:
        specification: The specification.
        operations: The number of exchanges by operation id and status.
        violations: A message for each violation.
    """

    specification: Specification
    operations: dict[tuple[str, int], int] = field(factory=dict)
    violations: list[str] = field(factory=list)

    def check(self, request: httpx.Request, body: bytes | None, response: httpx.Response, data: bytes) -> None:
        """Validate one exchange.

        Args:
            request: The request.
            body: Its body, None when it has none.
            response: The response.
            data: Its body.
        """
        found = self.specification.find(request.url.path)
        if found is None:
            if call_of(request).operation_id and not call_of(request).opaque:
                self.violations.append(f"{request.method} {request.url.path} is not described")
            return
        described, values = found
        item = self.specification.document["paths"][described]
        node = item.get(request.method.lower())
        if node is None:
            self.violations.append(f"{request.method} {described} is not described")
            return
        key = (node["operationId"], response.status_code)
        self.operations[key] = self.operations.get(key, 0) + 1
        # Validation takes longer than the exchange itself, so requests and responses of one form are validated once.
        forms = _Forms(request, values)
        form = (request.method, described, forms.request(values, body))
        if form not in self.specification.valid_forms:
            sent = _sent(described, values, request, body)
            self._record(form, [f"{_where(key)}, request: {one}" for one in self._check_request(item, node, sent)])
        form = (request.method, described, forms.response(response, data))
        if form not in self.specification.valid_forms:
            sent = _sent(described, values, request, body)
            found_violations = self._check_response(described, node, sent, _received(response, data))
            self._record(form, [f"{_where(key)}, response: {one}" for one in found_violations])

    def _record(self, form: tuple[object, ...], violations: list[str]) -> None:
        self.violations += violations
        if not violations:
            self.specification.valid_forms.add(form)

    def _check_request(self, item: dict[str, Any], node: dict[str, Any], sent: _Request) -> Iterator[str]:
        try:
            self.specification.full.validate_request(sent)
        except OpenAPIError as error:
            yield _message(error)
        if "x-opaque-url" not in node:
            parameters = [self.specification.resolve(one) for one in (*item.get("parameters", ()), *node.get("parameters", ()))]
            known = {one["name"] for one in parameters if one["in"] == "query"}
            yield from (f"the query parameter {name} is not described" for name in sent.parameters.query if name not in known)

    def _check_response(self, described: str, node: dict[str, Any], sent: _Request, received: _Response) -> Iterator[str]:
        api = self.specification.headers_only if _is_body_exempt(described, sent, received) else self.specification.full
        try:
            api.validate_response(sent, received)
        except OpenAPIError as error:
            yield _message(error)
        responses = node["responses"]
        status = str(received.status_code)
        documented = responses.get(status) or responses.get(f"{status[0]}XX")
        if documented is not None:
            headers = {name.lower() for name in self.specification.resolve(documented).get("headers", {})}
            unknown = [name for name, _ in received.headers if name.lower() in self.specification.header_names - headers]
            yield from (f"the header {name} is not described" for name in unknown)


def _where(key: tuple[str, int]) -> str:
    return f"{key[0]} ({key[1]})"


def _sent(described: str, values: dict[str, str], request: httpx.Request, body: bytes | None) -> _Request:
    return _Request(
        host_url=str(request.url.copy_with(raw_path=b"/"))[:-1],
        path=re.sub(r"\{([^}]+)\}", lambda match: values[match[1]].replace("/", "%2F"), described),
        method=request.method.lower(),
        parameters=RequestParameters(
            query=ImmutableMultiDict(parse_qsl(request.url.query.decode(), keep_blank_values=True)),
            header=Headers(request.headers.multi_items()),
            cookie=ImmutableMultiDict(),
            path={},
        ),
        body=body,
        content_type=request.headers.get("content-type", ""),
    )


def _received(response: httpx.Response, data: bytes) -> _Response:
    return _Response(
        response.status_code, Headers(response.headers.multi_items()), data, response.headers.get("content-type", "")
    )


class _Forms:
    """The forms of an exchange: the parts of its request and of its response that decide whether it is valid.

    The address of the server, the name that a test gives its repository, tags, times, credentials, opaque upload states, lengths
    of bodies and bytes of bodies other than JSON are left out. The digits of digests, UUIDs and sizes are replaced.
    """

    def __init__(self, request: httpx.Request, values: dict[str, str]) -> None:
        self._sent = request
        self._address = request.url.netloc.decode()
        self._name = values.get("name", "")

    def request(self, values: dict[str, str], body: bytes | None) -> tuple[object, ...]:
        """Return the form of the request."""
        return (
            *(
                "tag" if name == "reference" and _TAG.fullmatch(value) else self._simplify(value)
                for name, value in values.items()
            ),
            self._simplify(self._sent.url.query.decode()),
            self._sent.headers.get("authorization", "").partition(" ")[0],
            self._headers(self._sent),
            self._content(self._sent, body),
        )

    def response(self, response: httpx.Response, data: bytes) -> tuple[object, ...]:
        """Return the form of the response."""
        return response.status_code, self._headers(response), self._content(response, data)

    def _simplify(self, text: str) -> str:
        text = text.replace(self._address, "address")
        if self._name.startswith("tests/"):
            text = text.replace(self._name, "tests/name")
        text = _UUID.sub("uuid", _STATE.sub("state", text))
        text = _HEX.sub(lambda match: "0" * len(match[0]), text)
        return _SIZE.sub("00", text)

    def _headers(self, message: httpx.Request | httpx.Response) -> frozenset[tuple[str, str]]:
        return frozenset(
            (name, self._simplify(value)) for name, value in message.headers.multi_items() if name not in _FREE_HEADERS
        )

    def _content(self, message: httpx.Request | httpx.Response, content: bytes | None) -> object:
        is_json = "json" in message.headers.get("content-type", "")
        return " ".join(self._simplify(content.decode("latin-1")).split()) if content and is_json else bool(content)


def _is_body_exempt(described: str, sent: _Request, received: _Response) -> bool:
    """Return whether the specification describes the body in its text only: an empty body, or a JSON string."""
    if sent.method == "head":
        return True
    if received.status_code < 300:
        return described == "/v1/images/{img_id}/diff" and not received.data
    return not received.data or (described.startswith("/v1/") and received.data.startswith(b'"'))


def _json(value: bytes, **_: str) -> Any:
    return json.loads(value)


def _text(value: bytes, **_: str) -> str:
    return value.decode("latin-1")


def _route(document: dict[str, Any], path: str) -> re.Pattern[str]:
    # the prefix `n` makes each parameter name a valid group name
    names = {"name": ".+"} if "/{name}/" in path else {}
    pattern = re.sub(r"\\\{([^}]+)\\\}", lambda match: f"(?P<n{match[1]}>{names.get(match[1], '[^/]+')})", re.escape(path))
    return re.compile(pattern)


def _header_names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "headers" and isinstance(value, dict) and "$ref" not in value:
                yield from (name for name, header in value.items() if isinstance(header, dict))
            yield from _header_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _header_names(value)


def _message(error: BaseException) -> str:
    words = [str(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        words.append(str(error))
    return ": ".join(dict.fromkeys(unquote(word) for word in words))[:2000]
