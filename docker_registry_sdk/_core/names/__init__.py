"""The grammar of repository names and tags, hosts, and origins."""
