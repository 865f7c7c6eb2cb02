"""One module an output: each takes results and writes one kind of file."""
