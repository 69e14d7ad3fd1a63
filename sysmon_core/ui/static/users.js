/** Users are added, edited and deleted. */

import { call } from "./client.js";
import { onSubmit, showFaults } from "./forms.js";
import "./page.js";

const dialogs = { edit: document.getElementById("edit"), delete: document.getElementById("delete") };
let chosen = null; // the row whose button opened a dialog

const path = () => `v4/users/${encodeURIComponent(chosen.dataset.user)}`;

onSubmit(document.getElementById("new-user"), async (form) => {
  const body = { ...Object.fromEntries(form), admin: form.has("admin") };
  await call("v4/users/", { method: "POST", body });
  location.reload();
});

onSubmit(dialogs.edit.querySelector("form"), async (form) => {
  const body = { fullname: form.get("fullname"), admin: form.has("admin") };
  if (form.get("password")) body.password = form.get("password");
  await call(path(), { method: "PATCH", body });
  location.reload();
});

onSubmit(dialogs.delete.querySelector("form"), async () => {
  await call(path(), { method: "DELETE" });
  location.reload();
});

document.addEventListener("click", ({ target }) => {
  if (!target.matches?.("button")) return;
  if (target.matches("[data-close]")) target.closest("dialog").close();
  if (target.matches("[data-edit]")) open(dialogs.edit, target.closest("tr"));
  if (target.matches("[data-delete]")) open(dialogs.delete, target.closest("tr"));
});

function open(dialog, row) {
  chosen = row;
  const { user, fullname, admin, tokens } = row.dataset;
  showFaults(dialog, null);
  dialog.querySelector('[data-part="name"]').textContent = user;
  if (dialog === dialogs.edit) {
    dialog.querySelector("[name=fullname]").value = fullname;
    dialog.querySelector("[name=password]").value = "";
    dialog.querySelector("[name=admin]").checked = admin === "true";
  } else {
    dialog.querySelector('[data-part="tokens"]').textContent = tokens === "1" ? "a token" : `${tokens} tokens`;
  }
  dialog.showModal();
}
