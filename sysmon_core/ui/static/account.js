/** One's own account: the full name and the password. */

import { call, root } from "./client.js";
import { onSubmit } from "./forms.js";
import "./page.js";

onSubmit(document.getElementById("name"), async (form) => {
  const { body } = await call("v4/me", { method: "PATCH", body: { fullname: form.get("fullname") } });
  document.querySelector("h1 bdi").textContent = body.fullname || body.username;
  document.querySelector('[data-part="saved"]').textContent = "Saved";
});

onSubmit(document.getElementById("password"), async (form) => {
  const body = { password: { old: form.get("old"), new: form.get("new") } };
  if (form.has("tokens")) body.tokens = "revoke";
  await call("v4/me", { method: "PATCH", body });
  location.assign(`${root}ui/login`);
});
