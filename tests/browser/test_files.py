"""What goes out of the dashboard and what comes in: pictures, tables, the dossier, documents."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import FAST, address, card, go, settled, tile, type_in, value

GOOD = f"""\
schema: 1
extends: {FAST}
name: mine
instruments:
  carbon:
    penalty: {{kind: flat, rate: 912, make_good: true}}
"""
BROKEN = GOOD.replace("rate: 912", "rate: -3").replace("name: mine", "name: mine\nhorizon: 3")


def saved(page: Page, click) -> Path:
    with page.expect_download() as waiting:
        click()
    return waiting.value.path()


def test_a_chart_is_saved_as_png_and_svg(page):
    go(page)
    price = card(page, "Price")
    png = saved(page, price.get_by_role("button", name="Save as PNG").click).read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(png) > 5_000
    svg = saved(page, price.get_by_role("button", name="Save as SVG").click).read_text(encoding="utf-8")
    assert "<svg" in svg
    assert "Traded price" in svg
    assert svg.count("<path") > 5


def test_a_table_is_saved_as_csv_with_the_rows_that_are_shown(page):
    go(page, "compare", f"{FAST};instruments.carbon.penalty.rate=900")
    table = page.locator("section.card").filter(has=page.locator("table")).last
    with page.expect_download() as waiting:
        table.get_by_role("button", name="Save as CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert len(rows) == table.locator("tr").count()
    assert rows[0] == [cell.strip() for cell in table.locator("th").all_inner_texts()]


def test_the_dossier_opens_offline_and_shows_the_numbers(page, browser, tmp_path, picture):
    go(page, scenario=f"{FAST};instruments.carbon.penalty.rate=900")
    shown = tile(page, "Mean price").locator("strong").inner_text().split("\u00a0")[0]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save all as one file").click()
    assert waiting.value.suggested_filename == f"quotalab-{FAST}.html"
    place = tmp_path / "dossier.html"
    waiting.value.save_as(place)
    context = browser.new_context(offline=True)
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    reader = context.new_page()
    reader.goto(place.as_uri())
    expect(reader.locator("body")).to_contain_text(shown)
    expect(reader.locator("body")).to_contain_text("900")
    expect(reader.locator(".js-plotly-plot .main-svg").first).to_be_attached()
    picture(reader)
    context.close()
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [place.as_uri()]
    assert not errors


def test_a_broken_file_is_refused_with_key_line_and_remedy_and_changes_nothing(page, picture):
    go(page, "settings")
    before = page.url
    page.locator("input[type=file]").set_input_files(
        {"name": "broken.yaml", "mimeType": "text/yaml", "buffer": BROKEN.encode()}
    )
    told = page.locator("#taken")
    expect(told).to_contain_text("nothing was changed")
    expect(told).to_contain_text("horizon")
    expect(told).to_contain_text("penalty.rate")
    expect(told).to_contain_text("4")  # the line of the unknown key
    expect(told.get_by_role("alert")).to_be_visible()
    assert page.url == before
    picture(page)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00 no text", "UTF-8"),
        (b"a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n", "mistakes"),
        (b"extends: ../../etc/passwd\n", "mistakes"),
        (b"x: " + b"y" * 1_200_000, "more than"),
    ],
)
def test_a_hostile_file_is_refused(page, content, said):
    go(page, "settings")
    before = page.url
    page.locator("input[type=file]").set_input_files(
        {"name": "hostile.yaml", "mimeType": "text/yaml", "buffer": content}
    )
    expect(page.locator("#taken")).to_contain_text(said)
    assert page.url == before


def test_a_good_file_is_taken_over_and_run(page):
    go(page, "settings")
    page.locator("input[type=file]").set_input_files(
        {"name": "good.yaml", "mimeType": "text/yaml", "buffer": GOOD.encode()}
    )
    address(page, "penalty.rate=912")
    page.get_by_role("link", name="Scenario", exact=True).click()
    address(page, "/en/scenario?")
    settled(page)
    assert value(page, "Mean price") > 0
    expect(page.get_by_role("textbox", name="Penalty rate")).to_have_value(re.compile("^912"))


def test_a_document_that_is_written_by_hand_is_taken_over(page):
    go(page, "settings")
    area = page.get_by_role("textbox", name="The scenario as a document")
    expect(area).to_have_value(re.compile(FAST))
    area.fill(GOOD.replace("912", "913"))
    page.get_by_role("button", name="Use this document").click()
    address(page, "penalty.rate=913")
    expect(area).to_have_value(re.compile("913"))


def test_a_form_and_its_document_say_the_same(page):
    go(page, "settings")
    type_in(page, "Number of years", "12")
    address(page, "calendar.years=12")
    expect(page.get_by_role("textbox", name="The scenario as a document")).to_have_value(re.compile("years: 12"))


def test_script_in_a_title_is_shown_as_text_everywhere(page, picture):
    title = "<img src=x onerror=alert(1)><script>alert(2)</script><b>bold</b>"
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    path = "instruments.carbon.title"
    query = f'{FAST};{path}={{"en":"{title}","zh":"{title}"}}'
    for name in ("scenario", "markets", "firms", "places", "compare", "settings"):
        go(page, name, query)
        assert page.locator("#main img[src=x], #main b, #frame img[src=x], svg image[href=x]").count() == 0, name
        if name in {"markets", "settings"}:
            expect(page.locator("#main")).to_contain_text("<img src=x")
            picture(page, name)
    assert not said
