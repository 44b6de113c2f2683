"""A trading halt: a venue pauses when its price has moved too far within a window."""

from dataclasses import dataclass
from typing import Literal

from market.orders import NO_PRICE
from market.rules import Rule, parameter


@dataclass(frozen=True, slots=True)
class HaltState:
    """The closes (ticks) of the rounds in the window, oldest first, and the round in which trading goes on."""

    closes: tuple[int, ...] = ()
    resumes: int = 0

    def halted(self, round_number: int) -> bool:
        """Return whether a round, counted over the whole run, is without trade."""
        return round_number < self.resumes


class Halt(Rule):
    """Stops trading for ``pause`` rounds after a close that differs by more than ``move`` from any in the window.

    After a halt the window begins anew with the close that set it off, so that one move halts a venue once. A rule of
    this kind is in the trading rules of China's national market (2021): the exchange may suspend trading at abnormal
    moves; the numbers are the scenario's.
    """

    kind: Literal["halt"] = parameter("halt", description="trading halt after a large move")
    move: float = parameter(description="share of an earlier close by which the price must have moved", gt=0)
    window: int = parameter(1, description="rounds back within which the move is measured", unit="rounds", ge=1)
    pause: int = parameter(1, description="rounds without trade", unit="rounds", ge=1)

    def observe(self, state: HaltState, round_number: int, close: int) -> HaltState:
        """Return the state after a round that closed at ``close`` ticks; with NO_PRICE the last close holds."""
        if state.halted(round_number):
            return state
        if close == NO_PRICE:
            if not state.closes:
                return state
            close = state.closes[-1]
        if any(abs(close - earlier) > self.move * earlier for earlier in state.closes):
            return HaltState((close,), round_number + 1 + self.pause)
        return HaltState((*state.closes, close)[-self.window :], state.resumes)
