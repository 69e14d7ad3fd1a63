/** Elements from JSON: rows as figures or a table, tasks as a table; the same as the server renders. */

import { human } from "./units.js";

/** Make an element; strings among the children are text, never HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((one) => one != null));
  return made;
}

/** Put new content in place of old where they differ, so that selection, focus and scrolling stay. */
export function update(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return undefined;
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  after.forEach((one, place) => (before[place] ? update(before[place], one) : old.append(one)));
  before.slice(after.length).forEach((one) => one.remove());
  return undefined;
}

/** Have an element show this content alone. */
export function show(place, ...content) {
  const fresh = place.cloneNode(false);
  fresh.append(...content);
  update(place, fresh);
}

const heading = ({ name }) => name.replaceAll("_", " ");
const isNumber = ({ kind }) => kind !== "key" && kind !== "text";

function value(row, { name, unit }) {
  const given = row[name];
  if (typeof given === "boolean") return [given ? "yes" : "no"];
  if (unit !== "%" || typeof given !== "number") return [element("bdi", {}, human(given, unit ?? ""))];
  const meter = element("meter", { min: 0, max: 100, value: given, "aria-hidden": "true" });
  return [element("span", { class: "share" }, meter, ` ${human(given, "%")}`)];
}

/** Show one row. */
export function figures(row, columns) {
  const pairs = columns.map((column) => element("div", {},
    element("dt", { title: column.description }, heading(column)),
    element("dd", {}, ...value(row, column))));
  return element("dl", { class: "figures" }, ...pairs);
}

/**
 * Show rows as a table in a box of its own, which scrolls.
 * @param samples those that the rows are of, one for each row, where there are several
 */
export function table(rows, columns, caption, samples = null) {
  const heads = columns.map((column) => element("th", {
    scope: "col", class: isNumber(column) && "number", title: column.description,
  }, heading(column)));
  const lines = rows.map((row, place) => element("tr", {},
    samples && element("td", {}, time(samples[place])),
    ...columns.map((column) =>
      element("td", { class: isNumber(column) && "number" }, ...value(row, column)))));
  if (samples) heads.unshift(element("th", { scope: "col" }, "time"));
  return boxed(caption, Boolean(samples),
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines));
}

function time({ at, since_boot: sinceBoot }) {
  const text = sinceBoot ? "since boot" : new Date(at).toLocaleTimeString([], { hour12: false });
  return element("time", { datetime: sinceBoot ? null : at }, text);
}

function boxed(caption, tall, ...parts) {
  const box = { class: tall ? "scroll tall" : "scroll", tabindex: 0, role: "region", "aria-label": caption };
  return element("div", box, element("table", {},
    element("caption", { class: "visually-hidden" }, caption), ...parts));
}

export const WORDS = {
  QUEUED: "waiting", STARTED: "running", RETRY: "to run again",
  SUCCESS: "done", FAILURE: "failed", REVOKED: "cancelled",
};

export const state = (task) => element("span", { class: `state ${task.state}` }, WORDS[task.state] ?? task.state);

const parameters = (task) => Object.entries(task.params).sort().map(([name, given]) => `${name}=${given} `).join("");

/** Show tasks as a table; the caller stamps the ages. */
export function taskTable(tasks, prefix, caption, owners = false) {
  const heads = ["State", "Metric", "Parameters", ...(owners ? ["Who"] : []), "Submitted", "Progress"];
  const lines = tasks.map((task) => element("tr", { "data-id": task.id },
    element("td", {}, state(task)),
    element("td", {}, element("a", { href: `${prefix}tasks/${task.id}` }, task.metric)),
    element("td", { class: "params" }, parameters(task)),
    owners ? element("td", {}, task.owner ?? "anybody") : null,
    element("td", {}, task.age == null ? null : element("span", { class: "age", "data-age": task.age })),
    element("td", {}, progress(task))));
  return boxed(caption, false,
    element("thead", {}, element("tr", {}, ...heads.map((one) => element("th", { scope: "col" }, one)))),
    element("tbody", {}, ...lines));
}

function progress({ state: now, metric, progress: { fraction } }) {
  if (fraction == null || !["STARTED", "RETRY"].includes(now)) return null;
  return element("progress", { max: 1, value: fraction, "aria-label": `Progress of ${metric}` });
}
