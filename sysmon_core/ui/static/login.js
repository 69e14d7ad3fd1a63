/**
 * The page to log in. A link of another site brings no cookie (SameSite=Strict) and so leads here: who is logged
 * in goes on to where it leads, since this page's own requests bring the cookie.
 */

import { root } from "./client.js";

const { to } = document.querySelector("form").dataset;

if (new URLSearchParams(location.search).has("to")) {
  const headers = { "X-Requested-With": "fetch" };
  const asked = fetch(`${root}v4/me`, { headers, cache: "no-store" });
  const me = await asked.then((answer) => answer.json()).catch(() => null);
  // Not a user whom the browser knows by Basic: no page would know that one.
  if (me?.by === "session") location.replace(to);
}
