// A strict little Excel for add-ins, for tests only: what is not loaded cannot be read, writes wait for sync, text typed
// into a cell is taken as Excel takes it, tables and spilled results need room. It has what the add-in uses and no more:
// anything else is a mistake that is told.
(() => {
  "use strict";
  const MOST_CELLS = 100_000; // in one sync, as Excel on the web would refuse more

  class OfficeError extends Error {
    constructor(code, message) {
      super(`${code}: ${message}`);
      this.code = code;
    }
  }
  const fail = (code, message) => { throw new OfficeError(code, message); };

  // ---- the grid

  const letters = (n) => (n < 26 ? "" : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(65 + (n % 26));
  const address = (r, c, h = 1, w = 1) => `${letters(c)}${r + 1}` + (h * w > 1 ? `:${letters(c + w - 1)}${r + h}` : "");
  const cellAt = (text) => {
    const [, column, row] = /^\$?([A-Z]+)\$?(\d+)$/i.exec(text) ?? fail("InvalidArgument", `bad address ${text}`);
    return [Number(row) - 1, [...column.toUpperCase()].reduce((n, l) => n * 26 + l.charCodeAt(0) - 64, 0) - 1];
  };
  const boxAt = (text) => {
    const [first, last = first] = text.split(":");
    const [r, c] = cellAt(first), [r2, c2] = cellAt(last);
    return [r, c, r2 - r + 1, c2 - c + 1];
  };
  const ERRORS = ["#N/A", "#VALUE!", "#NUM!", "#DIV/0!", "#REF!", "#NAME?", "#NULL!"];
  const EMPTY = Object.freeze({ value: "", type: "Empty", formula: "", format: "General" });

  class Grid {
    constructor(name) {
      this.name = name;
      this.cells = new Map();
    }
    at(r, c) {
      return this.cells.get(`${r},${c}`) ?? EMPTY;
    }
    set(r, c, changes) {
      this.cells.set(`${r},${c}`, { ...this.at(r, c), ...changes });
    }
    /** What somebody types, as Excel takes it. */
    type(r, c, typed) {
      if (typed === null) return; // as Office.js has it: the cell stays
      if (typed === undefined || typeof typed === "object") fail("InvalidArgument", `${this.name}!${address(r, c)}: not a value`);
      if (typeof typed === "number" && !Number.isFinite(typed)) fail("InvalidArgument", "not a number a cell can hold");
      if (typeof typed === "string" && typed.length > 32_767) fail("InvalidArgument", "too long for a cell");
      this.set(r, c, this.taken(typed, this.at(r, c).format));
    }
    taken(typed, format) {
      const plain = (value, type) => ({ value, type, formula: value });
      if (typed === "") return plain("", "Empty");
      if (typeof typed !== "string") return plain(typed, typeof typed === "number" ? "Double" : "Boolean");
      if (typed.startsWith("'")) return plain(typed.slice(1), "String");
      if (format === "@") return plain(typed, "String");
      if (typed.startsWith("=")) return { value: 0, type: "Double", formula: typed };
      if (ERRORS.includes(typed)) return plain(typed, "Error");
      if (/^(true|false)$/i.test(typed)) return plain(/^true$/i.test(typed), "Boolean");
      if (/^[+-]?[\d.,]+(e[+-]?\d+)?%?$/i.test(typed)) return plain(Number.parseFloat(typed.replaceAll(",", "")), "Double");
      if (/^\d{4}-\d{1,2}(-\d{1,2})?$/.test(typed)) return plain(Date.parse(typed) / 86_400_000 + 25_569, "Double");
      return plain(typed, "String");
    }
    used() {
      return [...this.cells].filter(([, cell]) => cell.type !== "Empty").map(([key]) => key.split(",").map(Number));
    }
  }

  const book = { name: "plan.xlsx", sheets: new Map(), tables: new Map(), active: ["", 0, 0] };
  const grid = (name) => book.sheets.get(name.toLowerCase()) ?? fail("ItemNotFound", `no sheet ${name}`);

  // ---- proxies: known members only, properties after load and sync only

  function strict(kind, members) {
    return new Proxy(members, {
      get(target, key) {
        if (key in target || typeof key === "symbol" || key === "then" || key === "toJSON") return target[key];
        return fail("NotInThisHost", `${kind}.${String(key)} is not known`);
      },
      set(target, key, value) {
        const setter = Object.getOwnPropertyDescriptor(target, key)?.set;
        if (!setter) fail("NotInThisHost", `${kind}.${String(key)} cannot be set`);
        setter.call(target, value);
        return true;
      },
    });
  }

  /** An object of the host: `fields` must be loaded, `methods` and `setters` are there at once. */
  function made(context, kind, fields, methods = {}, setters = {}) {
    const loaded = {};
    const members = { context, ...methods };
    for (const key of new Set([...Object.keys(fields), ...Object.keys(setters)])) {
      Object.defineProperty(members, key, {
        enumerable: true,
        get: () => (key in loaded ? loaded[key] : fail("PropertyNotLoaded", `${kind}.${key} was read before load() and sync()`)),
        set: setters[key] && ((value) => context.later(() => setters[key](value))),
      });
    }
    const proxy = strict(kind, members);
    members.load = (asked) => {
      const names = asked.split(",").map((name) => name.trim());
      const heads = [...new Set(names.map((name) => name.split("/")[0]))];
      heads.forEach((name) => name in fields || fail("InvalidArgument", `${kind} has no ${name}`));
      context.loads.push(() => heads.forEach((name) => { loaded[name] = fields[name](names.filter((path) => path.startsWith(`${name}/`))); }));
      return proxy;
    };
    return proxy;
  }

  function orNull(context, kind, find, use) {
    const loaded = {};
    const members = {
      get isNullObject() { return loaded.isNull ?? fail("PropertyNotLoaded", `${kind}.isNullObject was read before sync()`); },
      get address() { return loaded.isNull === false ? loaded.address : fail("PropertyNotLoaded", `${kind} is not there`); },
      load() {
        context.loads.push(() => {
          const found = find();
          loaded.isNull = found === null;
          if (found !== null) loaded.address = use(found);
        });
        return proxy;
      },
    };
    const proxy = strict(kind, members);
    return proxy;
  }

  function range(context, sheet, r, c, h, w) {
    if (![r, c, h, w].every(Number.isInteger) || r < 0 || c < 0 || h < 1 || w < 1 || r + h > 1_048_576 || c + w > 16_384)
      fail("InvalidArgument", `no range of ${h} x ${w} cells at ${r}, ${c}`);
    const read = (of) => () => {
      context.weigh(h * w);
      return Array.from({ length: h }, (_, i) => Array.from({ length: w }, (_, j) => of(sheet.at(r + i, c + j))));
    };
    const each = (values, use) => {
      context.weigh(h * w);
      if (!Array.isArray(values)) values = Array.from({ length: h }, () => Array(w).fill(values));
      if (values.length !== h || values.some((row) => row.length !== w))
        fail("InvalidArgument", `${values.length} x ${values[0]?.length} values for ${sheet.name}!${address(r, c, h, w)}`);
      values.forEach((row, i) => row.forEach((value, j) => use(r + i, c + j, value)));
    };
    const type = (values) => {
      each(values, (i, j, value) => sheet.type(i, j, value));
      host.writes.push(`${sheet.name}!${address(r, c, h, w)}`);
    };
    return made(context, "Range", {
      address: () => `${sheet.name}!${address(r, c, h, w)}`,
      rowIndex: () => r, columnIndex: () => c, rowCount: () => h, columnCount: () => w,
      values: read((cell) => cell.value), valueTypes: read((cell) => cell.type),
      formulasR1C1: read((cell) => cell.formula), numberFormat: read((cell) => cell.format),
    }, {
      getColumn: (j) => range(context, sheet, r, c + j, h, 1),
      clear: (what) => {
        if (what !== "Contents") fail("InvalidArgument", "formats would be lost");
        context.later(() => each("", (i, j) => sheet.set(i, j, { value: "", type: "Empty", formula: "" })));
      },
      getUsedRangeOrNullObject: (valuesOnly) => orNull(context, "Range", () => {
        if (!valuesOnly) fail("InvalidArgument", "formats do not count as used");
        const inside = sheet.used().filter(([i, j]) => i >= r && i < r + h && j >= c && j < c + w);
        return inside.length ? inside[0] : null;
      }, ([i, j]) => `${sheet.name}!${address(i, j)}`),
      getSpillParentOrNullObject: () => orNull(context, "Range", () => host.spilledFrom(sheet.name, r, c), (found) => found),
      box: [r, c, h, w], sheet,
    }, {
      values: type, formulas: type, formulasR1C1: type,
      numberFormat: (format) => each(format, (i, j, one) => sheet.set(i, j, { format: one })),
    });
  }

  function worksheet(context, sheet) {
    return made(context, "Worksheet", { name: () => sheet.name }, {
      getRangeByIndexes: (r, c, h, w) => range(context, sheet, r, c, h, w),
    });
  }

  function table(context, entry) {
    const sheet = grid(entry.sheet);
    const whole = () => range(context, sheet, entry.top, entry.left, entry.rows + 1 + (entry.totals ? 1 : 0), entry.columns);
    return made(context, "Table", { name: () => entry.name, showTotals: () => entry.totals, showHeaders: () => entry.headers }, {
      get worksheet() { return worksheet(context, sheet); },
      getRange: whole,
      resize: (to) => context.later(() => {
        const [r, c, h, w] = to.box;
        if (to.sheet !== sheet || r !== entry.top || c !== entry.left) fail("InvalidArgument", "the heading of a table stays where it is");
        if (h < 2) fail("InvalidArgument", "a table has a row");
        for (const other of book.tables.values()) {
          const apart = other === entry || other.sheet !== entry.sheet || other.top >= r + h || other.top + other.rows + 1 <= r ||
            other.left >= c + w || other.left + other.columns <= c;
          if (!apart) fail("InvalidArgument", `${entry.name} would overlap ${other.name}`);
        }
        for (let j = 0; j < w; j++) if (sheet.at(r, c + j).type === "Empty") sheet.set(r, c + j, { value: `Column${j + 1}`, type: "String", formula: `Column${j + 1}` });
        Object.assign(entry, { rows: h - 1, columns: w });
      }),
    });
  }

  class RequestContext {
    constructor() {
      this.queue = [];
      this.loads = [];
      this.cells = 0;
      const tables = made(this, "Tables", {
        items: (paths) => [...book.tables.values()].map((entry) => {
          const one = table(this, entry);
          one.load(paths.map((path) => path.split("/")[1]).join(","));
          this.loads.pop()();
          return one;
        }),
      });
      this.workbook = made(this, "Workbook", { name: () => book.name }, {
        tables,
        getActiveCell: () => { const [name, r, c] = book.active; return range(this, grid(name), r, c, 1, 1); },
      });
    }
    later(change) {
      this.queue.push(change);
    }
    weigh(cells) {
      this.cells += cells;
      if (this.cells > MOST_CELLS) fail("RequestPayloadSizeLimitExceeded", "too many cells in one sync");
    }
    async sync() {
      host.syncs++;
      const queue = this.queue.splice(0), loads = this.loads.splice(0);
      this.cells = 0;
      await Promise.resolve();
      queue.forEach((change) => {
        host.beforeWrite?.();
        change();
      });
      loads.forEach((load) => load());
    }
  }

  // ---- custom functions: marshalling as functions.json has it, spilling as the grid has room

  class CustomFunctionError extends Error {
    constructor(code, message) {
      super(message);
      this.code = code;
    }
  }
  const codes = {
    invalidValue: "#VALUE!", notAvailable: "#N/A", invalidNumber: "#NUM!", invalidName: "#NAME?",
    divisionByZero: "#DIV/0!", invalidReference: "#REF!", nullReference: "#NULL!",
  };
  const functions = new Map(), actions = new Map(), spills = new Map();
  let metadata = { functions: [] };

  const handed = (cell) => (cell.type === "Error"
    ? { type: "Error", basicType: "Error", basicValue: cell.value, errorType: "Any" } : cell.value);
  const ref = (text) => ({ range: text });
  const cellsOf = (text, home) => {
    const [name, area] = text.includes("!") ? text.split("!") : [home, text];
    const [r, c, h, w] = boxAt(area);
    return Array.from({ length: h }, (_, i) => Array.from({ length: w }, (_, j) => handed(grid(name).at(r + i, c + j))));
  };
  const asError = (value) => (value && typeof value === "object" && ERRORS.includes(value.error)
    ? { type: "Error", basicType: "Error", basicValue: value.error, errorType: "Any" } : value);

  /** An argument as Excel hands it to a parameter: a reference, a constant array, a value, or nothing. */
  function marshalled(given, parameter, home) {
    if (given === undefined || given === null) return parameter.optional || parameter.repeating ? null : fail("TooFew", parameter.name);
    const isRange = typeof given === "object" && "range" in given;
    const value = isRange ? cellsOf(given.range, home)
      : Array.isArray(given) ? given.map((row) => row.map((cell) => asError(cell ?? ""))) : asError(given);
    if (parameter.dimensionality === "matrix") return Array.isArray(value) ? value : [[value]];
    if (!Array.isArray(value)) return value;
    if (value.length !== 1 || value[0].length !== 1) fail("TooMany", `${parameter.name} is one cell`);
    return value[0][0];
  }

  /** Put =NAME(arguments) into a cell; what the cells then show, or the error. */
  async function enter(where, name, given = []) {
    const [home, spot] = where.split("!"), [r, c] = cellAt(spot), sheet = grid(home);
    clearSpill(where);
    const spec = metadata.functions.find((one) => `SOP.${one.name}` === name);
    const shown = (value) => {
      const isError = value instanceof CustomFunctionError;
      if (isError && value.message) host.notes.set(where, value.message);
      const cell = isError ? value.code : typeof value === "number" && !Number.isFinite(value) ? "#NUM!" : value;
      return { value: cell, type: ERRORS.includes(cell) ? "Error" : typeof cell === "string" ? "String" : "Double", formula: "=" };
    };
    const end = (value) => { sheet.set(r, c, shown(value)); return sheet.at(r, c).value; };
    if (!spec) return end(new CustomFunctionError("#NAME?", ""));
    const last = spec.parameters.at(-1), repeats = Boolean(last?.repeating);
    const own = repeats ? spec.parameters.slice(0, -1) : spec.parameters;
    if (!repeats && given.length > own.length) return end(new CustomFunctionError("#VALUE!", "too many"));
    const values = own.map((parameter, at) => marshalled(given[at], parameter, home));
    if (repeats) values.push(given.slice(own.length).map((one) => marshalled(one, last, home)));
    const invocation = { address: where, functionName: spec.name, onCanceled: undefined };
    host.invocations.set(where, invocation);
    let answer;
    try {
      answer = await functions.get(spec.id)(...values, invocation);
    } catch (error) {
      if (!(error instanceof CustomFunctionError)) throw error;
      return end(error);
    }
    if (!Array.isArray(answer) || !answer.length || answer.some((row) => row.length !== answer[0].length)) fail("BadResult", name);
    const free = answer.every((row, i) => row.every((_, j) => (!i && !j) || sheet.at(r + i, c + j).type === "Empty"));
    if (!free) return end("#SPILL!");
    answer.forEach((row, i) => row.forEach((value, j) => {
      if (value === null || value === undefined || (typeof value === "object" && !(value instanceof CustomFunctionError))) fail("BadResult", `${name} shows ${value}`);
      sheet.set(r + i, c + j, shown(value));
      spills.set(`${home}!${address(r + i, c + j)}`, where);
    }));
    return answer.map((row) => row.map((value) => shown(value).value));
  }

  function clearSpill(where) {
    for (const [cell, from] of spills) {
      if (from !== where) continue;
      const [name, spot] = cell.split("!");
      grid(name).set(...cellAt(spot), { value: "", type: "Empty", formula: "" });
      spills.delete(cell);
    }
  }

  const host = {
    book, notes: new Map(), invocations: new Map(), writes: [], syncs: 0, beforeWrite: null, enter, ref, actions,
    spilledFrom: (sheet, r, c) => spills.get(`${sheet}!${address(r, c)}`) ?? null,
    addSheet(name) {
      book.sheets.set(name.toLowerCase(), new Grid(name));
      return grid(name);
    },
    /** A workbook: its sheets' cells as [row, column, value, type, format, formula], and its tables. */
    open(content) {
      book.sheets.clear();
      book.tables.clear();
      for (const [name, cells] of Object.entries(content.sheets)) {
        const sheet = host.addSheet(name);
        for (const [r, c, value, type, format, formula] of cells) sheet.set(r, c, { value, type, format, formula: formula ?? value });
      }
      for (const entry of content.tables) book.tables.set(entry.name, { totals: false, headers: true, ...entry });
      book.active = [book.sheets.values().next().value.name, 0, 0];
    },
    select(where) {
      const [name, spot] = where.split("!");
      book.active = [name, ...cellAt(spot)];
    },
    values(where) {
      const [name, area] = where.split("!"), [r, c, h, w] = boxAt(area);
      return Array.from({ length: h }, (_, i) => Array.from({ length: w }, (_, j) => grid(name).at(r + i, c + j).value));
    },
    /** A table's cells, heading first. */
    table(name, of = "value") {
      const { sheet, top, left, rows, columns } = book.tables.get(name);
      return Array.from({ length: rows + 1 }, (_, i) => Array.from({ length: columns }, (_, j) => grid(sheet).at(top + i, left + j)[of]));
    },
    loadFunctions(content) {
      metadata = content;
      for (const { id } of metadata.functions) if (!functions.has(id)) fail("NotAssociated", id);
      for (const id of functions.keys()) if (!metadata.functions.some((one) => one.id === id)) fail("NotInMetadata", id);
    },
    /** Press a button of the ribbon. */
    click(action) {
      const run = actions.get(action) ?? fail("NoAction", action);
      return new Promise((completed, failed) => Promise.resolve(run({ source: { id: action }, completed })).catch(failed));
    },
  };

  globalThis.CustomFunctions = { associate: (id, run) => functions.set(id, run), Error: CustomFunctionError, ErrorCode: codes };
  globalThis.Excel = {
    run: async (batch) => {
      const context = new RequestContext(), result = await batch(context);
      await context.sync();
      return result;
    },
  };
  globalThis.Office = {
    onReady: async () => ({ host: "Excel", platform: "PC" }),
    actions: { associate: (id, run) => actions.set(id, run) },
    addin: { showAsTaskpane: async () => { host.paneShown = true; } },
  };
  globalThis.host = host;
})();
