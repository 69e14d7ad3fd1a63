/** The list of tasks keeps itself up to date: the newest are asked for, their states are counted here. */

import { conditional, root } from "./client.js";
import { poll, setAge } from "./page.js";
import { element, show, taskTable } from "./rows.js";

const WAIT_SECONDS = 2;
const COUNTED = 200;

const section = document.getElementById("tasks");
const { first, limit, owners } = section.dataset;
const filters = new URLSearchParams(location.search);
const states = filters.getAll("state").filter(Boolean);
const query = new URLSearchParams([["limit", COUNTED]]);
for (const name of ["metric", "owner"]) if (filters.get(name)) query.set(name, filters.get(name));
const [getCounted, getListed] = [conditional(), conditional()];

poll(async () => {
  const counted = (await getCounted(`v4/tasks/?${query}`))?.body.items;
  if (counted) showCounts(counted);
  if (first !== "true") return;
  const listed = states.length ? (await getListed(`v4/tasks/?${byState()}`))?.body.items : counted;
  if (listed) showTasks(listed.slice(0, Number(limit)));
}, WAIT_SECONDS, WAIT_SECONDS);

function byState() {
  const found = new URLSearchParams(query);
  found.set("limit", limit);
  states.forEach((one) => found.append("state", one));
  return found;
}

function showCounts(tasks) {
  for (const chip of document.querySelectorAll(".chips [data-state]")) {
    const { state } = chip.dataset;
    chip.querySelector(".count").textContent = tasks.filter((one) => !state || one.state === state).length;
  }
}

function showTasks(tasks) {
  show(section.querySelector(".body"), tasks.length
    ? taskTable(tasks, `${root}ui/`, "Tasks, the newest first", owners === "true")
    : element("p", { class: "hint" }, "None."));
  section.querySelectorAll(".age").forEach((one) => setAge(one, Number(one.dataset.age)));
}
