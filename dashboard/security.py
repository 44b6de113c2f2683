"""Stand-in."""


def session_id() -> str:
    return "local"
