// The bridge in Node, with the strict host, against the real server over HTTPS. BASE and FOLDER come from the Python test.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const BASE = process.env.BASE, FOLDER = process.env.FOLDER;
const requests = [];
let broken = 0;
const plainFetch = globalThis.fetch;
globalThis.fetch = async (url, options = {}) => { // a browser says where a page is from; Node does not
  requests.push([options.method ?? "GET", new URL(url).pathname]);
  if (broken-- > 0) throw new TypeError("network away");
  return plainFetch(url, { ...options, headers: { ...options.headers, Origin: BASE } });
};
globalThis.SOP_XL_BASE = BASE;
const json = (name) => JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
vm.runInThisContext(readFileSync(new URL("host.js", import.meta.url), "utf8"), "host.js");
vm.runInThisContext(await (await fetch(`${BASE}/bridge.js`)).text(), "bridge.js");
host.loadFunctions(await (await fetch(`${BASE}/functions.json`)).json());
await sopXl.ready;
const paths = () => requests.splice(0).map(([method, path]) => `${method} ${path}`);
const sheet = () => { host.open({ sheets: { S: [] }, tables: [] }); return host.book.sheets.get("s"); };
const progress = [], messages = [];
sopXl.events.addEventListener("progress", ({ detail }) => progress.push(detail));
sopXl.events.addEventListener("message", ({ detail }) => messages.push(detail));

const alike = (shown, wanted, digits) => typeof wanted === "number" && typeof shown === "number"
  ? Math.abs(shown - wanted) <= 10 ** -digits * Math.max(1, Math.abs(shown), Math.abs(wanted))
  : shown === (wanted?.error ?? wanted ?? "");

for (const example of json("examples.json")) {
  test(`example of ${example.name}`, async () => {
    sheet();
    const shown = await host.enter("S!B2", `SOP.${example.name}`, example.arguments);
    assert.ok(Array.isArray(shown), `${shown}: ${host.notes.get("S!B2")}`);
    assert.deepEqual(shown.map((row) => row.length), example.cells.map((row) => row.length));
    shown.forEach((row, i) => row.forEach((cell, j) =>
      assert.ok(alike(cell, example.cells[i][j], example.digits), `${cell} for ${JSON.stringify(example.cells[i][j])}`)));
  });
}

test("cells of one recalculation go in one request, each distinct call once", async () => {
  sheet();
  paths();
  const cells = Array.from({ length: 200 }, (_, i) => host.enter(`S!A${i + 1}`, "SOP.EOQ", [5000 + (i % 20), 50, 3]));
  const shown = await Promise.all(cells);
  assert.equal(shown.filter(Array.isArray).length, 200);
  assert.deepEqual(paths(), ["POST /api/calls"]);
  await host.enter("S!C1", "SOP.EOQ", [5000, 50, 3]);
  assert.deepEqual(paths(), [], "an answer is remembered");
});

test("500 distinct cells take two requests", async () => {
  sheet();
  paths();
  await Promise.all(Array.from({ length: 500 }, (_, i) => host.enter(`S!A${i + 1}`, "SOP.EOQ", [9000 + i, 50, 3])));
  assert.deepEqual(paths(), ["POST /api/calls", "POST /api/calls"]);
});

test("arguments from ranges: rows, columns, blanks and errors", async () => {
  const grid = sheet();
  [12, 13, 12, 14, 13, 15, 14, 16].forEach((value, i) => { grid.type(i, 0, value); grid.type(20, i, value); });
  const column = await host.enter("S!D1", "SOP.FORECAST", [host.ref("A1:A8"), 3]);
  const row = await host.enter("S!D5", "SOP.FORECAST", [host.ref("A21:H21"), 3]);
  assert.deepEqual(row.flat(), column.flat());
  assert.notDeepEqual(row.length, column.length, "laid out as the history stands");
  grid.set(3, 0, { value: "#DIV/0!", type: "Error" });
  assert.equal(await host.enter("S!F1", "SOP.FORECAST", [host.ref("A1:A8"), 3]), "#DIV/0!");
});

test("an error is a true error with a sentence", async () => {
  sheet();
  assert.equal(await host.enter("S!A1", "SOP.EOQ", [1200, 50, 0]), "#VALUE!");
  assert.match(host.notes.get("S!A1"), /holding cost must be above 0/);
  assert.equal(await host.enter("S!A2", "SOP.EOQ", [{ error: "#N/A" }, 50, 3]), "#N/A");
});

test("a result without room is #SPILL!", async () => {
  const grid = sheet();
  grid.type(1, 0, "in the way");
  grid.type(0, 1, "in the way");
  assert.equal(await host.enter("S!A1", "SOP.FORECAST", [[[12, 13, 12, 14, 13, 15, 14, 16]], 3]), "#SPILL!");
});

test("explain this cell, from any cell of a spilled result", async () => {
  sheet();
  await host.enter("S!B2", "SOP.FORECAST", [[[12, 13, 12, 14, 13, 15, 14, 16]], 3]);
  host.select("S!C2");
  const { address, sentences } = await sopXl.explain();
  assert.equal(address, "S!B2");
  assert.ok(sentences.length && sentences.every((says) => says.length > 10), sentences.join());
  host.select("S!Z9");
  assert.match((await sopXl.explain()).sentences[0], /F2 and Enter/);
});

test("a cell that is cancelled before it is sent is not sent", async () => {
  sheet();
  paths();
  const never = host.enter("S!A1", "SOP.EOQ", [77_001, 50, 3]);
  host.invocations.get("S!A1").onCanceled();
  await Promise.race([never, new Promise((done) => setTimeout(done, 120))]);
  assert.deepEqual(paths(), []);
});

test("cells that are cancelled on their way end the request; others ask anew", async () => {
  sheet();
  const first = host.enter("S!A1", "SOP.FORECAST", [[Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 23))], 12]);
  await new Promise((done) => setTimeout(done, 30));
  host.invocations.get("S!A1").onCanceled();
  const second = await host.enter("S!A30", "SOP.FORECAST", [[Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 23))], 12]);
  assert.ok(Array.isArray(second));
  assert.equal(await first.then(() => "ended"), "ended");
});

test("a network that is away for a moment is tried again; one that stays away is told", async () => {
  sheet();
  broken = 1;
  assert.ok(Array.isArray(await host.enter("S!A1", "SOP.EOQ", [88_001, 50, 3])));
  broken = 9;
  assert.equal(await host.enter("S!A2", "SOP.EOQ", [88_002, 50, 3]), "#N/A");
  assert.match(host.notes.get("S!A2"), /S&OP server: network away/);
  broken = 0;
  assert.ok(Array.isArray(await host.enter("S!A2", "SOP.EOQ", [88_002, 50, 3])), "it is not remembered");
});

// ---- commands on the small company's workbook

const book = json("book.json"), wanted = json("wanted.json");
const cells = () => Object.fromEntries([...host.book.tables.keys()].map((name) => [name, JSON.stringify(host.table(name, "formula"))]));

test("a workbook without planning tables is refused in words", async () => {
  sheet();
  assert.equal(await sopXl.isPlanningBook(), false);
  await assert.rejects(sopXl.run("run_all"), /no planning workbook/);
});

test("the status writes nothing", async () => {
  host.open(book);
  assert.equal(await sopXl.isPlanningBook(), true);
  const before = cells();
  assert.match(await sopXl.run("status"), /Small: cycle/);
  assert.deepEqual(cells(), before);
});

test("a step from the ribbon writes the tables the terminal would write", async () => {
  host.open(book);
  progress.length = messages.length = 0;
  await host.click("demand_planning");
  assert.ok(host.paneShown);
  for (let tries = 0; !messages.length && tries < 1200; tries++) await new Promise((done) => setTimeout(done, 50));
  assert.deepEqual([messages.length, messages[0].isError], [1, false], messages[0]?.says);
  assert.match(messages[0].says, /^Demand Planning: /);
  assert.equal(progress.at(-1), null);
  assert.ok(progress.some((one) => one?.doing === "writing the tables"));
  for (const [name, rows] of Object.entries(wanted)) {
    const shown = host.table(name);
    assert.equal(shown.length, rows.length, name);
    rows.forEach((row, i) => row.forEach((cell, j) => cell !== "any" &&
      assert.ok(alike(shown[i][j], cell, 9), `${name} row ${i} column ${j}: ${shown[i][j]} for ${cell}`)));
  }
  assert.equal(host.table("tbl_items").find((row) => row[0] === "007")?.[0], "007", "a code stays text");
  const rows = await sopXl.steps();
  assert.deepEqual(rows.find(([step]) => step === "Demand Planning")[1].slice(0, 4), "done");
});

test("undo puts everything back", async () => {
  host.open(book);
  const before = cells();
  await sopXl.run("demand_planning");
  assert.notDeepEqual(cells(), before);
  assert.match(await sopXl.run("undo"), /^undone: /);
  const after = cells();
  for (const name of ["tbl_consensus", "tbl_baseline"]) assert.deepEqual(after[name], before[name], name);
});

test("one command at a time", async () => {
  host.open(book);
  const first = sopXl.run("status");
  await assert.rejects(sopXl.run("status"), /another command is running/);
  await first;
});

test("a command that is cancelled writes nothing", async () => {
  host.open(book);
  const before = cells();
  const running = sopXl.run("run_all");
  await new Promise((done) => setTimeout(done, 700));
  sopXl.cancel();
  await assert.rejects(running, /cancelled; nothing was written/);
  assert.deepEqual(cells(), before);
});

test("what somebody types while a command runs is not overwritten", async () => {
  host.open(book);
  const running = sopXl.run("demand_planning");
  const { sheet: home, top, left } = host.book.tables.get("tbl_consensus") ?? {};
  for (let tries = 0; !progress.at(-1)?.doing?.includes("reading") && tries < 50; tries++) await new Promise((done) => setTimeout(done, 5));
  await new Promise((done) => setTimeout(done, 400));
  host.book.sheets.get(home.toLowerCase()).type(top + 1, left, "typed just now");
  await assert.rejects(running, /was changed while the command ran; nothing was written/);
});

test("a table that would grow over something is refused, and nothing is written", async () => {
  host.open(book);
  const entry = host.book.tables.get("tbl_consensus");
  host.book.sheets.get(entry.sheet.toLowerCase()).type(entry.top + entry.rows + 2, entry.left, "a note");
  const before = cells();
  await assert.rejects(sopXl.run("demand_planning"), /would grow over .*which is not empty; move it/);
  assert.deepEqual(cells(), before);
});

test("when a table cannot be written, those before it are put back", async () => {
  host.open(book);
  const before = cells();
  let writes = 0;
  host.beforeWrite = () => { if (++writes === 40) throw new Error("the sheet is protected"); };
  await assert.rejects(sopXl.run("demand_planning"), /the sheet is protected/);
  host.beforeWrite = null;
  assert.deepEqual(cells(), before);
});

test("a planner's own column and a typed formula follow the key of their row", async () => {
  host.open(json("own.json"));
  await Excel.run(async (context) => {
    const before = await sopTables.read(context, ["tbl_own"]);
    await sopTables.write(context, { tbl_own: json("laid.json") }, before);
  });
  assert.deepEqual(host.table("tbl_own", "formula"), [
    ["Item", "Quantity", "Note"],
    ["B", 5, "of B"],
    ["C", 7, ""],
    ["A", "=2*RC[1]", "=RC[-1]&\"!\""],
  ]);
  assert.equal(host.table("tbl_own", "format")[1][0], "@");
});

test("a large table is read and written in pieces that Excel takes", async () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => [`I${i}`, i, null]);
  const cells = [["Item", "Quantity", "Note"], ...rows].flatMap((row, i) => row.map((value, j) =>
    [i, j, value ?? "", value === null ? "Empty" : typeof value === "string" ? "String" : "Double", "General", null]));
  host.open({ sheets: { Own: cells }, tables: [{ name: "tbl_own", sheet: "Own", top: 0, left: 0, rows: 40_000, columns: 3 }] });
  const columns = json("laid.json").columns;
  await Excel.run(async (context) => {
    const before = await sopTables.read(context, ["tbl_own"]);
    assert.deepEqual(before.tbl_own.rows, rows);
    const laid = { header: ["Item", "Quantity", "Note"], columns, rows: rows.map(([item, n]) => [item, n + 1, null]), moved: rows.map((_, i) => i) };
    await sopTables.write(context, { tbl_own: { ...laid, rows: laid.rows.slice(1), moved: laid.moved.slice(1) } }, before);
  });
  const shown = host.table("tbl_own");
  assert.deepEqual([shown.length, shown[1], shown.at(-1)], [40_000, ["I1", 2, ""], ["I39999", 40_000, ""]]);
  assert.deepEqual(host.values("Own!A40001:C40001"), [["", "", ""]]);
});
