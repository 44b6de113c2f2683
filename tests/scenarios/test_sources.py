"""Where numbers come from: entries counted by confidence and by source, on tables written by hand."""

from scenarios import load, sources

FILES = {
    "a.csv": b"id,value,source,confidence\n1,2,s-x,V\n2,3,chosen,default\n3,4,s-x,V\n",
    "b.csv": b"id,gdp_source,gdp_confidence,co2_source,co2_confidence\nn,s-y,V,s-x,M-m\n",
    "names.csv": b"id,name\n1,x\n",
    "sources.csv": b"id,address\ns-x,example.org\nchosen,chosen for this scenario\n",
    "README.md": b"source,confidence\nnot,a table\n",
}


def test_entries_are_counted_by_table_and_confidence() -> None:
    assert sources.confidence_counts(FILES) == {"a.csv": {"V": 2, "default": 1}, "b.csv": {"V": 1, "M-m": 1}}


def test_sources_are_counted_with_their_addresses() -> None:
    assert sources.citations(FILES) == [
        sources.Citation("s-x", "example.org", 3),
        sources.Citation("chosen", "chosen for this scenario", 1),
        sources.Citation("s-y", "s-y", 1),
    ]


def test_every_source_and_confidence_of_jiangxi_is_known() -> None:
    files = sources.tables_of(load("jiangxi"))
    counts = sources.confidence_counts(files)
    assert {key for found in counts.values() for key in found} <= set(sources.CONFIDENCES)
    cited = sources.citations(files)
    assert all(one.address != one.id for one in cited)
    assert sum(one.entries for one in cited) == sum(sum(found.values()) for found in counts.values())


def test_abstract_tables_state_none() -> None:
    assert sources.confidence_counts(sources.tables_of(load("textbook-banking"))) == {}
