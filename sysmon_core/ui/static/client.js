/** Requests to version 4, as any client could make them; a log-in in place when the session has ended. */

const LONGEST_ANSWER_MS = 20_000; // a report of a quick metric may take its time

export const root = document.documentElement.dataset.root;

/** A problem (RFC 9457) that the server answered with, or a server that does not answer (status 0). */
export class Problem extends Error {
  constructor(status, { detail = "The server does not answer", code = "", errors = [] } = {}, headers) {
    super(detail);
    Object.assign(this, { status, code, detail, faults: errors, headers });
  }
}

/**
 * Send a request; `path` is below the service's root, such as "v4/tasks/".
 * @returns {Promise<{status: number, headers: Headers, body: any}>} body is null where there is none
 * @throws {Problem} the status is 400 or above, or nothing answers
 */
export async function call(path, { method = "GET", body, headers = {} } = {}) {
  const declinedBefore = declined;
  let response = await send(path, method, body, headers);
  if (response.status === 401) {
    if (declined > declinedBefore) throw loggedOut(); // said while this was on its way
    await logIn();
    response = await send(path, method, body, headers);
  }
  const text = await response.text().catch(() => { throw new Problem(0); }); // cut off on its way
  const isJson = /json/.test(response.headers.get("Content-Type"));
  const content = isJson && text ? JSON.parse(text) : text || null;
  if (response.status >= 400) {
    const told = isJson ? content : { detail: `The server answers ${response.status}` };
    throw new Problem(response.status, told, response.headers);
  }
  return { status: response.status, headers: response.headers, body: content };
}

async function send(path, method, body, headers) {
  // At a 401 that names Basic the browser would ask by a dialog of its own: a script is not told so.
  const sent = { Accept: "application/json", "X-Requested-With": "fetch", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  try {
    return await fetch(root + path, {
      method, headers: sent, cache: "no-store", signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0);
  }
}

/** Ask again with the ETag of the last answer; null where nothing has changed. */
export function conditional() {
  let etag, known;
  return async (path) => {
    const headers = etag && known === path ? { "If-None-Match": etag } : {};
    const answer = await call(path, { headers });
    if (answer.status === 304) return null;
    [etag, known] = [answer.headers.get("ETag"), path];
    return answer;
  };
}

let pending = null; // one dialog, whoever asks for it
let declined = 0; // how often the user would rather not log in

const loggedOut = () => new Problem(401, { detail: "You are logged out" });

/** Have the user log in, without leaving the page; whatever was typed there stays. */
function logIn() {
  if (pending) return pending;
  tell(false);
  pending = ask().then(() => tell(true), (error) => { declined += 1; throw error; })
    .finally(() => { pending = null; });
  return pending;
}

/** Tell whoever asks by themselves whether there is a session to ask in. */
const tell = (begun) => document.dispatchEvent(new CustomEvent("session", { detail: begun }));

function ask() {
  const dialog = document.createElement("dialog");
  dialog.innerHTML = `<form method="dialog" class="again"><h2>Log in again</h2>
    <p>The session has ended. What you see and typed stays here.</p>
    <p class="refusal" role="alert" hidden></p>
    <label for="again-user">User</label>
    <input id="again-user" name="username" autocomplete="username" required>
    <label for="again-password">Password</label>
    <input id="again-password" name="password" type="password" autocomplete="current-password" required>
    <div class="actions"><button class="primary">Log in</button>
    <button type="button" data-later>Not now</button></div></form>`;
  document.body.append(dialog);
  dialog.querySelector("#again-user").value = document.documentElement.dataset.user ?? "";
  dialog.showModal();
  return new Promise((resolve, reject) => {
    dialog.querySelector("[data-later]").onclick = () => dialog.close();
    dialog.onclose = () => { dialog.remove(); reject(loggedOut()); };
    dialog.querySelector("form").onsubmit = (event) => {
      event.preventDefault();
      begin(dialog).then((done) => { if (done) { resolve(); dialog.close(); } });
    };
  });
}

/** Begin a session with what the dialog has; say so where that is refused. */
async function begin(dialog) {
  const form = new FormData(dialog.querySelector("form"));
  const refusal = dialog.querySelector(".refusal");
  const response = await send("session", "POST", Object.fromEntries(form), {}).catch((error) => error);
  if (response.ok) {
    const { username } = await response.json();
    if (username !== document.documentElement.dataset.user) location.reload(); // another's page
    return true;
  }
  const told = response instanceof Problem ? response : await response.json().catch(() => ({}));
  refusal.textContent = told.detail ?? "The server refuses it";
  refusal.hidden = false;
  return false;
}
