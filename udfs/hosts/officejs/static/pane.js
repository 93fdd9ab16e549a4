// The task pane: where the cycle stands, every command, progress, messages, and why a cell shows what it shows.
(() => {
  "use strict";
  const KEPT = 30;
  const { commands } = globalThis.SOP_XL;
  const bridge = globalThis.sopXl;
  /** @type {HTMLButtonElement[]} */
  const buttons = [];
  let hasBook = false, isBusy = false;

  /** @template {HTMLElement} E @param {string} id @param {new () => E} kind @returns {E} */
  function element(id, kind) {
    const found = document.getElementById(id);
    if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
    return found;
  }

  /** @param {string} tag @param {string} text @param {string} [className] */
  function made(tag, text, className = "") {
    return Object.assign(document.createElement(tag), { textContent: text, className });
  }

  const running = element("running", HTMLElement), doing = element("doing", HTMLElement);
  const bar = element("bar", HTMLProgressElement), messages = element("messages", HTMLElement);
  const explained = element("explained", HTMLElement), form = element("signin", HTMLFormElement);

  function showCommands() {
    const place = element("commands", HTMLElement);
    for (const group of new Set(commands.map((command) => command.group))) {
      place.append(made("h2", group));
      for (const command of commands.filter((one) => one.group === group)) {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", textContent: command.label, className: command.large ? "large" : "" });
        button.dataset.command = command.name;
        button.addEventListener("click", () => bridge.run(command.name).catch(() => {})); // its message is told
        buttons.push(button);
        place.append(button);
      }
    }
  }

  /** A button that cannot be pressed says why. */
  function enable() {
    for (const button of buttons) {
      const command = commands.find((one) => one.name === button.dataset.command);
      const needsBook = Boolean(command?.needsBook) && !hasBook;
      button.disabled = isBusy || needsBook;
      button.title = isBusy ? "a command is running" : needsBook ? "open a planning workbook first" : command?.says ?? "";
    }
  }

  async function showSteps() {
    const list = element("steps", HTMLElement);
    hasBook = await bridge.isPlanningBook();
    element("no-book", HTMLElement).hidden = hasBook;
    const rows = hasBook ? await bridge.steps() : [];
    list.replaceChildren(...rows.map(([step, status, says]) => {
      const line = document.createElement("li");
      const kind = status === "done" ? "done" : status.startsWith("done") ? "warned" : status === "out of date" ? "old" : "";
      line.append(made("span", step), made("span", status || "open", `state ${kind}`));
      if (says) line.append(made("span", says, "says"));
      return line;
    }));
    enable();
  }

  /** @param {string} title @param {string} says @param {boolean} isBad */
  function message(title, says, isBad) {
    const line = document.createElement("li");
    line.append(made("div", title, "title"), made("div", says, isBad ? "bad" : ""));
    messages.prepend(line);
    while (messages.children.length > KEPT) messages.lastElementChild?.remove();
  }

  bridge.events.addEventListener("progress", (/** @type {any} */ { detail }) => {
    isBusy = detail !== null;
    running.hidden = !isBusy;
    if (detail) {
      doing.textContent = `${detail.command.label}: ${detail.doing || "starting"}`;
      bar.value = detail.share;
    } else void showSteps().catch(failed);
    enable();
  });
  bridge.events.addEventListener("message", (/** @type {any} */ { detail }) => message(detail.command.label, detail.says, detail.isError));
  bridge.events.addEventListener("signin", () => { form.hidden = false; });

  element("cancel", HTMLButtonElement).addEventListener("click", () => bridge.cancel());
  element("explain", HTMLButtonElement).addEventListener("click", async () => {
    try {
      const { address, sentences } = await bridge.explain();
      explained.replaceChildren(made("div", address, "where"), ...sentences.map((says) => made("div", says)));
    } catch (error) {
      failed(error);
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = element("token", HTMLInputElement);
    bridge.signIn(field.value);
    field.value = "";
    form.hidden = true;
    void hello();
  });

  /** @param {any} error */
  function failed(error) {
    message("S&OP", String(error?.message ?? error), true);
  }

  async function hello() {
    try {
      element("version", HTMLElement).textContent = `sop_xl ${(await bridge.hello()).version}`;
    } catch (error) {
      failed(error);
    }
  }

  showCommands();
  enable();
  bridge.ready.then(() => Promise.all([hello(), showSteps()])).catch(failed);
})();
