"""The clients: everything a registry offers, with names, credentials and tokens taken care of."""
