"""Who may do what in the embedded registry: Basic authentication, and Bearer tokens with a service that gives them out."""
