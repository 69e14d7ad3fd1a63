/** Forms that a script sends: what the server refuses is put under the field that it is about. */

/** Have `send` called with the form's fields when it is submitted; refusals are shown, all else stays. */
export function onSubmit(form, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button:not([type=button])");
    button.disabled = true;
    showFaults(form, null);
    await send(new FormData(form)).catch((error) => showFaults(form, error));
    button.disabled = false;
  });
}

/** Show a Problem in a form; null takes all away. */
export function showFaults(form, error) {
  form.querySelectorAll(".fault").forEach((one) => { one.hidden = true; });
  form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  if (!error) return;
  const others = (error.faults ?? []).filter((fault) => !showUnder(form, fault));
  const rest = form.querySelector("[data-rest]");
  const text = others.map(({ name, detail }) => `${name}: ${detail}`).join("; ");
  rest.textContent = text || (error.faults?.length ? "" : error.detail ?? String(error));
  rest.hidden = !rest.textContent;
  form.querySelector("[aria-invalid]")?.focus();
}

/** Show a fault under its field; the field of `params.count` or `sizes.0` is the part that has a name here. */
function showUnder(form, { name, detail }) {
  const parts = name.split(".");
  const field = parts.map((one) => form.querySelector(`[data-name="${CSS.escape(one)}"]`)).find(Boolean);
  if (!field) return false;
  Object.assign(field.querySelector(".fault"), { textContent: detail, hidden: false });
  field.querySelectorAll("input, select, textarea").forEach((one) => one.setAttribute("aria-invalid", "true"));
  return true;
}
