"""The wire: what the generated code is made of, and the one place that imports httpx for everybody."""

from httpx import Response as HTTPResponse

from ..errors import ErrorDetail
from ._async.exchange import AsyncClient, async_chunks, async_send, async_stream
from ._sync.exchange import Client, chunks, send, stream
from .bodies import AsyncRawBody, RawBody, Readable
from .headers import boolean_header, integer_header, list_header, next_link, required, text_header, url_header
from .operations import Operation, Parameter, RequestBody
from .reading import (
    NullList,
    Reader,
    anything,
    boolean,
    either,
    integer,
    list_of,
    map_of,
    number,
    open_enum,
    string,
    timestamp,
)
from .request import Request, Timeout, make_request
from .response import (
    ParsedResponse,
    Response,
    media_type,
    parse_json,
    status_error,
    unexpected_content_type,
)
from .urls import add_query, check_path_value, fill_path, follow_url, refuse_query
from .writing import accept_header, first, form_body, format_timestamp, json_body

__all__ = [
    "AsyncClient",
    "AsyncRawBody",
    "Client",
    "ErrorDetail",
    "HTTPResponse",
    "NullList",
    "Operation",
    "Parameter",
    "ParsedResponse",
    "RawBody",
    "Readable",
    "Reader",
    "Request",
    "RequestBody",
    "Response",
    "Timeout",
    "accept_header",
    "add_query",
    "anything",
    "async_chunks",
    "async_send",
    "async_stream",
    "boolean",
    "boolean_header",
    "check_path_value",
    "chunks",
    "either",
    "fill_path",
    "first",
    "follow_url",
    "form_body",
    "format_timestamp",
    "integer",
    "integer_header",
    "json_body",
    "list_header",
    "list_of",
    "make_request",
    "map_of",
    "media_type",
    "next_link",
    "number",
    "open_enum",
    "parse_json",
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
]
