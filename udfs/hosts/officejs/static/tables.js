// Planning tables: read from the workbook as cells, written back as the server laid them out, all of them or none.
globalThis.sopTables = (() => {
  "use strict";

  /** Cells that are loaded or written between two calls of sync: Excel on the web takes 5 MB at a time. */
  const AT_ONCE = 30_000;
  /** A longer text in a cell of text format is shown as #####. */
  const LONGEST_AS_TEXT = 255;

  /**
   * @typedef {{error: string, says?: string}} ErrorCell
   * @typedef {number | string | boolean | null | ErrorCell} Cell
   * @typedef {{sheet: string, header: string[], rows: Cell[][], row: number, column: number}} Sent
   * @typedef {{role: string, text: boolean, formula: string | null, origin: number | null, like: number | null}} Column
   * @typedef {{header: string[], columns: Column[], rows: Cell[][], moved: (number | null)[]}} Laid
   * @typedef {{name: string, sheet: string, top: number, left: number, rows: number, columns: number,
   *            totals: boolean, table: Excel.Table, worksheet: Excel.Worksheet}} Place
   * @typedef {{values: any[][], types: string[][], formulas: any[][]}} Grid
   */

  /**
   * Where the named tables stand.
   * @param {Excel.RequestContext} context
   * @param {string[]} names
   * @returns {Promise<Place[]>}
   */
  async function places(context, names) {
    const wanted = new Set(names.map((name) => name.toLowerCase()));
    const all = context.workbook.tables.load("items/name,items/showTotals,items/showHeaders");
    await context.sync();
    const found = all.items.filter((table) => wanted.has(table.name.toLowerCase()));
    const parts = found.map((table) => ({
      table,
      worksheet: table.worksheet.load("name"),
      range: table.getRange().load("rowIndex,columnIndex,rowCount,columnCount"),
    }));
    await context.sync();
    return parts.map(({ table, worksheet, range }) => {
      if (!table.showHeaders) throw new Error(`table ${table.name} hides its header row; show it again`);
      return {
        name: table.name, sheet: worksheet.name, table, worksheet, totals: table.showTotals,
        top: range.rowIndex, left: range.columnIndex, columns: range.columnCount,
        rows: range.rowCount - 1 - (table.showTotals ? 1 : 0),
      };
    });
  }

  /**
   * The cells of tables, heading first, loaded in pieces.
   * @param {Excel.RequestContext} context
   * @param {Place[]} found
   * @param {boolean} withFormulas
   * @returns {Promise<Grid[]>}
   */
  async function grids(context, found, withFormulas) {
    const made = found.map(() => /** @type {Grid} */ ({ values: [], types: [], formulas: [] }));
    /** @type {{range: Excel.Range, grid: Grid}[]} */
    let loaded = [];
    let cells = 0;
    const collect = async () => {
      await context.sync();
      for (const { range, grid } of loaded) {
        grid.values.push(...range.values);
        grid.types.push(...range.valueTypes);
        if (withFormulas) grid.formulas.push(...range.formulasR1C1);
      }
      loaded = [];
      cells = 0;
    };
    for (const [at, place] of found.entries()) {
      const step = Math.max(1, Math.floor(AT_ONCE / place.columns));
      for (let first = 0; first <= place.rows; first += step) {
        const height = Math.min(step, place.rows + 1 - first);
        if (cells + height * place.columns > AT_ONCE) await collect();
        const range = place.worksheet.getRangeByIndexes(place.top + first, place.left, height, place.columns);
        loaded.push({ range: range.load(`values,valueTypes${withFormulas ? ",formulasR1C1" : ""}`), grid: made[at] });
        cells += height * place.columns;
      }
    }
    if (loaded.length) await collect();
    return made;
  }

  /** @param {any} value @param {string} type @returns {Cell} */
  function cell(value, type) {
    if (type === "Error") return { error: String(value) };
    return value === "" || value === undefined ? null : value;
  }

  /** @param {Place} place @param {Grid} grid @returns {Sent} */
  function sent(place, grid) {
    return {
      sheet: place.sheet,
      header: grid.values[0].map(String),
      rows: grid.values.slice(1).map((row, i) => row.map((value, j) => cell(value, grid.types[i + 1][j]))),
      row: place.top + 2,
      column: place.left + 1,
    };
  }

  /**
   * The named tables of the workbook as the server takes them.
   * @param {Excel.RequestContext} context
   * @param {string[]} names
   * @returns {Promise<Record<string, Sent>>}
   */
  async function read(context, names) {
    const found = await places(context, names);
    const cells = await grids(context, found, false);
    return Object.fromEntries(found.map((place, at) => [place.name, sent(place, cells[at])]));
  }

  /**
   * Write tables as the server laid them out; when one fails, those before it are put back.
   * @param {Excel.RequestContext} context
   * @param {Record<string, Laid>} laid
   * @param {Record<string, Sent>} before what was sent: what people changed since is not overwritten
   */
  async function write(context, laid, before) {
    const found = await places(context, Object.keys(laid));
    const missing = Object.keys(laid).find((name) => !found.some((place) => place.name === name));
    if (missing) throw new Error(`table ${missing} is not there any more; nothing was written`);
    const cells = await grids(context, found, true);
    for (const [at, place] of found.entries()) {
      if (JSON.stringify(sent(place, cells[at])) !== JSON.stringify(before[place.name]))
        throw new Error(`sheet ${place.sheet} was changed while the command ran; nothing was written, run it again`);
    }
    await guard(context, found, laid);
    const formats = found.map((place) =>
      place.worksheet.getRangeByIndexes(place.top + 1, place.left, 1, place.columns).load("numberFormat"));
    await context.sync();
    const done = [];
    try {
      for (const [at, place] of found.entries()) {
        done.push(at);
        await put(context, place, cells[at], laid[place.name], formats[at].numberFormat[0]);
      }
    } catch (error) {
      for (const at of done.reverse()) await putBack(context, found[at], cells[at], laid[found[at].name]);
      throw error;
    }
  }

  /**
   * Refuse growth over cells that hold something, before anything is written.
   * @param {Excel.RequestContext} context
   * @param {Place[]} found
   * @param {Record<string, Laid>} laid
   */
  async function guard(context, found, laid) {
    const areas = [];
    for (const place of found) {
      const rows = Math.max(laid[place.name].rows.length, 1), columns = laid[place.name].columns.length;
      if (place.totals) throw new Error(`sheet ${place.sheet}: hide the total row of ${place.name} and run again`);
      const growths = [
        [place.top + place.rows + 1, place.left, rows - place.rows, Math.max(columns, place.columns)],
        [place.top, place.left + place.columns, Math.min(rows, place.rows) + 1, columns - place.columns],
      ];
      for (const [row, column, height, width] of growths) {
        if (height < 1 || width < 1) continue;
        const area = place.worksheet.getRangeByIndexes(row, column, height, width);
        areas.push({ place, used: area.getUsedRangeOrNullObject(true).load("address") });
      }
    }
    await context.sync();
    for (const { place, used } of areas) {
      if (!used.isNullObject)
        throw new Error(`sheet ${place.sheet}: table ${place.name} would grow over ${used.address}, which is not ` +
          "empty; move it");
    }
  }

  /**
   * Write a table: its size, its headings, then its columns.
   * @param {Excel.RequestContext} context
   * @param {Place} place
   * @param {Grid} grid
   * @param {Laid} laid
   * @param {string[]} formats the number format of each column before
   */
  async function put(context, place, grid, laid, formats) {
    const rows = Math.max(laid.rows.length, 1);
    resize(place, rows, laid.columns.length);
    const old = grid.values[0].map(String);
    if (JSON.stringify(laid.header) !== JSON.stringify(old)) {
      const line = place.worksheet.getRangeByIndexes(place.top, place.left, 1, laid.header.length);
      line.numberFormat = each("@"); // Excel would turn the heading 2026-03 into a date
      line.values = [laid.header.map((heading) => typed(heading, true))];
    }
    await context.sync();
    const pieces = runs(laid, grid, old);
    for (const { first, last, how } of pieces) {
      const step = Math.max(1, Math.floor(AT_ONCE / (last - first + 1)));
      for (let top = 0; top < rows; top += step) {
        const height = Math.min(step, rows - top);
        const area = place.worksheet.getRangeByIndexes(place.top + 1 + top, place.left + first, height, last - first + 1);
        fill(area, { first, last, how, top, height }, grid, laid, formats);
        await context.sync();
      }
    }
  }

  /**
   * Neighbouring columns that are written alike: as values, with what stood there moved along, or by one formula.
   * @param {Laid} laid
   * @param {Grid} grid
   * @param {string[]} old
   * @returns {{first: number, last: number, how: "values" | "moved" | "formula"}[]}
   */
  function runs(laid, grid, old) {
    /** @type {{first: number, last: number, how: "values" | "moved" | "formula"}[]} */
    const found = [];
    laid.columns.forEach((column, at) => {
      const how = column.formula !== null ? "formula"
        : column.role === "planner" || holdsFormulas(column, laid.header[at], grid, old) ? "moved" : "values";
      const before = found[found.length - 1];
      if (before && before.how === "values" && how === "values") before.last = at;
      else found.push({ first: at, last: at, how });
    });
    return found;
  }

  /** Whether somebody typed formulas into an input. @param {Column} column @param {string} heading @param {Grid} grid @param {string[]} old */
  function holdsFormulas(column, heading, grid, old) {
    const at = column.origin;
    if (column.role !== "input" || at === null || old[at] !== heading) return false;
    return grid.formulas.some((row, i) => i > 0 && isFormula(row[at], grid.values[i][at]));
  }

  /** @param {any} formula @param {any} value */
  function isFormula(formula, value) {
    return typeof formula === "string" && formula.startsWith("=") && formula !== value;
  }

  /**
   * Fill a piece of a table.
   * @param {Excel.Range} area
   * @param {{first: number, last: number, how: string, top: number, height: number}} piece
   * @param {Grid} grid
   * @param {Laid} laid
   * @param {string[]} formats
   */
  function fill(area, piece, grid, laid, formats) {
    const { first, last, how, top, height } = piece;
    const lines = Array.from({ length: height }, (_, i) => top + i);
    if (how === "formula") {
      area.formulas = each(`=${laid.columns[first].formula}`);
    } else if (how === "moved") {
      area.formulasR1C1 = lines.map((row) => [moved(laid, grid, row, first)]);
    } else {
      /** @type {boolean[]} */
      const asText = [];
      for (let at = first; at <= last; at++) {
        const format = formatOf(laid, at, formats);
        if (format !== null) area.getColumn(at - first).numberFormat = each(format);
        asText[at] = format === "@";
      }
      area.values = lines.map((row) => range(first, last).map((at) => typed(laid.rows[row]?.[at] ?? null, asText[at])));
    }
  }

  /** @param {number} first @param {number} last */
  function range(first, last) {
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  /** Codes stay text, and new rows and months look like the ones before. @param {Laid} laid @param {number} at @param {string[]} formats */
  function formatOf(laid, at, formats) {
    const column = laid.columns[at];
    if (column.text) {
      const isLong = laid.rows.some((row) => typeof row[at] === "string" && row[at].length > LONGEST_AS_TEXT);
      return isLong ? "General" : "@";
    }
    const like = column.like === null ? undefined : formats[column.like];
    return like === undefined || like === "@" ? null : like;
  }

  /**
   * What follows the key of its row: a formula, or what a planner typed into a column of their own.
   * @param {Laid} laid
   * @param {Grid} grid
   * @param {number} row
   * @param {number} at
   */
  function moved(laid, grid, row, at) {
    const column = laid.columns[at], before = laid.moved[row] ?? null, value = laid.rows[row]?.[at] ?? null;
    if (before === null || column.origin === null) return typed(value, false);
    const formula = grid.formulas[before + 1][column.origin], standing = grid.values[before + 1][column.origin];
    const keeps = isFormula(formula, standing);
    if (column.role === "planner") return keeps ? formula : typed(standing, false);
    return keeps && standing === value ? formula : typed(value, false);
  }

  /** A value as it is typed: null would leave the cell as it is, and text must not be taken for anything else. @param {any} value @param {boolean} asText */
  function typed(value, asText) {
    if (value === null || value === undefined) return "";
    if (typeof value === "object") return value.error;
    if (typeof value !== "string" || value === "") return value;
    return asText && !/^[='+@-]/.test(value) ? value : `'${value}`;
  }

  /** One value for every cell of a range. @param {string} value @returns {any} */
  function each(value) {
    return value;
  }

  /** @param {Place} place @param {number} rows @param {number} columns */
  function resize(place, rows, columns) {
    if (rows === place.rows && columns === place.columns) return;
    const { worksheet, top, left } = place;
    place.table.resize(worksheet.getRangeByIndexes(top, left, rows + 1, columns));
    if (rows < place.rows) worksheet.getRangeByIndexes(top + rows + 1, left, place.rows - rows, place.columns).clear("Contents");
    if (columns < place.columns) worksheet.getRangeByIndexes(top, left + columns, place.rows + 1, place.columns - columns).clear("Contents");
  }

  /**
   * Bring a table back to what it was before a write that failed.
   * @param {Excel.RequestContext} context
   * @param {Place} place
   * @param {Grid} grid
   * @param {Laid} laid
   */
  async function putBack(context, place, grid, laid) {
    const { worksheet, top, left } = place;
    const rows = Math.max(laid.rows.length, 1), columns = laid.columns.length;
    worksheet.getRangeByIndexes(top + 1, left, Math.max(rows, place.rows), Math.max(columns, place.columns)).clear("Contents");
    const step = Math.max(1, Math.floor(AT_ONCE / place.columns));
    for (let first = 0; first <= place.rows; first += step) {
      const lines = grid.formulas.slice(first, first + step);
      worksheet.getRangeByIndexes(top + first, left, lines.length, place.columns).formulasR1C1 = lines.map((line, i) =>
        line.map((formula, j) => {
          const value = grid.values[first + i][j];
          return isFormula(formula, value) || grid.types[first + i][j] === "Error" ? formula : typed(value, false);
        }));
      await context.sync();
    }
    place.table.resize(worksheet.getRangeByIndexes(top, left, place.rows + 1, place.columns));
    if (columns > place.columns) worksheet.getRangeByIndexes(top, left + place.columns, 1, columns - place.columns).clear("Contents");
    await context.sync();
  }

  return { places, read, write };
})();
