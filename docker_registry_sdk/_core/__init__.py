"""Everything that users do not import: the wire, the transport, authentication and blobs."""
