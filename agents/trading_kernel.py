"""What accounts know of themselves before they trade, compiled."""

from numba import njit


@njit(cache=True)
def observe(needs, rows, whole, balances, product, debt, flow, entitlement, issued, k, front, windows, year, lot):
    """Fill ``needs`` (W, r): obligations and debts less rights in hand and rights to come, by window, in units.

    Parameters
    ----------
    rows, whole : (r,) participants, and whether these are all accounts.
    balances, product : (products, A) lots, and the row of the front vintage.
    debt, flow, entitlement, issued : (n, K), (T, n, K) three times.
    k, front, windows, year, lot : instrument, compliance years of the front window and of today, lot in units.
    """
    for w in range(windows):
        v = front + w
        held = balances[product + w]
        if whole and debt.shape[1] == 1:
            n = debt.shape[0]
            window_of_all(needs[w], held, debt.reshape(n), flow[v].reshape(n), entitlement[v].reshape(n),
                          issued[v].reshape(n), w == 0, v <= year, lot)  # fmt: skip
            continue
        need = needs[w]
        for j in range(rows.shape[0]):
            i = rows[j]
            units = float(held[i])
            if w == 0:
                units -= debt[i, k]
            units *= -lot
            if v <= year:
                units += flow[v, i, k]
            need[j] = units - (entitlement[v, i, k] - issued[v, i, k])


@njit(cache=True)
def window_of_all(need, held, debt, flow, entitlement, issued, owes, flows, lot):
    """Do one window of all accounts of one instrument, in loops that are vectorised."""
    if owes:
        for i in range(need.shape[0]):
            need[i] = float(held[i]) - debt[i]
    else:
        for i in range(need.shape[0]):
            need[i] = float(held[i])
    if flows:
        for i in range(need.shape[0]):
            need[i] = need[i] * -lot + flow[i] - (entitlement[i] - issued[i])
    else:
        for i in range(need.shape[0]):
            need[i] = need[i] * -lot - (entitlement[i] - issued[i])
