"""Stand-in."""

import hashlib
from pathlib import Path

from scenarios.display import say
from scenarios.errors import InputError, Problem
from scenarios.loading import read, read_text


class Documents:
    def __init__(self, folder, most, most_bytes):
        self.folder = Path(folder)

    def path(self, name):
        path = self.folder / f"{name}.yaml"
        if "/" in name or not path.is_file():
            raise InputError(
                [Problem(name[:80], 0, "scenario", "it is not in this session's library", "Upload it again.")]
            )
        return path

    def add(self, text):
        draft = read_text(text, "document")
        name = "own-" + hashlib.sha256(text.encode()).hexdigest()[:12]
        if draft.scenario is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{name}.yaml").write_text(text)
        return name, draft

    def draft(self, name, overrides):
        return read(self.path(name), overrides, confined=True)

    def titles(self, language):
        return {
            p.stem: say(read(p, confined=True).scenario.title, language) for p in sorted(self.folder.glob("own-*.yaml"))
        }
