"""Certificates for the embedded registry, made when it is, by an authority of its own that nobody else trusts."""

import shutil
import ssl
import tempfile
import weakref
from pathlib import Path

from docker_registry_sdk.testing.extra import needs_extra


class Certificates:
    """An authority, a certificate that it has issued for the server, and one for a client.

    The files live as long as this object.

    Args:
        host: The address that the server listens on; the certificate is good for `localhost` and loopback addresses, too.

    Raises:
        ImportError: The extra `testing` is not installed.
    """

    def __init__(self, host: str) -> None:
        with needs_extra():
            import trustme
        self._authority = trustme.CA()
        self._host = host
        self._directory = Path(tempfile.mkdtemp(prefix="registry-"))
        weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        self.ca_pem = self._authority.cert_pem.bytes().decode()
        """The authority's certificate, to be trusted by clients."""
        self.ca_file = self._directory / "ca.pem"
        """A file with the same."""
        self.client_file = self._directory / "client.pem"
        """A file with a client's key and certificate."""
        self.ca_file.write_text(self.ca_pem)
        self._issue(self.client_file, "client@registry.invalid")

    def server_context(self, *, require_client: bool) -> ssl.SSLContext:
        """Make what the server needs for TLS.

        Args:
            require_client: Whether to let in only clients with a certificate of the same authority.

        Returns:
            The context.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = self._directory / "server.pem"
        self._issue(file, *dict.fromkeys([self._host, "localhost", "127.0.0.1", "::1"]))
        context.load_cert_chain(file)
        if require_client:
            context.load_verify_locations(cadata=self.ca_pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _issue(self, file: Path, *names: str) -> None:
        """Write a key and a certificate for it into a file."""
        self._authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(file))
