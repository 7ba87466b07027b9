"""Grammars, hosts, origins and text from servers: parsed and made safe to show."""
