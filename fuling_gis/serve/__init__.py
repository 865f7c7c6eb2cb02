"""The page and its HTTP API: a workspace asked from a browser or by another program."""
