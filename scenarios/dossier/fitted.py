"""How well a scenario was fitted to observed series, read from the folder of a calibration."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scenarios.dossier.page import DossierPage, rows_of

if TYPE_CHECKING:
    import pandas as pd

PRICE = "price"


def fit(page: DossierPage, folder: Path) -> str:
    """Return the fitted parameters, and the error of the fitted years and of those that were kept out.

    Raises
    ------
    InputError : where the folder holds no calibration.
    """
    from scenarios.calibration.results import CalibrationResult

    found = CalibrationResult.open(folder)
    told = [page.plain("calibration.fit_told", folder=str(folder))]
    if not found.finished:
        told.append(page.plain("calibration.unfinished"))
    if not found.observations["held_out"].any():
        told.append(page.plain("calibration.no_held_out"))
    return (
        page.paragraph(*told)
        + _errors(page, found.errors)
        + page.keep("calibration_errors", found.errors)
        + page.keep("calibration_fit", found.fit)
        + _parameters(page, found.parameters)
        + page.keep("calibration_parameters", found.parameters)
    )


def _errors(page: DossierPage, table: "pd.DataFrame") -> str:
    """Return the error by series, years that were fitted apart from those held out."""
    display = page.display
    rows = []
    for row in rows_of(table):
        key = str(row.instrument)
        amount = display.price if str(row.variable) == PRICE else display.amount
        series = page.display.text("dossier.calibration.variables").get(str(row.variable), str(row.variable))
        rows.append(
            [
                f"{display.titles.get(key, key)}{display.text('numbers.colon')}{series}",
                page.plain("calibration.out" if row.held_out else "calibration.within"),
                str(int(row.n)),
                amount(key, float(row.rmse)) if key in display.titles else display.number(float(row.rmse)),
                display.share(float(row.relative)),
                display.share(float(row.skill)) if np.isfinite(row.skill) else "",
            ]
        )
    names = ("series", "years", "n", "error", "relative", "skill")
    head = [page.plain(f"calibration.error_columns.{name}") for name in names]
    return page.table(head, rows, page.plain("calibration.error_caption"), words=(1,))


def _parameters(page: DossierPage, table: "pd.DataFrame") -> str:
    """Return the fitted parameters with the range that was searched."""
    rows = [
        [str(row.parameter), *(_number(page, value, str(row.unit)) for value in
         (row.best, row.low, row.high, row.searched_low, row.searched_high))]
        for row in rows_of(table)
    ]  # fmt: skip
    names = ("parameter", "best", "low", "high", "from", "to")
    head = [page.plain(f"calibration.parameter_columns.{name}") for name in names]
    return page.table(head, rows, page.plain("calibration.parameter_caption"))


def _number(page: DossierPage, value: object, unit: str) -> str:
    if not isinstance(value, int | float | np.number):
        return "" if value is None else str(value)
    shown = page.display.number(float(value))
    return f"{shown} {unit}" if unit and np.isfinite(float(value)) else shown
