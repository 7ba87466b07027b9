"""The wire: what the generated code is made of, and the one place that imports httpx for everybody.

Its names are imported when they are first used: most programs use few of them, and httpx alone is slow to import.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx import ByteStream as ByteStream
    from httpx import Request as HTTPRequest
    from httpx import Response as HTTPResponse
    from httpx import TransportError as HTTPFailure

    from ...errors import ErrorDetail as ErrorDetail
    from ._async.exchange import AsyncChunks as AsyncChunks
    from ._async.exchange import AsyncClient as AsyncClient
    from ._async.exchange import AsyncFill as AsyncFill
    from ._async.exchange import async_read as async_read
    from ._async.exchange import async_send as async_send
    from ._async.exchange import async_stream as async_stream
    from ._sync.exchange import Chunks as Chunks
    from ._sync.exchange import Client as Client
    from ._sync.exchange import Fill as Fill
    from ._sync.exchange import read as read
    from ._sync.exchange import send as send
    from ._sync.exchange import stream as stream
    from .bodies import AsyncRawBody as AsyncRawBody
    from .bodies import RawBody as RawBody
    from .bodies import Readable as Readable
    from .bodies import async_blocks as async_blocks
    from .bodies import blocks as blocks
    from .bodies import body_length as body_length
    from .failures import is_untrusted as is_untrusted
    from .failures import may_pass as may_pass
    from .failures import never_arrived as never_arrived
    from .headers import boolean_header as boolean_header
    from .headers import integer_header as integer_header
    from .headers import list_header as list_header
    from .headers import next_link as next_link
    from .headers import required as required
    from .headers import text_header as text_header
    from .headers import url_header as url_header
    from .reading import NullList as NullList
    from .reading import Reader as Reader
    from .reading import anything as anything
    from .reading import boolean as boolean
    from .reading import either as either
    from .reading import integer as integer
    from .reading import list_of as list_of
    from .reading import map_of as map_of
    from .reading import number as number
    from .reading import open_enum as open_enum
    from .reading import string as string
    from .reading import timestamp as timestamp
    from .request import Request as Request
    from .request import Timeout as Timeout
    from .request import build as build
    from .request import make_request as make_request
    from .request import verbatim_url as verbatim_url
    from .response import ParsedResponse as ParsedResponse
    from .response import Response as Response
    from .response import media_type as media_type
    from .response import parse_json as parse_json
    from .response import status_error as status_error
    from .response import unexpected_content_type as unexpected_content_type
    from .urls import check_path_value as check_path_value
    from .urls import fill_path as fill_path
    from .urls import follow_url as follow_url
    from .urls import make_absolute as make_absolute
    from .urls import refuse_query as refuse_query
    from .writing import accept_header as accept_header
    from .writing import first as first
    from .writing import form_body as form_body
    from .writing import format_timestamp as format_timestamp
    from .writing import json_body as json_body
else:
    _MODULES = {
        "async_blocks": ".bodies",
        "body_length": ".bodies",
        "blocks": ".bodies",
        "verbatim_url": ".request",
        "make_absolute": ".urls",
        "build": ".request",
        "HTTPRequest": "httpx",
        "HTTPFailure": "httpx",
        "ByteStream": "httpx",
        "AsyncChunks": "._async.exchange",
        "AsyncClient": "._async.exchange",
        "AsyncFill": "._async.exchange",
        "AsyncRawBody": ".bodies",
        "Chunks": "._sync.exchange",
        "Client": "._sync.exchange",
        "ErrorDetail": "...errors",
        "Fill": "._sync.exchange",
        "HTTPResponse": "httpx",
        "NullList": ".reading",
        "ParsedResponse": ".response",
        "RawBody": ".bodies",
        "Readable": ".bodies",
        "Reader": ".reading",
        "Request": ".request",
        "Response": ".response",
        "Timeout": ".request",
        "accept_header": ".writing",
        "anything": ".reading",
        "async_read": "._async.exchange",
        "async_send": "._async.exchange",
        "is_untrusted": ".failures",
        "may_pass": ".failures",
        "never_arrived": ".failures",
        "read": "._sync.exchange",
        "async_stream": "._async.exchange",
        "boolean": ".reading",
        "boolean_header": ".headers",
        "check_path_value": ".urls",
        "either": ".reading",
        "fill_path": ".urls",
        "first": ".writing",
        "follow_url": ".urls",
        "form_body": ".writing",
        "format_timestamp": ".writing",
        "integer": ".reading",
        "integer_header": ".headers",
        "json_body": ".writing",
        "list_header": ".headers",
        "list_of": ".reading",
        "make_request": ".request",
        "map_of": ".reading",
        "media_type": ".response",
        "next_link": ".headers",
        "number": ".reading",
        "open_enum": ".reading",
        "parse_json": ".response",
        "refuse_query": ".urls",
        "required": ".headers",
        "send": "._sync.exchange",
        "status_error": ".response",
        "stream": "._sync.exchange",
        "string": ".reading",
        "text_header": ".headers",
        "timestamp": ".reading",
        "unexpected_content_type": ".response",
        "url_header": ".headers",
    }

    _NAMES = {
        "HTTPFailure": "TransportError",
        "HTTPRequest": "Request",
        "HTTPResponse": "Response",
    }

    def __getattr__(name):
        from importlib import import_module

        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_MODULES[name], __name__), _NAMES.get(name, name))
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *_MODULES})


__all__ = [
    "AsyncChunks",
    "AsyncClient",
    "AsyncFill",
    "AsyncRawBody",
    "ByteStream",
    "Chunks",
    "Client",
    "ErrorDetail",
    "Fill",
    "HTTPFailure",
    "HTTPRequest",
    "HTTPResponse",
    "NullList",
    "ParsedResponse",
    "RawBody",
    "Readable",
    "Reader",
    "Request",
    "Response",
    "Timeout",
    "accept_header",
    "anything",
    "async_blocks",
    "async_read",
    "async_send",
    "async_stream",
    "blocks",
    "body_length",
    "boolean",
    "boolean_header",
    "build",
    "check_path_value",
    "either",
    "fill_path",
    "first",
    "follow_url",
    "form_body",
    "format_timestamp",
    "integer",
    "integer_header",
    "is_untrusted",
    "json_body",
    "list_header",
    "list_of",
    "make_absolute",
    "make_request",
    "map_of",
    "may_pass",
    "media_type",
    "never_arrived",
    "next_link",
    "number",
    "open_enum",
    "parse_json",
    "read",
    "refuse_query",
    "required",
    "send",
    "status_error",
    "stream",
    "string",
    "text_header",
    "timestamp",
    "unexpected_content_type",
    "url_header",
    "verbatim_url",
]
