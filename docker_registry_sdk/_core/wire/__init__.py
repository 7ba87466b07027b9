"""The functions and classes that generated code and other packages use to send requests and to read responses.

Generated code is the code in `v1`, `v2` and `token_auth`, which is generated from OpenAPI descriptions.

Each name of this module is imported when it is used for the first time: importing httpx is slow, and most programs use few of
the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_exports import lazy_exports

if TYPE_CHECKING:
    from httpx import ByteStream as ByteStream

    from ...errors import ErrorDetail as ErrorDetail
    from ._async.chunks import AsyncChunks as AsyncChunks
    from ._async.exchange import AsyncClient as AsyncClient
    from ._async.exchange import AsyncContextSender as AsyncContextSender
    from ._async.exchange import AsyncSender as AsyncSender
    from ._async.exchange import async_read as async_read
    from ._async.exchange import async_send as async_send
    from ._async.exchange import async_stream as async_stream
    from ._sync.chunks import Chunks as Chunks
    from ._sync.exchange import Client as Client
    from ._sync.exchange import ContextSender as ContextSender
    from ._sync.exchange import Sender as Sender
    from ._sync.exchange import read as read
    from ._sync.exchange import send as send
    from ._sync.exchange import stream as stream
    from .bodies import AsyncRawBody as AsyncRawBody
    from .bodies import RawBody as RawBody
    from .bodies import Readable as Readable
    from .bodies import async_blocks as async_blocks
    from .bodies import blocks as blocks
    from .bodies import body_length as body_length
    from .content_coding import CodingDecoder as CodingDecoder
    from .content_coding import coding_of as coding_of
    from .context import CALL as CALL
    from .context import CALLERS_HEADERS as CALLERS_HEADERS
    from .context import FILL as FILL
    from .context import NO_LIMITS as NO_LIMITS
    from .context import PROXY_LOGINS as PROXY_LOGINS
    from .context import REDIRECT_HINT as REDIRECT_HINT
    from .context import RENEWED as RENEWED
    from .context import AsyncFill as AsyncFill
    from .context import CallContext as CallContext
    from .context import CallLimits as CallLimits
    from .context import Fill as Fill
    from .context import LimitedSender as LimitedSender
    from .context import bound_timeouts as bound_timeouts
    from .context import call_limits as call_limits
    from .context import call_of as call_of
    from .context import sender_of as sender_of
    from .context import set_call as set_call
    from .error_words import error_text as error_text
    from .failures import is_untrusted as is_untrusted
    from .failures import may_pass as may_pass
    from .failures import never_arrived as never_arrived
    from .http_types import HTTPFailure as HTTPFailure
    from .http_types import HTTPRequest as HTTPRequest
    from .http_types import HTTPResponse as HTTPResponse
    from .http_types import ReceivedResponse as ReceivedResponse
    from .json_forms import either as either
    from .json_forms import entry_list as entry_list
    from .json_forms import first as first
    from .json_forms import form_body as form_body
    from .json_forms import format_timestamp as format_timestamp
    from .json_forms import json_body as json_body
    from .json_forms import open_enum as open_enum
    from .json_forms import text_list as text_list
    from .json_forms import timestamp as timestamp
    from .json_values import NullList as NullList
    from .json_values import Reader as Reader
    from .json_values import anything as anything
    from .json_values import boolean as boolean
    from .json_values import digest as digest
    from .json_values import integer as integer
    from .json_values import list_of as list_of
    from .json_values import map_of as map_of
    from .json_values import number as number
    from .json_values import string as string
    from .library_logs import SENDING as SENDING
    from .named_urls import encode_url as encode_url
    from .named_urls import name_url as name_url
    from .policy import Deadline as Deadline
    from .policy import RetryPolicy as RetryPolicy
    from .policy import to_deadline as to_deadline
    from .problems import MAX_PROBLEMS as MAX_PROBLEMS
    from .problems import STRICT as STRICT
    from .problems import Report as Report
    from .problems import restore as restore
    from .request import Request as Request
    from .request import accept_header as accept_header
    from .request import build as build
    from .request import check_path_value as check_path_value
    from .request import fill_path as fill_path
    from .request import make_request as make_request
    from .response import ANY_SUCCESS as ANY_SUCCESS
    from .response import DOCUMENT_SUCCESS as DOCUMENT_SUCCESS
    from .response import RANGE_SUCCESS as RANGE_SUCCESS
    from .response import OtherHostURL as OtherHostURL
    from .response import ParsedResponse as ParsedResponse
    from .response import Response as Response
    from .response import boolean_header as boolean_header
    from .response import integer_header as integer_header
    from .response import is_length_of_get as is_length_of_get
    from .response import list_header as list_header
    from .response import media_type as media_type
    from .response import next_link as next_link
    from .response import parse_json as parse_json
    from .response import required as required
    from .response import text_header as text_header
    from .response import unexpected_content_type as unexpected_content_type
    from .response import url_header as url_header
    from .secrets import proxy_logins as proxy_logins
    from .status_errors import status_error as status_error
    from .timeout import Timeout as Timeout
    from .timeout import timeout_steps as timeout_steps
    from .urls import follow_url as follow_url
    from .urls import refuse_query as refuse_query
    from .urls import verbatim_url as verbatim_url
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
