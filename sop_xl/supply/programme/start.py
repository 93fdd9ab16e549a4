"""A start near the optimum for the simplex method: cheapest sources at the prices of limits, and two short clean-ups.

From nothing, the dual simplex method spends most of its iterations on what planning logic knows: that a stock balance
is met from its cheapest source. The rest goes into the limits that tie items together, and there it is only quick near
the optimum: far from it every iteration touches all of the plan. Hence

1. *Cheapest sources.* With a price on every limit, balances form a Leontief system [1]: the cheapest source of each
   does not depend on quantities and is found as shortest paths are, by Bellman's equation [2].
2. *Prices of limits* come from a plan of the same kind: the last cycle's, another scenario's. Where there is none they
   are estimated: the items are dealt into shares, each is solved by itself within its share of every limit, side by
   side, and the square-root mean of their prices is taken, as one starved share would spoil a mean.
3. *Clean-up.* Each limit gets a column for what is left of it, rewarded at its price. Dual simplex makes the plan keep
   the limits; then the reward is taken away, and primal simplex uses what is idle at a price [3].

The result is a basis, optimal but for rounding; a solver that starts from it proves it in an iteration or none. Prices
within a tenth save two thirds of the time; poor prices save nothing, and what takes too many iterations is given up.

References
----------
[1] Dantzig, Optimal solution of a dynamic Leontief model with substitution, Econometrica 23 (1955), 295-302.
[2] Bellman, On a routing problem, Quarterly of Applied Mathematics 16 (1958), 87-90.
[3] Bixby, Implementing the simplex method: the initial basis, ORSA Journal on Computing 4 (1992), 267-284.

"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.programme.blocks import NONE, Array, Mask, Numbers, Programme
from sop_xl.supply.programme.parts import Parts, components, cut
from sop_xl.supply.programme.solver import Solver
from sop_xl.supply.programme.threads import in_threads

Status = npt.NDArray[np.int8]

LOWER, BASIC, UPPER, FREE = 0, 1, 2, 3
"""Where a column or row stands: at its lower limit, in the basis, at its upper limit, at zero without limits."""

SHARES = 2
"""Into how many shares the items are dealt for prices; more are quicker, but their prices are worse."""

_LARGEST = 0.6
"""A programme with a part of more than this fraction of its rows cannot be dealt into shares."""

_BY_USE = 0.7
"""How far a limit is shared by what the cheapest plan uses of it; the rest by what could use it."""

_JUST_BELOW = 1.0 - 1e-6
"""At the cost of exceeding a limit itself, what is left of the limit would be without end."""

_NO_WAY = 1e12
"""Cost of what cannot be had."""


@dataclass(frozen=True)
class Basis:
    """Where each column and each row of a programme stands; as many are `BASIC` as there are rows."""

    columns: Status
    rows: Status


def starting_basis(
    programme: Programme, coupling: npt.ArrayLike, prices: npt.ArrayLike | None = None, *, workers: int = 2
) -> Basis | None:
    """Find a basis at the optimum or next to it; None where that is no quicker than to start from nothing.

    Parameters
    ----------
    programme
        A programme; one with whole numbers has no such basis.
    coupling
        Numbers of the rows that tie items together: hours, storage, suppliers, and balances of components that several
        items use. Without them the programme should fall into many parts.
    prices
        A price of each row of the programme, as of a similar plan [cost / unit]; only those of coupling rows with one
        limit are read. They are estimated where none are given.
    workers
        Shares solved side by side for the estimate.

    Raises
    ------
    InputError
        If a coupling row is none of the programme's, or there is not a price for each row.

    Examples
    --------
    Two items of which 3 and 2 are wanted, 4 hours for both, and lateness at 10 and 20; the first is late by 1:

    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (2,), cost=1.0)
    >>> late = b.add_columns("late", "item", (2,), cost=[10.0, 20.0])
    >>> row = b.add_rows("demand", "item", (2,), lower=[3.0, 2.0], upper=[3.0, 2.0])
    >>> hours = b.add_rows("hours", "resource", (1,), upper=4.0)
    >>> for rows, columns in ((row, make), (row, late), (hours, make)):
    ...     b.add_terms(rows, 1.0, columns)
    >>> basis = starting_basis(b.programme(), coupling=hours)
    >>> basis.columns == BASIC, basis.rows == BASIC
    (array([ True,  True,  True, False]), array([False, False, False]))

    """
    height, width = programme.shape
    parts = components(programme, coupling)
    if prices is not None and np.shape(prices) != (height,):
        raise InputError(f"each of {height} rows has a price, got {np.size(prices)}")
    largest = np.diff(parts.rows.first).max(initial=0)
    if programme.whole.any() or (prices is None and largest > _LARGEST * height):
        return None
    kept = np.arange(height, dtype=np.int32)
    core = programme
    if programme.lazy.any():
        kept = np.flatnonzero(~programme.lazy).astype(np.int32)
        core = cut(programme, kept, np.arange(width, dtype=np.int32))
        parts = components(core, np.flatnonzero(parts.of_row[kept] == NONE))
    priced = np.flatnonzero((parts.of_row == NONE) & _one_sided(core)).astype(np.int32)
    if prices is not None:
        known: Array | None = _signed(core, priced, np.asarray(prices, dtype=float)[kept][priced])
    else:
        known = sampled_prices(core, parts, priced, workers=workers)
    found = None if known is None else _cleaned_up(core, priced, _payable(core, priced, known))
    if found is None:
        return None
    rows = np.full(height, BASIC, dtype=np.int8)
    rows[kept] = found.rows
    return Basis(found.columns, rows)


def for_highs(basis: Basis, rows: Numbers | slice = slice(None)) -> Any:
    """The basis as HiGHS takes it, with some rows only where the rest is left out."""
    import highspy

    status = [highspy.HighsBasisStatus(code) for code in (LOWER, BASIC, UPPER, FREE)]
    given = highspy.HighsBasis()
    given.col_status = [status[code] for code in basis.columns.tolist()]
    given.row_status = [status[code] for code in basis.rows[rows].tolist()]
    given.valid, given.alien = True, False
    return given


def cheapest_sources(programme: Programme, cost: Array, priced: Numbers) -> tuple[Numbers, Array]:
    """Find the cheapest source of each row that has to be met, however much is wanted: its column, and the row's price.

    A source is a column without upper limit that adds to one such row and only takes from others; -1 where there is
    none, or none that can be paid.

    Parameters
    ----------
    programme
        The programme.
    cost
        Cost of each column, with limits priced in [cost / unit].
    priced
        Rows left aside.

    Examples
    --------
    Stock of the first month serves the second at 1 + 0.1, cheaper than making then at 2:

    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (1, 2), cost=[[1.0, 2.0]])
    >>> stock = b.add_columns("stock", "item", (1, 1), cost=0.1)
    >>> row = b.add_rows("balance", "item", (1, 2), lower=[[3.0, 5.0]], upper=[[3.0, 5.0]])
    >>> b.add_terms(row, 1.0, make)
    >>> b.add_terms(row[:, :1], -1.0, stock)
    >>> b.add_terms(row[:, 1:], 1.0, stock)
    >>> cheapest_sources(b.programme(), b.programme().cost, np.empty(0, dtype=np.int32))
    (array([0, 2], dtype=int32), array([1. , 1.1]))

    """
    matrix, (height, width) = programme.matrix, programme.shape
    wanted = (programme.row_lower == programme.row_upper) | (programme.row_lower > 0)
    wanted[priced] = False
    column = np.repeat(np.arange(width, dtype=np.int32), np.diff(matrix.indptr))
    adds = wanted[matrix.indices] & (matrix.data > 0)
    takes = wanted[matrix.indices] & (matrix.data < 0)
    able = (np.bincount(column[adds], minlength=width) == 1) & (programme.upper == np.inf)
    at = np.flatnonzero(adds & able[column])
    at = at[np.argsort(matrix.indices[at], kind="stable")]
    row, source, weight = matrix.indices[at], column[at], matrix.data[at]
    source_found, price = np.full(height, NONE, dtype=np.int32), np.zeros(height)
    if not len(at):
        return source_found, price
    entry = (-matrix.data[takes], (column[takes], matrix.indices[takes]))
    needs = sparse.csr_array(entry, shape=(width, height))[source]
    first = np.flatnonzero(np.diff(row, prepend=-1))
    place = np.repeat(np.arange(len(first)), np.diff(first, append=len(row)))
    met, paid = row[first], cost[source]
    price[met] = _NO_WAY
    for _ in range(height):
        offer = np.minimum((paid + needs @ price) / weight, _NO_WAY)
        least = np.minimum.reduceat(offer, first)
        better = least < price[met] - 1e-9 * (1.0 + np.abs(least))
        if not better.any():
            break
        taken = np.flatnonzero(better[place] & (offer <= least[place]))[::-1]
        source_found[row[taken]] = source[taken]
        price[met[better]] = least[better]
    price[price >= _NO_WAY / 2] = 0.0
    return source_found, price


def sampled_prices(programme: Programme, parts: Parts, priced: Numbers, *, workers: int = 2) -> Array | None:
    """Estimate prices of limits from samples of the parts, each solved within its share; None if no sample has a plan.

    Parameters
    ----------
    programme
        The programme.
    parts
        Its parts; what no part owns is shared.
    priced
        Rows asked for: each has one limit.
    workers
        Samples solved side by side.

    Returns
    -------
    Array
        A price for each row asked for, of the sign a price of such a row has [cost / unit].

    """
    ties = np.flatnonzero(parts.of_row == NONE).astype(np.int32)
    free = np.flatnonzero(parts.of_column == NONE).astype(np.int32)
    weights, netted = abs(programme.matrix.tocsr()[ties]), _netted(programme, priced)
    share_of_part = _dealt(weights[np.searchsorted(ties, priced)], parts, netted)
    owner = np.where(parts.of_column == NONE, NONE, share_of_part[parts.of_column])
    fraction = _fractions(weights, owner, netted)
    of_free = _of_free(programme, ties, free, fraction)

    def prices(share: int) -> Array | None:
        own = np.flatnonzero((parts.of_row != NONE) & (share_of_part[parts.of_row] == share)).astype(np.int32)
        columns = np.concatenate([np.flatnonzero(owner == share), free]).astype(np.int32)
        rows = np.concatenate([own, ties])
        of_row = np.concatenate([np.ones(len(own)), fraction[share]])
        of_column = np.concatenate([np.ones(len(columns) - len(free)), of_free[share]])
        sample = cut(programme, rows, columns)
        sample = replace(
            sample,
            lower=_times(sample.lower, of_column),
            upper=_times(sample.upper, of_column),
            row_lower=_times(sample.row_lower, of_row),
            row_upper=_times(sample.row_upper, of_row),
        )
        try:
            found = Solver(sample, presolve="off").solve().prices[len(own) :]
        except PlanningError:
            return None
        return found[np.searchsorted(ties, priced)]

    found = [p for p in in_threads(prices, range(SHARES), workers) if p is not None]
    if not found:
        return None
    signed = np.stack([_signed(programme, priced, p) for p in found])
    return np.asarray(np.sign(signed.sum(axis=0)) * np.sqrt(np.abs(signed)).mean(axis=0) ** 2)


def _signed(programme: Programme, priced: Numbers, prices: Array) -> Array:
    """Prices of the sign they can have: a limit from above costs, one from below earns when it is raised."""
    return np.where(np.isfinite(programme.row_upper[priced]), np.minimum(prices, 0.0), np.maximum(prices, 0.0))


def _payable(programme: Programme, priced: Numbers, prices: Array) -> Array:
    """Prices of limits no higher than what it costs to exceed them, as by overtime or rented space without limit."""
    matrix, height = programme.matrix, programme.shape[0]
    alone = np.flatnonzero((np.diff(matrix.indptr) == 1) & (programme.upper == np.inf))
    row, weight = matrix.indices[matrix.indptr[alone]], matrix.data[matrix.indptr[alone]]
    highest, lowest = np.full(height, np.inf), np.full(height, -np.inf)
    bound = programme.cost[alone] / weight
    np.minimum.at(highest, row[weight > 0], bound[weight > 0])
    np.maximum.at(lowest, row[weight < 0], bound[weight < 0])
    least, most = np.minimum(lowest[priced], 0.0), np.maximum(highest[priced], 0.0)
    return np.clip(prices, _JUST_BELOW * least, _JUST_BELOW * most)


def _netted(programme: Programme, priced: Numbers) -> Array:
    """The cheapest plan without limits: what is wanted comes from the cheapest source, and so does what that takes."""
    source, _ = cheapest_sources(programme, programme.cost, priced)
    rows = np.flatnonzero(source != NONE)
    square = programme.matrix[:, source[rows]].tocsr()[rows]
    weight = square.diagonal()
    takes = -(square - sparse.diags_array(weight)).tocsr()
    wanted = programme.row_lower[rows]
    amount = np.maximum(wanted, 0.0) / weight
    for _ in range(len(rows)):
        needed = np.maximum(wanted + takes @ amount, 0.0) / weight
        if np.abs(needed - amount).max(initial=0.0) <= 1e-6 * (1.0 + np.abs(needed).max(initial=0.0)):
            break
        amount = needed
    values = np.zeros(programme.shape[1])
    values[source[rows]] = amount
    return values


def _dealt(limits: sparse.csr_array, parts: Parts, values: Array) -> Numbers:
    """Deal the parts out to shares, like to like: by the limit of which each uses most, the largest user first."""
    use = limits.tocoo()
    part, amount = parts.of_column[use.col], use.data * values[use.col]
    owned = part != NONE
    by_part = sparse.coo_array((amount[owned], (part[owned], use.row[owned])), shape=(parts.count, limits.shape[0]))
    total = limits @ values
    each = (by_part.tocsr() * (1.0 / np.where(total > 0, total, 1.0))).tocoo()
    most, at = np.zeros(parts.count), np.full(parts.count, limits.shape[0], dtype=np.int32)
    np.maximum.at(most, each.row, each.data)
    top = each.data >= most[each.row]
    np.minimum.at(at, each.row[top], each.col[top])
    share = np.empty(parts.count, dtype=np.int32)
    turn = np.arange(parts.count)
    there_and_back = np.where(turn // SHARES % 2 == 0, turn % SHARES, SHARES - 1 - turn % SHARES)
    share[np.lexsort((-most, at))] = there_and_back
    return share


def _fractions(weights: sparse.csr_array, owner: Numbers, values: Array) -> Array:
    """Fraction of each tying row that each share has: mostly by what it uses in a plan, partly by what could use it."""
    might = _to_one(np.stack([weights @ (owner == share).astype(float) for share in range(SHARES)]))
    use = np.stack([weights @ (values * (owner == share)) for share in range(SHARES)])
    free = weights[:, np.flatnonzero(owner == NONE)]
    free.data = np.ones_like(free.data)
    alone = ~(weights @ (owner != NONE).astype(float)).astype(bool)
    beside = (free[~alone] @ free[alone].T).tocsr()
    might[:, alone], use[:, alone] = might[:, ~alone] @ beside, use[:, ~alone] @ beside
    might, use = _to_one(might), _to_one(use)
    return _to_one(_BY_USE * use + (1.0 - _BY_USE) * might)


def _of_free(programme: Programme, ties: Numbers, free: Numbers, fraction: Array) -> Array:
    """Fraction of each free column that each share has: as of a row it stands in."""
    place = np.full(programme.shape[0], 0, dtype=np.int32)
    place[ties] = np.arange(len(ties), dtype=np.int32)
    start, stop = programme.matrix.indptr[free], programme.matrix.indptr[free + 1]
    index = np.append(programme.matrix.indices, 0)
    found = fraction[:, place[index[start]]]
    return np.where(stop > start, found, 1.0 / SHARES)


def _cleaned_up(programme: Programme, priced: Numbers, prices: Array) -> Basis | None:
    """From cheapest sources at the prices given to the optimum; None if that takes longer than from nothing."""
    import highspy

    (height, width), count = programme.shape, len(priced)
    folded = np.zeros(height)
    folded[priced] = prices
    cost = programme.cost - programme.matrix.T @ folded
    source, price = cheapest_sources(programme, cost, priced)
    reduced = cost - programme.matrix.T @ price
    under = np.isfinite(programme.row_upper[priced])
    endless = np.full(count, np.inf)
    left = _with_rest(programme, priced, prices)
    engine: Any = Solver(left, presolve="off")._highs
    engine.setBasis(for_highs(_at_sources(programme, source, reduced, priced)))
    rest = np.arange(width, width + count, dtype=np.int32)

    def run(limit: int) -> bool:
        engine.setOptionValue("simplex_iteration_limit", limit)
        engine.run()
        return bool(engine.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    if not run(height + 1000):
        return None
    engine.changeColsBounds(count, rest, np.where(under, 0.0, -endless), np.where(under, endless, 0.0))
    if not run(height // 12 + 1000):
        return None
    engine.changeColsCost(count, rest, np.zeros(count))
    engine.setOptionValue("simplex_strategy", 4)
    if not run(height // 12 + 1000):
        return None
    found = engine.getBasis()
    columns, rows = (np.array([int(s) for s in part], dtype=np.int8) for part in (found.col_status, found.row_status))
    rows[priced] = np.where(columns[width:] == BASIC, BASIC, rows[priced])
    return Basis(columns[:width], rows)


def _with_rest(programme: Programme, priced: Numbers, prices: Array) -> Programme:
    """The programme with a column for what is left of each priced row, without limits and rewarded at its price."""
    count, (height, _) = len(priced), programme.shape
    entries = (np.ones(count), priced, np.arange(count + 1, dtype=np.int32))
    limit = np.where(np.isfinite(programme.row_upper), programme.row_upper, programme.row_lower)[priced]
    row_lower, row_upper = programme.row_lower.copy(), programme.row_upper.copy()
    row_lower[priced] = row_upper[priced] = limit
    matrix = sparse.hstack([programme.matrix, sparse.csc_array(entries, shape=(height, count))], format="csc")
    return Programme(
        cost=np.concatenate([programme.cost, prices]),
        lower=np.concatenate([programme.lower, np.full(count, -np.inf)]),
        upper=np.concatenate([programme.upper, np.full(count, np.inf)]),
        whole=np.zeros(len(programme.cost) + count, dtype=bool),
        row_lower=row_lower,
        row_upper=row_upper,
        matrix=sparse.csc_array(matrix),
        columns={},
        rows={},
        lazy=np.zeros(height, dtype=bool),
        offset=programme.offset,
    )


def _at_sources(programme: Programme, source: Numbers, reduced: Array, priced: Numbers) -> Basis:
    """The basis of cheapest sources and what is left of priced rows; all else is where it is cheap."""
    low, high = np.isfinite(programme.lower), np.isfinite(programme.upper)
    columns = np.where(low, LOWER, np.where(high, UPPER, FREE)).astype(np.int8)
    columns[high & (reduced < 0)] = UPPER
    columns[source[source != NONE]] = BASIC
    rows = np.where(source == NONE, BASIC, LOWER).astype(np.int8)
    rows[priced] = LOWER
    return Basis(np.concatenate([columns, np.full(len(priced), BASIC, dtype=np.int8)]), rows)


def _one_sided(programme: Programme) -> Mask:
    """Rows with exactly one limit."""
    return np.asarray(np.isfinite(programme.row_lower) != np.isfinite(programme.row_upper))


def _to_one(amount: Array) -> Array:
    """Fractions down each column, alike where there is nothing."""
    total = amount.sum(axis=0)
    return np.asarray(np.where(total > 0, amount / np.where(total > 0, total, 1.0), 1.0 / len(amount)))


def _times(limit: Array, fraction: Array) -> Array:
    """A fraction of limits; what is endless stays so."""
    endless = ~np.isfinite(limit)
    return np.asarray(np.where(endless, limit, np.where(endless, 0.0, limit) * fraction))
