/** The overview: cards are renewed as the lifetimes of their reports say, open tasks every two seconds. */

import { call, conditional, root } from "./client.js";
import { poll, setAge } from "./page.js";
import { element, figures, show, table, taskTable } from "./rows.js";

const SHORTEST_WAIT_SECONDS = 2;
const WAIT_SECONDS = 10; // where no lifetime says how soon
const OPEN = "state=STARTED&state=QUEUED&state=RETRY";

for (const card of document.querySelectorAll(".card[data-metric]")) {
  const { metric, lifetime, rows: limit } = card.dataset;
  const title = card.querySelector("h2").textContent;
  const [body, foot] = [card.querySelector(".body"), card.querySelector(".foot")];
  const seconds = Math.max(SHORTEST_WAIT_SECONDS, Number(lifetime) || WAIT_SECONDS);
  const get = conditional();
  poll(async () => {
    const answer = await get(`v4/metrics/${metric}/report`).catch(refusal);
    if (!answer) return;
    show(body, ...content(answer.body, title, Number(limit)));
    if (answer.body.age == null) return;
    if (!foot.firstElementChild) foot.append(element("span", { class: "age" }));
    setAge(foot.firstElementChild, answer.body.age);
  }, seconds, "waiting" in card.dataset ? 0 : seconds);

  /** What the metric itself refuses is shown in its card; all else is the connection's fault. */
  function refusal(error) {
    if (![400, 501, 502, 504].includes(error.status) || !error.code) throw error;
    return { body: { error: error.detail } };
  }
}

function content({ error, samples, columns, text }, title, limit) {
  if (error) return [element("p", { class: "refusal" }, error)];
  const rows = samples.flatMap((one) => one.rows);
  if (!rows.length) return [element("pre", { tabindex: 0 }, text || "Nothing to show")];
  if (rows.length === 1) return [figures(rows[0], columns)];
  const hint = rows.length > limit && element("p", { class: "hint" }, `${limit} of ${rows.length} rows`);
  return [table(rows.slice(0, limit), columns, title), hint || null].filter(Boolean);
}

const open = document.querySelector("#tasks .body");
const getTasks = conditional();
poll(async () => {
  const answer = await getTasks(`v4/tasks/?owner=me&limit=10&${OPEN}`);
  if (!answer) return;
  const { items } = answer.body;
  show(open, items.length
    ? taskTable(items, `${root}ui/`, "Tasks that are going on")
    : element("p", { class: "hint" }, "None."));
  open.querySelectorAll(".age").forEach((one) => setAge(one, Number(one.dataset.age)));
}, SHORTEST_WAIT_SECONDS, SHORTEST_WAIT_SECONDS);

const trouble = document.getElementById("trouble");
poll(async () => {
  const problem = await call("readyz").then(() => null, (error) => {
    if (error.status !== 503) throw error;
    return error;
  });
  trouble.hidden = !problem;
  const detail = problem?.detail ?? "";
  trouble.querySelector(".words").textContent = detail;
  for (const remedy of trouble.querySelectorAll("[data-remedy]")) {
    remedy.hidden = !detail.includes(remedy.dataset.remedy);
  }
}, WAIT_SECONDS, WAIT_SECONDS);
