"""Errors that a user can mend, and the ones that mean the engine itself is wrong."""


class QuotaLabError(Exception):
    """Base of every error that the project raises on purpose."""


class ConservationError(QuotaLabError):
    """An operation would create, lose or overdraw rights or money; nothing was changed."""


class SolverError(QuotaLabError):
    """A reference problem has no solution or the solver did not reach its tolerance."""
