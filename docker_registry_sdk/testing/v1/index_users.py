"""Users and search: what an index answers besides its repositories."""

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.v1.answers import V1Error, reply
from docker_registry_sdk.testing.v1.documents import is_object, read_document
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.users import check_password


@attrs.frozen
class IndexUsers:
    """The handlers of `/v1/users` and `/v1/search`.

    Args:
        index: What the index knows.

    Source: docker-registry 0.9, index.py and search.py; where there are users, Docker Hub API, "Users".
    """

    index: Index

    async def check(self, request: Request) -> Response:
        """Tell whether credentials are good; they are when everybody is let in."""
        self.index.users.require(request.headers.get("authorization"))
        return reply("OK")

    async def create(self, request: Request) -> Response:
        """Add a user, or say so when everybody is let in."""
        _, document = await read_document(request, "Error Decoding JSON")
        if not self.index.users.open:
            if not is_object(document):
                raise V1Error("Invalid data")
            if not self.index.users.create(document.get("username"), document.get("password")):
                return reply("Username or email already exists", 400)
        return reply("User Created", 201)

    async def update(self, request: Request) -> Response:
        """Change a user's own password; when everybody is let in, nothing is read."""
        if not self.index.users.open:
            name = self.index.users.require(request.headers.get("authorization"))
            if name is None or name != request.path_params["username"]:
                raise V1Error("Not your account", 403)
            _, document = await read_document(request, "Error Decoding JSON")
            if not is_object(document):
                raise V1Error("Invalid data")
            if "password" in document:
                self.index.users.change_password(name, check_password(document["password"]))
        return reply("", 204)

    async def search(self, request: Request) -> Response:
        """List the repositories whose names hold a text, all at once and whatever their privacy."""
        term = next((value for key, value in request.query_params.multi_items() if key == "q"), "")
        records = self.index.storage.v1
        found = ((name, records.load(name)) for name in records.names() if term.lower() in name.lower())
        names = [name for name, record in found if record is not None and record.images is not None]
        results = [{"name": name, "description": ""} for name in names]
        return reply({"query": term, "num_results": len(results), "results": results})
