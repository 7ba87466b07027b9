"""The classes of httpx that generated code names in its signatures."""

from __future__ import annotations

import httpx

HTTPRequest = httpx.Request
HTTPResponse = httpx.Response
HTTPFailure = httpx.TransportError
