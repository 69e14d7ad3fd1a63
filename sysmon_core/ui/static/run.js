/** A run as it goes on: its state, its progress, a chart and a table that grow, and how to end it. */

import "./chart.js";
import { call, conditional, root } from "./client.js";
import { poll } from "./page.js";
import { element, show, state, table } from "./rows.js";
import { human } from "./units.js";

const WAIT_SECONDS = 1;
const LEAST_FRACTION = 0.01; // below, its three decimals tell no time
const LONGEST_FRACTION = 0.99; // until the server says that it is done
const MAX_ROWS = 200; // of the table: the newest
const FINAL = ["SUCCESS", "FAILURE", "REVOKED"];

/**
 * Follow a task in a panel that the macro run_panel made: `changed` is called with the task whenever it
 * has changed, `ended` once.
 */
export function follow(panel, id, { ended = () => {}, changed = () => {} } = {}) {
  const view = new ReportView(panel);
  const [getTask, getReport] = [conditional(), conditional()];
  const loadText = view.offerText(`v4/tasks/${id}/report`);
  let task = null, told = 0, next = null, shownSamples = -1, complete = false;

  async function ask() {
    const fresh = (await getTask(`v4/tasks/${id}`))?.body;
    if (fresh) {
      if (task && fresh.started !== task.started) [next, shownSamples] = [view.forget(), -1]; // it runs again
      [task, told] = [fresh, performance.now()];
      changed(task);
    }
    const final = FINAL.includes(task.state);
    view.showTask(task, (performance.now() - told) / 1000);
    if (task.progress.samples !== shownSamples || final) {
      const after = next == null ? "" : `?after=${next}`;
      const answer = await getReport(`v4/tasks/${id}/report${after}`).catch(unreadable);
      if (answer) {
        view.add({ ...answer.body, text: answer.body.columns.length ? null : answer.body.text });
        await loadText();
        next = answer.body.next ?? next;
        complete = answer.body.complete;
      }
      shownSamples = task.progress.samples;
    }
    if (!final || !complete) return WAIT_SECONDS;
    ended(task);
    return false;
  }
  ask.gone = () => view.refuse("The record of this run has expired, or somebody removed it.");
  return poll(ask, WAIT_SECONDS);
}

/** What was printed could not be read as rows: there is its text. */
function unreadable(error) {
  if (error.status !== 502) throw error;
  return { body: { samples: [], columns: [], complete: true, text: null, error: error.detail } };
}

/** The parts of a panel, and what of a report they show. */
export class ReportView {
  constructor(panel) {
    this.part = (name) => panel.querySelector(`[data-part="${name}"]`);
    this.clear();
  }

  clear() {
    Object.assign(this, { samples: new Map(), columns: [] });
    this.part("error").hidden = true;
    this.part("text-box").hidden = true;
    if (this.part("chart")) this.part("chart").hidden = true;
  }

  /** Leave out all that has come; null is the index to go on from. */
  forget() {
    this.samples.clear();
    return null;
  }

  refuse(text) {
    this.part("error").textContent = text;
    this.part("error").hidden = false;
  }

  /** Show a task, `since` seconds after the server told so. */
  showTask(task, since) {
    this.part("head").hidden = false;
    show(this.part("state"), state(task));
    if (task.error) this.refuse(task.error.detail);
    const going = task.progress.fraction != null && task.state === "STARTED";
    const { fraction, left } = going ? progress(task, since) : {};
    this.part("progress").hidden = !going;
    if (going) this.part("progress").value = fraction;
    this.part("left").textContent = left ? `about ${human(left, "s")} left` : "";
  }

  /** Add what has come: samples by their index, since the last of them may come again with more rows. */
  add({ samples, columns, text, complete, error }) {
    if (error) this.refuse(error);
    if (columns.length) this.columns = columns;
    samples.forEach((one) => this.samples.set(one.index, one));
    const all = [...this.samples.values()].sort((one, other) => one.index - other.index);
    if (all.length) this.showSamples(all);
    if (text != null) this.showText(text, !all.length && complete);
  }

  showSamples(all) {
    const chart = this.part("chart");
    if (chart) {
      Object.assign(chart, { columns: this.columns, samples: all });
      chart.hidden = all.filter((one) => !one.since_boot).length < 2;
    }
    const rows = all.flatMap((sample) => sample.rows.map((row) => ({ row, sample })));
    const newest = rows.slice(-MAX_ROWS);
    const samples = all.length > 1 ? newest.map((one) => one.sample) : null;
    show(this.part("rows"),
      table(newest.map((one) => one.row), this.columns, "Rows of the report", samples),
      element("p", { class: "hint" }, `${newest.length} of ${rows.length} rows`));
  }

  showText(text, alone) {
    if (alone) show(this.part("rows"));
    this.part("text").textContent = text || "Nothing was printed.";
    this.part("text-box").hidden = false;
    this.part("text-box").open ||= alone;
  }

  /** Have the text of a run asked for when somebody opens its box, and again once more has come. */
  offerText(path) {
    const box = this.part("text-box");
    const load = async () => {
      if (!box.open) return;
      const { body } = await call(`${path}?format=text`, { headers: { Accept: "text/plain" } });
      this.part("text").textContent = body || "Nothing was printed yet.";
    };
    box.hidden = false;
    box.ontoggle = () => load().catch((error) => this.refuse(error.detail));
    return load;
  }
}

/** How far a run is, and the seconds that are left; by the server's ages, and a clock that nobody sets. */
function progress({ created, started, age, progress: { fraction } }, since) {
  if (fraction < LEAST_FRACTION) return { fraction, left: 0 };
  const elapsed = age - (Date.parse(started) - Date.parse(created)) / 1000;
  const total = elapsed / fraction;
  const now = Math.min(LONGEST_FRACTION, (elapsed + since) / total);
  return { fraction: now, left: Math.max(1, Math.round(total * (1 - now))) };
}

/** A button that ends a run that goes on. */
export function cancelButton(id, refuse) {
  const button = element("button", { class: "danger", type: "button" }, "Cancel");
  button.onclick = async () => {
    button.disabled = true;
    await call(`v4/tasks/${id}`, { method: "DELETE" }).catch((error) => refuse(error.detail));
    button.disabled = false;
  };
  return button;
}

/** Submit a task; the same click is never two tasks. */
export async function submit(metric, params) {
  const headers = { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
  const { body } = await call("v4/tasks/", { method: "POST", body: { metric, params }, headers });
  return body;
}

export const taskPath = (id) => `${root}ui/tasks/${id}`;
