"""Documents and changed values from a browser are data: no paths, no code, no bombs, no monstrous runs."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.library import Documents, Library, name_of
from dashboard.settings import Settings
from scenarios.accounts import accounts
from scenarios.confinement import MOST_PROBLEMS, MOST_TEXT, PATHS
from scenarios.errors import InputError
from scenarios.loading import LIBRARY, library, load, load_text, read, read_text
from scenarios.schema import SyntheticPopulation, TablePopulation
from scenarios.work import accounts_of, work_of

OWN = "schema: 1\nextends: jiangxi\nname: mine\n"


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents")


def faults(draft) -> list[tuple[int, str]]:
    assert draft.scenario is None
    assert all(problem.message and problem.remedy for problem in draft.problems)
    return [(problem.line, problem.key) for problem in draft.problems]


def refused(text: str) -> list[tuple[int, str]]:
    with pytest.raises(InputError) as caught:
        load_text(text)
    return [(problem.line, problem.key) for problem in caught.value.problems]


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    return "\n".join(lines)


def test_a_document_extends_the_library_and_reads_its_tables():
    scenario = load_text(OWN + "rounds: 2\n")
    assert (scenario.name, scenario.rounds) == ("mine", 2)
    assert len(accounts(scenario).firms) == len(accounts(load("jiangxi")).firms)


@pytest.mark.parametrize("name", [name for name in library() if name != "jiangxi-open"])
def test_a_copy_of_a_library_scenario_can_be_brought_in(name, documents):
    key, draft = documents.add((LIBRARY / f"{name}.yaml").read_text(encoding="utf-8"))
    assert draft.scenario == load(name)
    assert len(accounts(documents.draft(key).scenario).firms) == len(accounts(load(name)).firms)


def test_every_key_that_names_a_path_is_known():
    named = {
        f"population.{name}"
        for rule in (SyntheticPopulation, TablePopulation)
        for name, field in rule.model_fields.items()
        if "relative to the scenario file" in (field.description or "")
    }
    assert named == set(PATHS)


@pytest.mark.parametrize(
    "base",
    ["../../etc/passwd", "/etc/passwd", "../jiangxi", "jiangxi.yaml", "scenarios/library/jiangxi.yaml", ".", "~"],
)
def test_extends_names_library_scenarios_only(base):
    assert (2, "extends") in refused(f"schema: 1\nextends: {base}\nname: mine\n")


def test_whether_a_file_exists_cannot_be_found_out(tmp_path):
    there = tmp_path / "there.yaml"
    there.write_text("schema: 1\n", encoding="utf-8")
    messages = []
    for path in (there, tmp_path / "gone.yaml"):
        draft = read_text(f"schema: 1\nextends: {path}\nname: mine\n")
        messages.append([str(problem).replace(str(path), "PATH") for problem in draft.problems])
    assert messages[0] == messages[1]


@pytest.mark.parametrize(
    ("population", "keys"),
    [
        ("{folder: /etc}", ["population.folder"]),
        ("{folder: ../data}", ["population.folder"]),
        ("{folder: ../data/jiangxi/../../../..}", ["population.folder"]),
        ("{kind: tables, firms: /etc/passwd, measures: /etc/shadow}", ["population.firms", "population.measures"]),
        (
            "{kind: tables, firms: ../data/textbook/montgomery-firms.csv, measures: /proc/self/environ}",
            ["population.measures"],
        ),
        ("{kind: synthetic, folder: [/etc]}", ["population.folder"]),
    ],
)
def test_a_document_names_no_file_of_the_server(population, keys):
    draft = read_text(OWN + f"population: {population}\n")
    assert faults(draft) == [(4, key) for key in keys]
    assert draft.parts.population is None or "/etc" not in repr(draft.parts.population)


@pytest.mark.parametrize(
    "overrides",
    [
        {"population.folder": "/etc"},
        {"population.folder": None},
        {"population": {"kind": "synthetic", "folder": "/etc"}},
        {"population": {"kind": "tables", "firms": "/etc/passwd", "measures": "x"}},
        {"population.folder.x": "/etc"},
        {"population.folder": ["/etc"]},
        {"population.firms": "/etc/passwd"},
        {"extends": "/etc/passwd"},
        {"a" + ".a" * 5000: 1},
        {"title.en": "\ud800"},
        {"rounds": 10**60},
        {"notes": [[[]]] * 50_000},
        {"title.en": "x" * (MOST_TEXT + 1)},
        {"": 1},
        {f"k{i}": 1 for i in range(2_000)},
        {"rounds": float("nan")},
        pytest.param({"rounds": object()}, id="no plain data"),
    ],
    ids=lambda overrides: str(overrides)[:40],
)
def test_changed_values_from_an_address_are_data(overrides):
    draft = read("jiangxi", overrides, confined=True)
    assert draft.scenario is None
    assert 0 < len(draft.problems) <= MOST_PROBLEMS + 1
    assert all(len(str(problem)) < 2_000 for problem in draft.problems)


def test_deeply_nested_values_are_refused_and_do_not_end_the_process():
    value: list = []
    for _ in range(100_000):
        value = [value]
    assert faults(read("jiangxi", {"notes": value}, confined=True)) == [(0, "--set notes")]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "nothing", "", "jiangxi.yaml", "scenarios/library/jiangxi.yaml"]
)
def test_confined_text_names_the_library_only(name):
    with pytest.raises(InputError, match="no scenario of this name"):
        read(name, confined=True)


def test_a_kept_document_is_confined_wherever_it_lies(tmp_path):
    path = tmp_path / "own.yaml"
    (tmp_path / "data").mkdir()
    path.write_text(OWN + "population: {folder: data}\n", encoding="utf-8")
    assert faults(read(path, confined=True)) == [(4, "population.folder")]
    path.write_text(OWN, encoding="utf-8")
    assert read(path, {"rounds": 3}, confined=True).scenario.rounds == 3
    assert read(path, {"rounds": 3}, confined=True).scenario == load(path, {"rounds": 3})
    (tmp_path / "base.yaml").write_text(OWN, encoding="utf-8")
    path.write_text("schema: 1\nextends: base.yaml\nname: x\n", encoding="utf-8")
    assert (2, "extends") in faults(read(path, confined=True))


@pytest.mark.parametrize(
    "text",
    [
        bomb(), "a: " + "[" * 5_000, "a: !" + "x" * 500_000, "x" * (MOST_TEXT + 1), "a: [" + "1," * 40_000 + "]",
        OWN + "notes: !!python/object/apply:os.system ['touch owned']\n", OWN + "&a notes: *a\n", "\x00", "- 1", "",
        OWN + "\n".join(f"k{i}: 1" for i in range(5_000)), OWN + "---\n" + OWN, "\ud800: 1",
        OWN + "notes: !!python/name:os.system\n",
    ],
    ids=range(14),
)  # fmt: skip
def test_bombs_tags_and_floods_are_refused_with_few_words(text):
    found = refused(text)
    assert 0 < len(found) <= MOST_PROBLEMS + 1


def test_all_mistakes_are_told_at_once():
    text = OWN + "rounds: -1\npopulation: {folder: /etc}\ncalendar: {years: no}\nonce: 1\n"
    assert refused(text) == [(4, "rounds"), (5, "population.folder"), (6, "calendar.years"), (7, "once")]


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"population.accounts": 10**9}, "population.accounts"),
        ({"rounds": 50, "calendar.periods_per_year": 366, "calendar.years": 100}, "rounds"),
        ({"instruments.carbon.venues": [{"mechanism": {"kind": "bilateral", "rounds": 10**9}}]}, "mechanism.rounds"),
        (
            {"instruments.carbon.venues": [{"mechanism": {"kind": "bilateral", "meetings": 10**9}}]},
            "mechanism.meetings",
        ),
    ],
)
def test_a_monstrous_run_is_refused_where_others_pay_for_it(overrides, key):
    draft = read("jiangxi", overrides, confined=True)
    assert any(problem.key.endswith(key) for problem in draft.problems), draft.problems
    assert read("jiangxi", overrides).scenario is not None  # on one's own computer it is one's own affair


def test_the_estimate_of_work_counts_accounts_periods_rounds_and_venues():
    scenario = load("jiangxi")
    count = accounts_of(scenario)
    assert count == len(accounts(scenario).firms) == 1270
    periods, rights = 11 * 12, 7
    assert work_of(scenario) == pytest.approx(periods * 2 * rights * (1270 + 100))
    assert work_of(load("jiangxi", {"rounds": 3})) == pytest.approx(2 * work_of(scenario))
    small = load("textbook-montgomery")
    assert accounts_of(small) == len(accounts(small).firms)


def test_markup_in_a_title_stays_text(documents):
    markup = "<script>alert(1)</script>"
    name, draft = documents.add(OWN + f'title: {{en: "{markup}", zh: "{markup}"}}\n')
    assert draft.scenario.title.en == markup
    assert documents.draft(name).scenario.title.en == markup


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "own-../../../x", "own-000000000000/../x", "own-00000000000G", "own-", "", ".",
     "own-0000000000000", "own-000000000000.yaml", "own-000000000000\n", "/etc/passwd", "own-000000000000\x00",
     "jiangxi/../jiangxi"],
)  # fmt: skip
def test_names_from_a_browser_lead_nowhere(name, documents):
    assert documents.draft(name).scenario is None
    with pytest.raises(InputError):
        documents.path(name)


def test_a_link_in_the_folder_is_not_followed(documents, tmp_path):
    secret = tmp_path / "secret.yaml"
    secret.write_text(OWN, encoding="utf-8")
    documents.add(OWN + "rounds: 3\n")
    documents.path("own-000000000000").symlink_to(secret)
    assert documents.draft("own-000000000000").scenario is None


def test_what_has_mistakes_is_not_kept(documents, tmp_path):
    name, draft = documents.add(OWN + "rounds: -1\n")
    assert faults(draft) == [(4, "rounds")]
    assert documents.names() == []
    assert documents.draft(name).scenario is None
    assert not (tmp_path / "documents").exists()


def test_too_large_a_document_is_refused(tmp_path):
    small = Documents(tmp_path, most_bytes=100)
    assert faults(small.add(OWN + "#" * 100)[1]) == [(0, "file")]


def test_documents_are_bounded_and_the_one_used_longest_ago_leaves(tmp_path):
    documents = Documents(tmp_path, most=2)
    texts = [OWN + f"rounds: {rounds}\n" for rounds in (1, 2, 3)]
    for age, text in zip((30, 20), texts[:2], strict=True):
        name, _ = documents.add(text)
        os.utime(documents.path(name), (1_000_000_000 - age, 1_000_000_000 - age))
    documents.draft(name_of(texts[0]))  # now it is the second that was used longest ago
    documents.add(texts[2])
    assert set(documents.names()) == {name_of(texts[0]), name_of(texts[2])}
    assert {path.name for path in Path(tmp_path).iterdir()} == {f"{name}.yaml" for name in documents.names()}


def test_two_sessions_do_not_see_each_others_documents(tmp_path):
    one, other = Documents(tmp_path / "one"), Documents(tmp_path / "other")
    name, _ = one.add(OWN)
    assert one.draft(name).scenario is not None
    assert other.draft(name).scenario is None
    assert other.names() == []


class Folders:
    """The part of a store that the library needs."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, session: str) -> Path:
        return self.root / session


@pytest.fixture
def shelf(tmp_path):
    return Library(Settings(), Folders(tmp_path))


def test_each_session_chooses_among_the_library_and_its_own_documents(shelf, tmp_path):
    name = shelf.add("one", OWN + "title: {en: Mine, zh: 我的}\n")
    assert shelf.titles("one", "zh")[name] == "我的"
    assert list(shelf.titles("other", "en")) == list(library())
    assert shelf.draft("one", name, {"rounds": 4}).scenario.rounds == 4
    assert shelf.draft("other", name).scenario is None
    assert shelf.reference("one", "jiangxi") == "jiangxi"
    kept = Path(shelf.reference("one", name))
    assert kept.is_relative_to(tmp_path / "one")
    assert load(kept, {"rounds": 4}, confined=True) == shelf.draft("one", name, {"rounds": 4}).scenario


def test_a_document_with_mistakes_is_refused_with_all_of_them(shelf):
    with pytest.raises(InputError) as caught:
        shelf.add("one", OWN + "rounds: -1\nonce: 1\n")
    assert [problem.key for problem in caught.value.problems] == ["rounds", "once"]


def test_an_own_document_with_changes_can_be_taken_away_and_brought_back(shelf):
    name = shelf.add("one", (LIBRARY / "jiangxi.yaml").read_text(encoding="utf-8"))
    changes = {"behaviours.1.steps": 3, "instruments.carbon.cap.values": {"2025": 1.5e8}, "title.zh": "改", "rounds": 4}
    text = shelf.text("one", SimpleNamespace(base=name, changes=changes))
    assert load_text(text) == shelf.draft("one", name, changes).scenario
