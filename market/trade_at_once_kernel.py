"""Cover, clear, add up and exchange in one compiled call, for the call auction at one price.

It does what `market.settlement.trade` does step by step, with the same checks, where nothing is out of the ordinary.
Otherwise it changes nothing, and the steps are taken one by one, with their messages.
"""

import numpy as np
from numba import njit

from market.matching.call_auction_kernel import CLEARED, clear_book
from market.orders import NO_PRICE
from market.registry_kernel import exchange
from market.settlement_kernel import covered, net_of


@njit(cache=True)
def trade_at_once(account, side, price, quantity, value, tie_key, product, outside, balances, locked, cash,
                  cash_locked, credit_limit, nothing):  # fmt: skip
    """Return (done, price, volume, demand, supply, first, last, filled, reason, lots, money); not done: no change.

    Parameters
    ----------
    account, side, price, quantity : the orders, as in `market.orders.OrderBatch`; ``value`` minor units a lot and tick.
    tie_key : of the clearing.
    balances, locked, cash, cash_locked, credit_limit : of the registry; ``nothing`` (A,) zeros.
    """
    balance, held = balances[product], locked[product]
    done = covered(account, side, price, quantity, value, outside, balance, held, cash, cash_locked, credit_limit) == 1
    if not done:
        return False, NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE, nothing, np.empty(0, dtype=np.int8), nothing, nothing
    status, clearing, volume, demand, supply, first, last, filled, reason = clear_book(
        account, side, price, quantity, tie_key
    )
    done = status == CLEARED
    lots, money = nothing, nothing
    if done:
        lots, money, bought, lawful = net_of(
            account, side, price, quantity, filled, max(clearing, 0), value, balance.shape[0]
        )
        done = lawful and bought == volume
        done = done and exchange(
            balance, held, lots, nothing, cash, cash_locked, credit_limit, money, nothing, False
        )  # fmt: skip
    return done, clearing, volume, demand, supply, first, last, filled, reason, lots, money
