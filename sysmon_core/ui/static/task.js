/** The page of a task: it follows the run, ends it, and runs it again. */

import { call } from "./client.js";
import { setAge } from "./page.js";
import { WORDS, element } from "./rows.js";
import { cancelButton, follow, submit, taskPath } from "./run.js";

const panel = document.getElementById("report");
const { task: id, metric } = panel.dataset;
const actions = panel.querySelector('[data-part="actions"]');
const refuse = (text) => {
  const place = panel.querySelector('[data-part="error"]');
  place.textContent = text;
  place.hidden = false;
};
panel.querySelector("[data-server-error]")?.remove();

const cancel = cancelButton(id, refuse);
const again = element("button", { class: "primary", type: "button", hidden: true }, "Run again");
actions.prepend(cancel, again);
let params = null;

follow(panel, id, {
  changed(task) {
    params = task.params;
    const word = document.querySelector(".facts .state");
    word.className = `state ${task.state}`;
    word.textContent = WORDS[task.state];
    document.title = document.title.replace(/:.* ·/, `: ${word.textContent} ·`);
    const age = document.querySelector(".facts .age");
    if (age && task.age != null) setAge(age, task.age);
  },
  ended() {
    cancel.remove();
    again.hidden = false;
  },
});

again.onclick = async () => {
  again.disabled = true;
  await submit(metric, params).then(({ id: made }) => location.assign(taskPath(made)), (error) => refuse(error.detail));
  again.disabled = false;
};
