// The bridge between Excel and the server: custom functions in batches, ribbon commands as jobs. No dependencies.
(() => {
  "use strict";
  if (globalThis.sopXl) return; // the script may be loaded by the page and by Excel

  /** Calls are collected for so long before they are sent [ms]. */
  const COLLECT = 20;
  /** Most calls, and cells, in one request. */
  const MOST_CALLS = 256, MOST_CELLS = 100_000;
  /** Answers, and calls of cells, that are remembered; an answer of more cells is not. */
  const REMEMBERED = 2_000, ADDRESSES = 5_000, SMALL = 2_000;
  /** A request is tried so often; a job is asked after at most so seldom [ms]. */
  const TRIES = 3, SELDOM = 1_500;
  const TOKEN = "sop_xl_token";
  const DATA = globalThis.SOP_XL;
  const base = globalThis.SOP_XL_BASE ?? location.origin;

  /**
   * @typedef {{cells?: any[][], error?: string, says?: string}} Answer
   * @typedef {{function: string, arguments: any[]}} Call
   * @typedef {{call: Call, key: string, waiting: number, answer: Promise<Answer>,
   *            settle: (answer: Answer) => void, fail: (error: Error) => void, left: () => void}} Asked
   */

  /** An answer of the server that another try does not change. */
  class Refused extends Error {
    /** @param {number} status @param {string} says */
    constructor(status, says) {
      super(says);
      this.status = status;
    }
  }

  const events = new EventTarget();
  /** @param {string} name @param {any} detail */
  function tell(name, detail) {
    events.dispatchEvent(Object.assign(new Event(name), { detail }));
  }

  // ---- the server

  function token() {
    try {
      return globalThis.localStorage?.getItem(TOKEN) ?? "";
    } catch {
      return ""; // storage is switched off
    }
  }

  /** @param {string} given */
  function signIn(given) {
    globalThis.localStorage?.setItem(TOKEN, given.trim());
  }

  /** @param {string} method @param {string} path @param {any} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
  async function once(method, path, body, signal) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token()) headers["Authorization"] = `Bearer ${token()}`;
    const answer = await fetch(base + path, {
      method, headers, signal, cache: "no-store", redirect: "error", body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text);
    let says = answer.statusText;
    try {
      says = JSON.parse(text).says ?? says;
    } catch {
      // a proxy answered with a page of its own
    }
    if (answer.status === 401) tell("signin", says);
    throw new Refused(answer.status, says);
  }

  /** Ask the server, again after a moment where it is busy or away. @param {string} method @param {string} path @param {any} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
  async function ask(method, path, body, signal) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(method, path, body, signal);
      } catch (error) {
        const isFinal = error instanceof Refused && error.status < 500;
        if (isFinal || signal?.aborted || attempt === TRIES) throw error;
      }
      await pause(200 * 2 ** attempt);
    }
  }

  /** @param {number} milliseconds */
  function pause(milliseconds) {
    return new Promise((done) => setTimeout(done, milliseconds));
  }

  // ---- functions: Excel asks cell by cell; calls are collected, and each distinct one is sent once

  /** @type {Map<string, Asked>} */
  const asked = new Map();
  /** @type {Map<string, Answer>} */
  const known = new Map();
  /** @type {Asked[]} */
  let queue = [];
  let queuedCells = 0;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;

  /** @param {Call} call @param {string} key @returns {Asked} */
  function enqueue(call, key) {
    /** @type {any} */
    const made = { call, key, waiting: 0, left: () => {} };
    made.answer = new Promise((settle, fail) => Object.assign(made, { settle, fail }));
    made.answer.catch(() => {}); // who waits hears of it; nobody may
    asked.set(key, made);
    queue.push(made);
    queuedCells += key.length / 4; // a cell takes four characters or more
    return made;
  }

  function sendSoon() {
    if (queue.length >= MOST_CALLS || queuedCells >= MOST_CELLS) send();
    else if (queue.length) timer ??= setTimeout(send, COLLECT);
  }

  function send() {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const wanted = queue.filter((one) => one.waiting > 0);
    for (const one of queue) if (one.waiting <= 0) asked.delete(one.key); // cancelled before it was sent
    queue = [];
    queuedCells = 0;
    if (!wanted.length) return;
    const controller = new AbortController();
    const left = () => {
      if (wanted.some((one) => one.waiting > 0)) return;
      for (const one of wanted) asked.delete(one.key); // who asks from now on asks anew
      controller.abort();
    };
    for (const one of wanted) one.left = left;
    ask("POST", "/api/calls", { calls: wanted.map((one) => one.call) }, controller.signal).then(
      ({ answers }) => wanted.forEach((one, at) => settled(one, answers[at])),
      (error) => wanted.forEach((one) => failed(one, error)));
  }

  /** @param {Asked} one @param {Error} error */
  function failed(one, error) {
    if (asked.get(one.key) === one) asked.delete(one.key);
    one.fail(error);
  }

  /** @param {Asked} one @param {Answer} answer */
  function settled(one, answer) {
    if (asked.get(one.key) === one) asked.delete(one.key);
    if (answer.cells && answer.cells.length * answer.cells[0].length <= SMALL) remember(known, one.key, answer, REMEMBERED);
    one.settle(answer);
  }

  /** @template V @param {Map<string, V>} where @param {string} key @param {V} value @param {number} most */
  function remember(where, key, value, most) {
    where.delete(key);
    where.set(key, value);
    if (where.size > most) where.delete(/** @type {string} */ (where.keys().next().value));
  }

  /**
   * The answer of a function.
   * @param {string} name
   * @param {any[]} values
   * @param {any} [invocation]
   * @returns {Promise<Answer>}
   */
  async function call(name, values, invocation) {
    const made = { function: name, arguments: values }, key = JSON.stringify(made);
    const kept = known.get(key);
    if (kept) return kept;
    const one = asked.get(key) ?? enqueue(made, key);
    one.waiting++;
    sendSoon();
    if (invocation) {
      invocation.onCanceled = () => {
        one.waiting--;
        one.left();
      };
    }
    return one.answer;
  }

  /** An argument as the server takes it. @param {any} value @returns {any} */
  function plain(value) {
    if (Array.isArray(value)) return value.map(plain);
    if (value === undefined || value === null || value === "") return null;
    if (typeof value === "number") return Number.isFinite(value) ? value : { error: "#NUM!" };
    if (typeof value !== "object") return value;
    const kind = value.code ?? (value.type === "Error" ? value.basicValue : undefined);
    return kind === undefined ? value.basicValue ?? null : { error: String(kind) };
  }

  /** @param {any[]} given @param {{repeating: boolean, parameters: number}} spec */
  function argumentsOf(given, spec) {
    const own = given.slice(0, spec.parameters).map(plain);
    const rest = spec.repeating && Array.isArray(given[spec.parameters]) ? given[spec.parameters].map(plain) : [];
    const all = [...own, ...rest];
    while (all.length && all[all.length - 1] === null) all.pop();
    return all;
  }

  /** A true cell error, with the sentence as its hover. @param {string} kind @param {string} [says] */
  function cellError(kind, says) {
    const code = CustomFunctions.ErrorCode;
    /** @type {Record<string, any>} */
    const codes = {
      "#VALUE!": code.invalidValue, "#N/A": code.notAvailable, "#NUM!": code.invalidNumber, "#NAME?": code.invalidName,
      "#DIV/0!": code.divisionByZero, "#REF!": code.invalidReference, "#NULL!": code.nullReference,
    };
    return new CustomFunctions.Error(codes[kind] ?? code.invalidValue, says);
  }

  /** @type {Map<string, Map<string, any[]>>} */
  const calculated = new Map();

  /** @param {{id: string, repeating: boolean, parameters: number}} spec */
  function customFunction(spec) {
    return async (/** @type {any[]} */ ...given) => {
      const invocation = given.pop(), values = argumentsOf(given, spec);
      if (invocation?.address) {
        const address = cellAddress(invocation.address);
        const functions = calculated.get(address) ?? new Map();
        functions.set(spec.id, values);
        remember(calculated, address, functions, ADDRESSES);
      }
      let answer;
      try {
        answer = await call(spec.id, values, invocation);
      } catch (error) {
        throw cellError("#N/A", `S&OP server: ${/** @type {Error} */ (error).message}`);
      }
      if (!answer.cells) throw cellError(answer.error ?? "#VALUE!", answer.says);
      return answer.cells.map((row) => row.map((cell) => (cell?.error ? cellError(cell.error, cell.says) : cell ?? "")));
    };
  }

  /** An address without the book, quotes and dollars. @param {string} address */
  function cellAddress(address) {
    const at = address.lastIndexOf("!");
    const sheet = address.slice(0, at).replace(/^'|'$/g, "").replace(/^\[[^\]]*\]/, "").replaceAll("''", "'");
    return `${sheet}!${address.slice(at + 1).replaceAll("$", "")}`.toUpperCase();
  }

  /** Why the selected cell shows what it shows. @returns {Promise<{address: string, sentences: string[]}>} */
  async function explain() {
    const address = await Excel.run(async (context) => {
      const cell = context.workbook.getActiveCell().load("address");
      const parent = cell.getSpillParentOrNullObject().load("address");
      await context.sync();
      return parent.isNullObject ? cell.address : parent.address;
    });
    const functions = calculated.get(cellAddress(address));
    if (!functions) {
      const says = "no S&OP function was calculated here since the workbook was opened: press F2 and Enter in the cell, then ask again";
      return { address, sentences: [says] };
    }
    const answers = await Promise.all([...functions].map(([name, values]) => call("EXPLAIN", [name, ...values])));
    return { address, sentences: answers.flatMap((a) => (a.cells ? a.cells.flat().map(String) : [a.says ?? ""])) };
  }

  // ---- commands: the planning tables go to the server, the job is asked after, what changed is written

  /** @type {{controller: AbortController} | null} */
  let running = null;

  /** Whether the workbook holds planning tables. */
  async function isPlanningBook() {
    return Excel.run(async (context) => (await globalThis.sopTables.places(context, [DATA.steps])).length > 0);
  }

  /** The steps of the cycle as they stand on their sheet. @returns {Promise<string[][]>} */
  async function steps() {
    return Excel.run(async (context) => {
      const [table] = Object.values(await globalThis.sopTables.read(context, [DATA.steps]));
      if (!table) return [];
      const at = DATA.stepColumns.map((/** @type {string} */ label) => table.header.indexOf(label));
      return table.rows.map((row) => at.map((/** @type {number} */ j) => String(row[j] ?? "")));
    });
  }

  /**
   * Run a command; its message. Progress is told as events.
   * @param {string} name
   * @returns {Promise<string>}
   */
  async function run(name) {
    const command = DATA.commands.find((one) => one.name === name);
    if (!command) throw new Error(`there is no command ${name}`);
    if (running) throw new Error("another command is running; wait for it or cancel it");
    const controller = new AbortController();
    running = { controller };
    tell("progress", { command, doing: "reading the tables", share: 0 });
    try {
      const says = await Excel.run((context) => carriedOut(context, command, controller.signal));
      tell("message", { command, says, isError: false });
      return says;
    } catch (error) {
      const says = controller.signal.aborted ? "cancelled; nothing was written" : messageOf(error);
      tell("message", { command, says, isError: true });
      throw new Error(says);
    } finally {
      running = null;
      tell("progress", null);
    }
  }

  /** @param {any} error */
  function messageOf(error) {
    return error?.debugInfo?.errorLocation ? `${error.message} (${error.debugInfo.errorLocation})` : String(error?.message ?? error);
  }

  /** @param {Excel.RequestContext} context @param {{name: string, needsBook: boolean}} command @param {AbortSignal} signal */
  async function carriedOut(context, command, signal) {
    const workbook = context.workbook.load("name");
    const tables = command.needsBook ? await globalThis.sopTables.read(context, DATA.tables) : {};
    await context.sync();
    if (command.needsBook && !Object.keys(tables).length) throw new Error("this is no planning workbook: it has none of the S&OP tables");
    const job = await once("POST", `/api/commands/${command.name}`, { book: workbook.name.slice(0, 255), tables }, signal);
    try {
      const done = await finished(job, command, signal);
      if (done.state !== "done") throw new Error(done.says ?? done.state);
      tell("progress", { command, doing: "writing the tables", share: 1 });
      await globalThis.sopTables.write(context, done.tables ?? {}, tables);
      return String(done.says);
    } finally {
      once("DELETE", `/api/jobs/${job.job}`).catch(() => {}); // the server forgets it by itself later
    }
  }

  /** @param {any} job @param {any} command @param {AbortSignal} signal */
  async function finished(job, command, signal) {
    let told = job;
    for (let wait = 150; ["waiting", "running"].includes(told.state); wait = Math.min(wait * 1.4, SELDOM)) {
      tell("progress", { command, doing: told.state === "waiting" ? "waiting for its turn" : told.doing, share: told.share });
      await pause(wait);
      signal.throwIfAborted();
      told = await ask("GET", `/api/jobs/${job.job}`, undefined, signal);
    }
    return told;
  }

  function cancel() {
    running?.controller.abort();
  }

  // ---- start: every name is associated before Excel asks for it

  for (const spec of DATA.functions) CustomFunctions.associate(spec.id, customFunction(spec));
  const ready = Office.onReady().then(() => {
    for (const { name } of DATA.commands) {
      Office.actions.associate(name, async (/** @type {Office.AddinCommands.Event} */ event) => {
        const result = run(name).catch(() => {}); // the pane shows the message
        await Office.addin.showAsTaskpane().catch(() => {});
        event.completed(); // Excel waits five minutes at most: the pane goes on telling
        await result;
      });
    }
  });

  globalThis.sopXl = { ready, events, run, cancel, explain, steps, isPlanningBook, signIn, hello: () => ask("GET", "/api/hello") };
})();
