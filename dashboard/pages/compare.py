"""Compare: up to four scenarios through the same seeds, what they change against the baseline, and who pays for it."""

from dash import html
from dash.development.base_component import Component

from dashboard import compare_parts as parts
from dashboard import kit
from dashboard.compared import Compared, compared, label_of, left_out, ordered
from dashboard.found import Arm, Found, right_of
from dashboard.view import MOST_OTHERS, View
from dashboard.words import Words
from scenarios.display import say
from scenarios.loading import library, load
from scenarios.schema import Scenario

needs_runs = True
ALSO = "also"
"""The option whose value, a library name, is added to the other scenarios of the view."""


def controls(view: View, words: Words, scenario: Scenario) -> Component:
    """Return what adds and removes scenarios; the frame of the page sets the baseline, the right and the seeds."""
    full = len(view.others) >= MOST_OTHERS
    kept = view.scenario in view.others
    buttons = [_button(words, "add", "compare.controls.add", disabled=full or kept)]
    for number, choice in enumerate(view.others):
        told = words.fill("compare.controls.drop", name=label_of(choice))
        buttons.append(html.Button(told, type="button", className="tool", **{"data-arm": f"drop-{number}"}))
    here = {choice.text for choice in view.arms}
    free = {name: say(load(name).title, view.language) for name in library() if name not in here}
    also = kit.choose(ALSO, words.text("compare.controls.also"), free, None) if free and not full else None
    hint = words.text("compare.controls.full" if full else "compare.controls.add_help")
    return html.Div(
        [html.Div(buttons, className="tools"), also,
         html.P(hint, className="caption")],
        className="controls",
    )  # fmt: skip


def content(view: View, words: Words, found: Found) -> Component:
    """Return the comparison, or why there is none and what to do."""
    refused = [arm for arm, _ in left_out(found)]
    remarks = [kit.note(text, "warning") for text in _unlike(view, words, found)]
    able = [arm for arm in ordered(found) if arm not in refused]
    late = [arm.label for arm in able if len(arm.results) < view.seeds]
    gap = words.text("compare.gap")
    if len(found.arms) < 2 or len(able) < 2:
        return html.Div([*remarks, _nothing_to_compare(words)])
    there = compared(view, found)
    if there is None:
        missing = gap.join(arm.label for arm in able if not arm.results)
        kind = "waiting" if found.underway else "failed"
        told = words.fill(f"compare.{kind}.told", arms=missing)
        shown = kit.empty(words.text(f"compare.{kind}.title"), told)
        return html.Div([*remarks, shown, kit.grid([parts.arms_table(view, words, found, found.baseline)])])
    if late and found.underway:
        remarks.append(kit.note(words.fill("compare.waiting.partial", arms=gap.join(late))))
    elif any(not arm.results for arm in able):
        missing = gap.join(arm.label for arm in able if not arm.results)
        remarks.append(kit.note(words.fill("compare.failed.told", arms=missing), "problem"))
    if there.calendars:
        told = words.fill("compare.calendars", arms=gap.join(there.calendars))
        remarks.append(kit.note(told, "warning"))
    return html.Div([*remarks, html.P(words.text("compare.intro")), _cards(view, words, found, there)])


def _cards(view: View, words: Words, found: Found, there: Compared) -> Component:
    right = right_of(view, found.baseline.scenario)
    return kit.grid([
        parts.told(words, there, right),
        parts.arms_table(view, words, found, found.baseline),
        parts.prices(view, words, there, right),
        parts.effects_chart(view, words, there, right),
        parts.ladder(view, words, there),
        *parts.winners(view, words, there),
        parts.indicators(words, there, right),
    ])  # fmt: skip


def _nothing_to_compare(words: Words) -> Component:
    action = html.Button(
        words.text("compare.controls.levers"), type="button", className="pick", **{"data-page": "scenario"}
    )
    return kit.empty(words.text("compare.empty.title"), words.text("compare.empty.told"), action)


def _unlike(view: View, words: Words, found: Found) -> list[str]:
    """Return why arms are left out."""
    base = found.baseline
    told = []
    for arm, reasons in left_out(found):
        if "money" in reasons:
            own, other = (say(one.scenario.money.currency, view.language) for one in (arm, base))
            told.append(words.fill("compare.unlike.money", arm=arm.label, own=own, base=other))
        told += [_other_unit(view, words, arm, key) for key in reasons if key != "money"]
    return told


def _other_unit(view: View, words: Words, arm: Arm, key: str) -> str:
    right = say(arm.scenario.instruments[key].title, view.language)
    return words.fill("compare.unlike.right", arm=arm.label, right=right)


def _button(words: Words, mark: str, text: str, *, disabled: bool = False) -> Component:
    return html.Button(words.text(text), type="button", className="tool", disabled=disabled, **{"data-arm": mark})
