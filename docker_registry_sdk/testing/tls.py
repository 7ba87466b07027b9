"""The TLS certificates of the embedded registry, and the certificate authority that issues them."""

import shutil
import ssl
import tempfile
import weakref
from pathlib import Path

from docker_registry_sdk.testing.extra import needs_extra


class Certificates:
    """A new certificate authority, a certificate for the server, and a certificate for clients.

    The certificates are stored in temporary files, which are deleted when this object is garbage-collected or Python exits.

    Args:
        host: The address on which the server listens. The server certificate is valid for this address, and for `localhost`,
            `127.0.0.1` and `::1`.

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
        """The certificate of the certificate authority, which clients must trust, in PEM format."""
        self.ca_file = self._directory / "ca.pem"
        """The path of a file with the certificate of the certificate authority."""
        self.client_file = self._directory / "client.pem"
        """The path of a file with the private key and the certificate for clients, in PEM format."""
        self.ca_file.write_text(self.ca_pem)
        self._issue(self.client_file, "client@registry.invalid")

    def server_context(self, *, require_client: bool) -> ssl.SSLContext:
        """Issue the server certificate, and create an SSL context with which the server serves HTTPS.

        Args:
            require_client: Whether clients must present a certificate issued by the certificate authority of this object.

        Returns:
            The SSL context.
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
        """Issue a certificate, and write the private key and the certificate to a file in PEM format.

        Args:
            file: The path of the file.
            names: The host names, IP addresses or email addresses for which the certificate is valid.
        """
        self._authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(file))
