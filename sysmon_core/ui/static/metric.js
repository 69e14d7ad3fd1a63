/** The page of a metric: its form, its report, and the same for other tools to copy. */

import { call, root } from "./client.js";
import { onSubmit } from "./forms.js";
import { setAge } from "./page.js";
import { element, show, taskTable } from "./rows.js";
import { ReportView, cancelButton, follow, submit, taskPath } from "./run.js";
import { snippets } from "./snippets.js";

const form = document.getElementById("run");
const start = document.getElementById("start");
const report = document.getElementById("report");
const { metric, long } = form.dataset;
const isLong = long === "true";
const ID = /^#[0-9a-f-]{36}$/; // of a task, as a fragment
let following = null;

/** What the form says, as pairs of a name and a text; what is left empty is not said. */
function given() {
  return [...new FormData(form)].flatMap(([name, text]) => {
    const lines = fieldOf(name).dataset.control === "lines" ? text.split("\n") : [text];
    return lines.map((one) => one.trim()).filter(Boolean).map((one) => [name, one]);
  });
}

const fieldOf = (name) => form.querySelector(`[data-name="${CSS.escape(name)}"]`);

/** The same as JSON: numbers as numbers, several values as a list. */
function params() {
  const made = {};
  for (const [name, text] of given()) {
    const { control } = fieldOf(name).dataset;
    const value = control === "number" && Number.isFinite(Number(text)) ? Number(text) : truth(text);
    if (control === "choices" || control === "lines") (made[name] ??= []).push(value);
    else made[name] = value;
  }
  return made;
}

const truth = (text) => ({ true: true, false: false })[text] ?? text;

/** Keep the parameters in the URL, and in what is to be copied. */
function remember(run = location.hash) {
  const query = new URLSearchParams(given()).toString();
  history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${run}`);
  for (const [name, text] of Object.entries(snippets(form, given(), params()))) {
    document.querySelector(`[data-snippet="${name}"]`).textContent = text;
  }
}

async function run() {
  following?.stop();
  if (isLong) {
    const { id } = await submit(metric, params());
    remember(`#${id}`);
    watch(id);
    return;
  }
  const query = new URLSearchParams(given());
  const { body } = await call(`v4/metrics/${metric}/report?${query}`);
  const view = new ReportView(report);
  report.hidden = false;
  view.add(body);
}

/** Follow a run below the form; its own page is a link away. */
function watch(id) {
  report.hidden = false;
  report.querySelector('[data-part="rows"]').replaceChildren();
  const actions = report.querySelector('[data-part="actions"]');
  const place = report.querySelector('[data-part="error"]');
  const cancel = cancelButton(id, (text) => Object.assign(place, { textContent: text, hidden: false }));
  actions.replaceChildren(cancel, element("a", { href: taskPath(id) }, "Link to this run"));
  following = follow(report, id, { ended: () => { cancel.remove(); showRuns(); } });
}

/** Show the newest runs anew, once one has ended. */
async function showRuns() {
  const { body } = await call(`v4/tasks/?owner=me&metric=${metric}&limit=10`);
  const place = document.getElementById("runs");
  show(place, taskTable(body.items, `${root}ui/`, "Recent runs"));
  place.querySelectorAll(".age").forEach((one) => setAge(one, Number(one.dataset.age)));
}

form.addEventListener("input", () => remember());
if (start) {
  onSubmit(form, run);
  start.disabled = false;
}
remember();
// What a link brings is an id, or nothing: a path in its place would be another request.
if (ID.test(location.hash)) watch(location.hash.slice(1));
