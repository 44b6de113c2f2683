"""Daily price limits 涨跌幅: how far from the last close anybody may trade."""

from market.orders import LARGEST_PRICE, NO_PRICE

PARTS = 1_000_000
"""Shares are counted in millionths, so that a band is exact in whole numbers."""


def price_band(close: int, limit: float | None) -> tuple[int, int]:
    """Return the lowest and the highest ticks at which one may trade: ``close · (1 ± limit)``, rounded inwards.

    The band is at least a tick to either side, or a low price could never move again (as in the trading rules of
    China's stock exchanges). Without a close or a limit every price is inside.
    """
    if close == NO_PRICE or limit is None:
        return 0, LARGEST_PRICE
    width = close * round(limit * PARTS) // PARTS
    width = max(width, 1)
    return max(0, close - width), min(LARGEST_PRICE, close + width)
