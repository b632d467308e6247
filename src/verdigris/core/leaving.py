"""What a way back would leave behind, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.planning import Plan


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """How many items of the new table the old color would not see as they are now.

    `whole`: that is all; if not, `why` says what may be missing.
    """

    items: int
    whole: bool = True
    why: str = ""

    @property
    def nothing(self) -> bool:
        return self.whole and not self.items

    def said(self, plan: Plan) -> str:
        """`12 items that were written to green since the switch would not be seen in blue`."""
        if not self.whole and not self.items:
            return f"how much was written to {plan.after} since the switch is not known ({self.why})"
        if not self.items:
            return f"nothing was written to {plan.after} since the switch that would not be seen in {plan.before}"
        items = "1 item that was" if self.items == 1 else f"{self.items:,} items that were"
        said = f"{items} written to {plan.after} since the switch would not be seen in {plan.before}"
        return said if self.whole else f"at least {said} ({self.why})"
