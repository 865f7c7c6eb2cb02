"""The faults that a person can mend, one class for each kind.

Every message is one sentence that names the file, the row or key, the value found and the mend. Nothing here knows
about exit states or HTTP; the command line and the page map these classes to theirs.
"""


class FulingError(Exception):
    """Something the user can mend. Every error this package raises on purpose is one of these."""


class UsageError(FulingError):
    """The question itself is put wrongly: an option, a name or a combination that does not exist."""


class FileError(FulingError):
    """A file cannot be read as what it is said to be."""


class CrsError(FulingError):
    """A coordinate reference system is missing, unknown, or cannot be joined with another one."""


class CatalogError(FulingError):
    """layers/catalog.yaml says something that cannot be meant."""


class LayerError(FulingError):
    """A layer's file does not hold what the catalogue says it holds."""


class RuleError(FulingError):
    """A rule file is wrong."""


class SiteError(FulingError):
    """A file of sites cannot be used at all. A single bad row is a rejected row, not an error."""


class OutputError(FulingError):
    """A result cannot be written where it was asked for."""
