"""Rules: the law as data. `model` says what a rule is, `load` reads the YAML files."""
