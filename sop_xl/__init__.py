"""Sales & Operations Planning inside Excel.

The maths works on frames and can be used from a notebook without any workbook:

- `sop_xl.forecast(history, horizon)`: statistical forecasts with intervals;
- `sop_xl.balance(tables)`: a constrained supply plan that explains its shortages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sop_xl.errors import BookError, InputError, PlanningError, StoppingIssues

if TYPE_CHECKING:
    from sop_xl.demand.baseline import forecast
    from sop_xl.supply.plan import balance

__version__ = "0.1.0"
__all__ = ["BookError", "InputError", "PlanningError", "StoppingIssues", "__version__", "balance", "forecast"]

_HOMES = {"forecast": "sop_xl.demand.baseline", "balance": "sop_xl.supply.plan"}


def __getattr__(name: str) -> Any:
    """Load the maths when it is first asked for: importing the package stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sop_xl' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
