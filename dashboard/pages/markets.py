"""The page of markets: price, volume, flow and bank of a right; at one of its venues quotes, sessions and trades."""

from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Arm, Found, right_of
from dashboard.view import View
from dashboard.words import Words
from scenarios import figures
from scenarios.display import Display
from scenarios.figures import comparison, liquidity, network, sessions, tape, trading
from scenarios.market_rows import by_period
from scenarios.rule_words import venue_names

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.results import RunResult
    from scenarios.schema import Scenario

needs_runs = True
SPANS = ("month", "year", "run")
AT_ONCE = {"call_auction", "hybrid", "sealed_bid", "ascending_clock", "one_way_auction"}
"""Mechanisms that gather all orders of a period before they clear, so that a demand and a supply curve meet."""


def controls(view: View, words: Words, scenario: "Scenario") -> Component:
    """Return what can be chosen beside the right: one of its venues, and the month that is looked at closely."""
    key = right_of(view, scenario)
    display = Display.of(scenario, view.language)
    venues = venue_names(display, scenario.instruments[key])
    year, month = moment(view, scenario)
    years, months = _years(scenario), range(1, scenario.calendar.periods_per_year + 1)
    parts = [
        kit.choose("venue", words.text("markets.venue"), venues, venue_of(view, scenario)) if len(venues) > 1 else None,
        kit.choose("year", words.text("markets.year"), {str(one): str(one) for one in years}, str(year)),
        kit.choose("month", words.text(_period_word(scenario)), {str(one): str(one) for one in months}, str(month))
        if len(months) > 1 else None,
        kit.choose("span", words.text("markets.span"), words.group("markets.spans"), span_of(view)),
    ]  # fmt: skip
    return html.Div([part for part in parts if part is not None], className="controls")


def content(view: View, words: Words, found: Found) -> Component:
    """Return the figures of the chosen right, over those of the baseline where it differs."""
    result = found.result
    if result is None:
        return _waiting(view, words, found)
    sheet = _Sheet(view, words, found, result)
    return html.Div([kit.note(sheet.told()), kit.grid(sheet.whole_market()), *sheet.at_venue()])


def moment(view: View, scenario: "Scenario") -> tuple[int, int]:
    """Return the year and the period of it that are looked at: by default the last of the first year."""
    years, last = _years(scenario), scenario.calendar.periods_per_year
    year, month = _whole(view.options.get("year")), _whole(view.options.get("month"))
    return (year if year in years else years[0]), (month if month is not None and 1 <= month <= last else last)


def venue_of(view: View, scenario: "Scenario") -> str:
    """Return the venue that is looked at: the one that the view names, or the right's first."""
    names = [venue.name for venue in scenario.instruments[right_of(view, scenario)].venues]
    chosen = view.options.get("venue")
    return chosen if chosen in names else names[0]


def span_of(view: View) -> str:
    """Return over which time trades are added up in the network."""
    chosen = view.options.get("span", "year")
    return chosen if chosen in SPANS else "year"


class _Sheet:
    """The figures of one view, with what they all need."""

    def __init__(self, view: View, words: Words, found: Found, result: "RunResult") -> None:
        self.view, self.words, self.found, self.result = view, words, found, result
        self.scenario = found.arm.scenario
        self.key = right_of(view, self.scenario)
        self.rule = self.scenario.instruments[self.key]
        self.display = found.arm.display(view.language)
        self.venue = venue_of(view, self.scenario)
        self.venue_title = venue_names(self.display, self.rule)[self.venue]
        self.mechanism = next(one.mechanism for one in self.rule.venues if one.name == self.venue)
        self.other: Arm | None = None
        base = found.baseline
        if base is not found.arm and base.results and self.key in base.scenario.instruments:
            self.other = base

    def told(self) -> str:
        """Return which right, which venue and which seed are shown."""
        words = {"right": self.display.titles[self.key], "unit": self.display.unit(self.key), "seed": self.result.seed}
        said = self.words.fill("markets.told", **words)
        if self.other is not None:
            said += self.words.fill("markets.told_beside", baseline=self.other.label)
        return said

    def card(self, name: str, figure: "go.Figure", *, wide: bool = False, **values: object) -> Component:
        """Return a figure with its title and caption."""
        title, caption = (str(text).format(**values) for text in self.words.text(f"markets.cards.{name}"))
        return kit.chart(self.view, self.words, f"{name}-{self.key}", title, figure, caption, wide=wide)

    def beside(self, table: str) -> "tuple[str, pd.DataFrame] | None":
        """Return the baseline's name and a table of its first result."""
        if self.other is None:
            return None
        frame = self.other.results[0].tables[table]
        return self.other.label, by_period(frame) if table == "markets" else frame

    def whole_market(self) -> list[Component | None]:
        """Return price, volume, flow and bank over the whole run."""
        result, key, display = self.result, self.key, self.display
        markets = by_period(result.markets)
        acts = result.tables.get("containment")
        price = figures.prices(
            markets, result.prices, key, display, self.rule.containment, acts, self.beside("markets")
        )
        if len(self.rule.venues) > 1:
            volume = figures.volumes_by_venue(result.markets, key, venue_names(display, self.rule), display)
        else:
            volume = figures.volumes(markets, key, display, self.beside("markets"))
        banked = self.rule.banked
        return [
            self.card("rules" if self.rule.containment else "price", price, wide=True),
            self._band(),
            self.card("venues" if len(self.rule.venues) > 1 else "volume", volume),
            self.card("flow", figures.flows(result.prices, result.instruments, key, display, self.beside("prices"))),
            self.card("bank", figures.bank(result.compliance, key, display, self.beside("compliance")))
            if banked else kit.card(self.words.text("markets.cards.bank")[0], self.words.text("markets.not_banked")),
        ]  # fmt: skip

    def _band(self) -> Component | None:
        """Return the mean price over seeds with a band, where the scenario was run with several."""
        import pandas as pd

        from scenarios.run_pool import prices_of

        arms = [self.found.arm] if self.other is None else [self.found.arm, self.other]
        if len(self.found.arm.results) < 2:
            return None
        tables = [
            prices_of(one.markets).assign(arm=arm.label, seed=one.seed) for arm in arms for one in arm.results
        ]  # fmt: skip
        calendar = self.scenario.calendar
        years = (calendar.start_year, calendar.start_year + calendar.years - 1)
        figure = comparison.price_overlay(
            pd.concat(tables, ignore_index=True), self.key, [arm.label for arm in arms], years, self.display
        )
        return self.card("seeds", figure, wide=True, seeds=len(self.found.arm.results), least=comparison.BAND_SEEDS)

    def at_venue(self) -> list[Component]:
        """Return what one venue did: its session of the chosen month, its quotes and its trades."""
        title = html.H2(self.words.fill("markets.at_venue", venue=self.venue_title), className="part")
        parts = [*self._session(), *self._quotes(), *self._trades()]
        return [title, kit.grid(parts)]

    def _session(self) -> list[Component | None]:
        markets = self.result.markets
        rows = markets[(markets["instrument"] == self.key) & (markets["venue"] == self.venue)]
        if "orders" not in self.result.tables or rows.empty:
            name = "no_orders" if len(rows) else "no_session"
            return [kit.card(self.words.text("markets.session"), self.words.text(f"markets.{name}"))]
        wanted = self._wanted()
        row = rows.iloc[int((rows["period"] - wanted).abs().to_numpy().argmin())]
        when = self.words.fill(_when_word(self.scenario), year=int(row["year"]), month=int(row["month"]))
        if int(row["period"]) != wanted:
            when += self.words.text("markets.nearest")
        orders = self.result.tables["orders"]
        here = orders[
            (orders["period"] == row["period"]) & (orders["instrument"] == self.key) & (orders["venue"] == self.venue)
        ]
        auction = self.mechanism.kind in AT_ONCE
        sent, resting = here[here["stage"] == "sent"], here[here["stage"] == "resting"]
        curves = sessions.curves(sent, row, self.key, self.display, auction=auction)
        found = [self.card("curves" if auction else "wanted", curves, when=when, venue=self.venue_title)]
        if len(resting):
            book = sessions.book(resting, self.key, self.display)
            found.append(self.card("book", book, when=when, venue=self.venue_title))
        return [*found]

    def _quotes(self) -> list[Component | None]:
        markets, display = self.result.markets, self.display
        if not liquidity.quoted(markets, self.key, self.venue):
            return []
        start, end = self._shaded()
        return [
            self.card(name, tape.band(draw(markets, self.key, self.venue, display), start, end))
            for name, draw in (("quotes", trading.quotes), ("spread", liquidity.spread), ("depth", liquidity.depth))
        ]

    def _trades(self) -> list[Component | None]:
        title = self.words.text("markets.cards.trades")[0]
        if "trades" not in self.result.tables:
            return [kit.card(title, self.words.text("markets.no_trades"))]
        trades = self.result.tables["trades"]
        rows = trades[(trades["instrument"] == self.key) & (trades["venue"] == self.venue)]
        if rows.empty:
            return [kit.card(title, self.words.text("markets.one_price"))]
        display, periods = self.display, self.scenario.calendar.periods_per_year
        every = tape.band(tape.every_trade(rows, self.key, display, periods), *self._shaded())
        year, month = moment(self.view, self.scenario)
        span, wanted = span_of(self.view), self._wanted()
        mine = {"run": rows["period"] >= 0, "year": rows["year"] == year, "month": rows["period"] == wanted}[span]
        when_month = self.words.fill(_when_word(self.scenario), year=year, month=month)
        when = {
            "run": self.words.text("markets.whole_run"),
            "year": self.words.fill("markets.when_year", year=year),
            "month": when_month,
        }[span]
        one = rows[rows["period"] == wanted]
        names, sectors = network.names_of(self.result.tables.get("firms"), display)
        drawn = network.network(rows[mine], self.key, names, sectors, display)
        name = "counted" if len(rows) > tape.POINTS else "trades"
        in_order = tape.in_order(one, self.key, display)
        return [
            self.card(name, every, wide=True, count=f"{len(rows):,}"),
            self.card("month", in_order, wide=True, when=when_month, count=f"{len(one):,}"),
            self.card("network", drawn, wide=True, when=when, most=network.MOST_NODES, edges=network.MOST_EDGES),
        ]

    def _wanted(self) -> int:
        year, month = moment(self.view, self.scenario)
        calendar = self.scenario.calendar
        return (year - calendar.start_year) * calendar.periods_per_year + month - 1

    def _shaded(self) -> tuple[float, float]:
        """Return start and end of the chosen period in years."""
        year, month = moment(self.view, self.scenario)
        periods = self.scenario.calendar.periods_per_year
        return year + (month - 1) / periods, year + month / periods


def _waiting(view: View, words: Words, found: Found) -> Component:
    """Return the market so far while a run goes on, or what to do where none does."""
    table = found.arm.sofar
    if not found.underway:
        return kit.empty(words.text("markets.nothing"), words.text("markets.what_to_do"))
    if table is None or table.empty:
        return kit.empty(words.text("markets.underway"), words.text("markets.please_wait"))
    scenario = found.arm.scenario
    key, display, calendar = right_of(view, scenario), found.arm.display(view.language), scenario.calendar
    years = (calendar.start_year, _years(scenario)[-1])
    cards = [
        kit.chart(
            view, words, f"sofar-{column}-{key}", words.text(f"markets.sofar.{column}"),
            liquidity.so_far(table, column, key, years, calendar.periods_per_year, display),
        )
        for column in ("price", "volume", "flow", "bank") if column in table
    ]  # fmt: skip
    return html.Div([kit.note(words.text("markets.so_far_told")), kit.grid(cards)])


def _years(scenario: "Scenario") -> range:
    """Return the calendar years in which there is trade: the last ones only settle."""
    calendar = scenario.calendar
    late = max(rule.compliance.deadline_after for rule in scenario.instruments.values())
    return range(calendar.start_year, calendar.start_year + calendar.years + -(-late // 12))


def _whole(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 6 else None


def _period_word(scenario: "Scenario") -> str:
    return "markets.month" if scenario.calendar.periods_per_year == 12 else "markets.period"


def _when_word(scenario: "Scenario") -> str:
    return "markets.when_month" if scenario.calendar.periods_per_year == 12 else "markets.when_period"
