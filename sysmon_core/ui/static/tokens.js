/** Tokens are created, shown once, and revoked. */

import { call, root } from "./client.js";
import { onSubmit, showFaults } from "./forms.js";
import "./page.js";

const made = document.getElementById("made");
const dialog = document.getElementById("revoke");

onSubmit(document.getElementById("new-token"), async (form) => {
  const metrics = form.getAll("metrics");
  const body = {
    name: form.get("name"), scope: form.get("scope"),
    expires_in: form.get("expires_in") ? Number(form.get("expires_in")) : null,
    ...(metrics.length ? { metrics } : {}),
  };
  const { body: { token } } = await call("v4/tokens/", { method: "POST", body });
  made.querySelector('[data-part="token"]').textContent = token;
  made.querySelector('[data-part="curl"]').textContent =
    `curl -H 'Authorization: Bearer ${token}' ${location.origin}${root}v4/me`;
  made.hidden = false;
  made.scrollIntoView({ block: "center" });
});

document.addEventListener("click", ({ target }) => {
  if (!target.matches?.("[data-revoke]")) return;
  showFaults(dialog, null);
  dialog.querySelector('[data-part="name"]').textContent = target.dataset.name;
  dialog.showModal();
  onSubmitOnce(target);
});

function onSubmitOnce(button) {
  dialog.querySelector("form").onsubmit = async (event) => {
    if (event.submitter.value !== "yes") return;
    event.preventDefault();
    await call(`v4/tokens/${button.dataset.revoke}`, { method: "DELETE" }).then(
      () => { button.closest("tr").remove(); dialog.close(); },
      (error) => showFaults(dialog, error),
    );
  };
}
