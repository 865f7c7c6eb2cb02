"""Sites: what is to be judged. `model` says what a set of sites is, `read` makes it from a file's rows."""
