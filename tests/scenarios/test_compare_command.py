"""`quotalab compare`: what is parsed, what is printed, exit codes, and that a mistake writes nothing."""

import json
from pathlib import Path

import pytest

from scenarios.commands.comparing import parts, varied_values
from scenarios.comparison import Comparison
from scenarios.errors import InputError

CAP = "instruments.carbon.cap.initial"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,c", ["a", "b", "c"]),
        ("listed+block,call", ["listed+block", "call"]),
        ("[1, 2],[3]", ["[1, 2]", "[3]"]),
        ("{a: 1, b: [2, 3]},x", ["{a: 1, b: [2, 3]}", "x"]),
        ("'a,b',c", ["'a,b'", "c"]),
        ('"a,\\",b",c', ['"a,\\",b"', "c"]),
        ("it's,fine", ["it's", "fine"]),
        ('{k: "}"},2', ['{k: "}"}', "2"]),
        ("", [""]),
        ("a,", ["a", ""]),
    ],
)
def test_commas_inside_brackets_and_quotes_do_not_part(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


def test_values_are_written_as_in_a_file() -> None:
    found = varied_values(["a.b=1e3,2", "c = call, order_book,listed+block", "d=null,true,{kind: flat, rate: 1.5}"])
    assert found == {
        "a.b": [1000.0, 2],
        "c": ["call", "order_book", "listed+block"],
        "d": [None, True, {"kind": "flat", "rate": 1.5}],
    }


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["rounds"], "not path=value,value"),
        (["=1,2"], "not path=value,value"),
        (["rounds=1,2", "rounds=3,4"], "varied twice"),
        (["rounds=1,,2"], "a value is missing"),
        (["rounds="], "a value is missing"),
        (["rounds=[1,2"], "not valid YAML"),
        (["rounds=!!int 3,2"], "tag"),
    ],
)
def test_mistakes_are_one_sentence_with_a_remedy(settings: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words) as raised:
        varied_values(settings)
    assert all(problem.remedy for problem in raised.value.problems)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--vary", "rounds=1"),
        ("--vary", "rounds=1,x"),
        ("--vary", "rounds=1,2", "--set", "rounds=3"),
        ("--vary", "rounds=1,2", "--baseline", "3"),
        ("--vary", "rounds=1,2", "--seeds", "0"),
        ("--vary", "rounds=1,2", "--seeds", "1.5"),
        ("--vary", "rounds=1,2", "--workers", "0"),
        ("--vary", "rounds=1,2", "--language", "fr"),
        ("--vary", "round=1,2"),
        ("--vary", "rounds=1,2", "--out", "taken"),
    ],
)
def test_a_mistake_ends_with_code_2_and_writes_nothing(quotalab, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "taken").mkdir()
    code, out, err = quotalab("compare", "textbook-montgomery", *arguments)
    assert code == 2
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.rglob("*")] == ["taken"]


@pytest.mark.slow
def test_it_prints_means_and_differences_and_saves_everything(quotalab, tmp_path: Path) -> None:
    arguments = ("compare", "textbook-montgomery", "--vary", f"{CAP}=240,260", "--seeds", "2", "--workers", "1")
    code, out, err = quotalab(*arguments, "--set", "world.activity_sd=0.1", "--language", "zh")
    assert (code, err) == (0, "")
    assert f"varied: {CAP}" in out
    assert "carbon.mean_price (unit of account/unit)" in out
    folder = Path("runs") / "compare-textbook-montgomery"
    assert out.splitlines()[-2:] == [f"tables: {folder}", f"report: {folder / 'report.html'}"]
    found = Comparison.open(tmp_path / folder)
    row = found.differences.set_index("kpi").loc["carbon.mean_price"]
    # The supply grew by 20 of 240 and the price fell by about that times the slope of the joint cost curve.
    assert row["difference"] < 0
    assert f"{row['difference']:.3f}" in out
    assert "方案比较" in (tmp_path / folder / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / folder / "differences.csv").read_text(encoding="utf-8-sig").startswith("arm,kpi,difference")
    assert quotalab("report", str(folder), "--language", "en")[:2] == (0, f"report: {folder / 'report.html'}\n")
    assert "Comparison report" in (tmp_path / folder / "report.html").read_text(encoding="utf-8")
    assert quotalab(*arguments)[1].splitlines()[-2] == f"tables: {folder}-2"


def test_it_prints_one_json_document(quotalab) -> None:
    code, out, _ = quotalab(
        "compare", "textbook-montgomery", "--vary", "rounds=0,1", "--seeds", "1", "--json", "--baseline", "rounds=1",
        "--out", "mine", "--workers", "1",
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["baseline"] == "rounds=1"
    assert [arm["label"] for arm in document["arms"]] == ["rounds=0", "rounds=1"]
    assert document["folder"] == "mine"
    first = document["differences"][0]
    assert (first["arm"], first["low"]) == ("rounds=0", None)  # one seed gives no interval


def test_failed_runs_end_with_code_1_and_keep_the_rest(quotalab, tmp_path: Path, monkeypatch) -> None:
    from agents.model import RightsMarketModel

    whole = RightsMarketModel.run

    def fails(self, progress=None):
        if self.seed_number == 1:
            raise ZeroDivisionError("nobody is left")
        return whole(self, progress)

    monkeypatch.setattr(RightsMarketModel, "run", fails)
    arguments = ("compare", "textbook-montgomery", "--vary", "rounds=0,1", "--workers", "1", "--out")
    code, out, err = quotalab(*arguments, "some", "--seeds", "2")
    assert code == 1
    assert "2 of 4 runs failed" in out
    assert "failed: arm rounds=1, seed 1, run: ZeroDivisionError: nobody is left" in err
    assert len(Comparison.open(tmp_path / "some").failures) == 2
    monkeypatch.setattr(RightsMarketModel, "run", lambda self, progress=None: 1 / 0)
    code, out, err = quotalab(*arguments, "none", "--seeds", "1")
    assert code == 1
    assert len(Comparison.open(tmp_path / "none").failures) == 2
    assert not (tmp_path / "none" / "report.html").exists()
