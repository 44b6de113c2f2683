"""One account as a Mesa agent: a view of its row, for stories, tests and code that speaks Mesa.

The view holds no numbers of its own. Built-in behaviours never touch it; all views are made at the first access to
``model.agents``.
"""

from typing import TYPE_CHECKING, Any

import mesa

if TYPE_CHECKING:
    from agents.model import RightsMarketModel


class Firm(mesa.Agent):
    """A view of one row of the model's population and of its account in the registry."""

    def __init__(self, model: "RightsMarketModel", row: int) -> None:
        super().__init__(model)
        self.row = row

    @property
    def id(self) -> str:
        """Name of the account."""
        return self.model.population.ids[self.row]

    @property
    def sector(self) -> str:
        """Name of the account's sector."""
        population = self.model.population
        return population.sectors[population.sector[self.row]]

    @property
    def city(self) -> str:
        """Name of the account's city."""
        population = self.model.population
        return population.cities[population.city[self.row]]

    @property
    def behaviour(self) -> str:
        """Kind of the behaviour that decides for the account."""
        return self.model.spec.behaviours[self.model.population.behaviour[self.row]].kind

    @property
    def cash(self) -> float:
        """Cash in money; below zero the account uses its credit."""
        return float(self.model.registry.cash[self.row]) * self.model.spec.minor_unit

    def holding(self, instrument: str) -> float:
        """Return the rights of an instrument in the account, all live vintages, in units."""
        k = self.model.spec.index_of(instrument)
        rows = self.model.products_of(k)
        return float(self.model.registry.balances[rows, self.row].sum()) * self.model.spec.lots[k]

    def flow(self, instrument: str) -> float:
        """Return the flow of the present compliance year so far, in units."""
        return float(self.model.flow_of_year(self.model.spec.index_of(instrument))[self.row])

    def __getattr__(self, name: str) -> Any:
        """Return this row's value of a population column; a tuple where there is one per instrument."""
        if name.startswith("_") or name in {"row", "model"}:
            raise AttributeError(name)
        try:
            value = self.model.population.column(name)[self.row]
        except KeyError:
            raise AttributeError(f"an account has no column {name!r}") from None
        return value.item() if value.ndim == 0 else tuple(value.tolist())
