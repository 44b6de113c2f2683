"""The dashboard (not part of this version)."""
