/** What every page does: ages count on, polls go on while the page is seen, faults are told. */

import { Problem } from "./client.js";
import { human } from "./units.js";

const LONGEST_WAIT_SECONDS = 30;
const BANNER_AFTER_MS = 2000;

// Ages: the server's, and what has passed here since, by a clock that nobody sets.

const seen = new WeakMap();

/** Show that something is so many seconds old now. */
export function setAge(element, seconds) {
  element.dataset.age = seconds;
  seen.set(element, performance.now() - seconds * 1000);
  showAge(element);
}

function showAge(element) {
  if (!seen.has(element)) seen.set(element, performance.now() - Number(element.dataset.age) * 1000);
  const seconds = Math.max(0, Math.floor((performance.now() - seen.get(element)) / 1000));
  const text = `${human(seconds, "s")} ago`;
  if (element.textContent !== text) element.textContent = text;
}

const showAges = () => document.hidden || document.querySelectorAll(".age[data-age]").forEach(showAge);
setInterval(showAges, 1000);

// Polls

/**
 * Call `ask` again and again while the page is seen, a moment after each answer.
 *
 * `ask` returns the seconds until the next call, or false to end. A failure is told in the banner and
 * tried again, later each time; logged out, only once there is a session again. What the server has just
 * rendered need not be asked for at once: `first` is the wait before the first call.
 */
export function poll(ask, seconds, first = 0) {
  let timer, failures = 0, busy = false, ended = false, loggedOut = false;
  const idle = () => ended || loggedOut || document.hidden;
  const later = (delay) => { if (!idle()) timer = setTimeout(now, delay * 1000); };
  async function now() {
    clearTimeout(timer);
    if (busy || idle()) return;
    busy = true;
    let next = seconds;
    try {
      next = (await ask()) ?? seconds;
      failures = 0;
      connection.works(ask);
    } catch (error) {
      if (!(error instanceof Problem)) console.error(error);
      if (error.status === 401) loggedOut = true;
      else next = error.status === 403 || error.status === 404 ? false : backOff(error);
      if (loggedOut || next === false) connection.works(ask);
      if (error.status === 404) ask.gone?.(error);
    }
    busy = false;
    if (next === false) stop();
    else later(next);
  }
  function backOff(error) {
    failures += 1;
    const longest = Math.min(LONGEST_WAIT_SECONDS, 2 ** (failures - 1));
    const wait = Math.max(Number(error.headers?.get("Retry-After")) || 0, longest * (0.5 + Math.random() / 2));
    connection.failed(ask, error, wait, now);
    return wait;
  }
  const whenSeen = () => { if (idle()) clearTimeout(timer); else now(); };
  const whenSession = ({ detail: begun }) => { loggedOut = !begun; whenSeen(); };
  function stop() {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", whenSeen);
    document.removeEventListener("session", whenSession);
  }
  document.addEventListener("visibilitychange", whenSeen);
  document.addEventListener("session", whenSession);
  if (first) later(first);
  else now();
  return { now, stop };
}

// The banner: what fails, since when, and when it is tried again.

const connection = {
  failing: new Map(),
  failed(ask, error, wait, again) {
    const since = this.failing.get(ask)?.since ?? performance.now();
    this.failing.set(ask, { since, error, next: performance.now() + wait * 1000, again });
    this.show();
  },
  works(ask) {
    if (this.failing.delete(ask)) this.show();
  },
  show() {
    clearTimeout(this.timer);
    const banner = document.getElementById("banner");
    const [first] = this.failing.values();
    const text = this.loggedOut ? "You are logged out. What you see is old" : failure(first);
    document.body.classList.toggle("stale", Boolean(text));
    banner.hidden = !text;
    if (text) banner.textContent = `⚠ ${text}.`;
    if (first) this.timer = setTimeout(() => this.show(), 500);
  },
};

document.addEventListener("session", ({ detail: begun }) => {
  connection.loggedOut = !begun;
  connection.show();
});

/** What to say of a failure; nothing as long as it may be over in a moment. */
function failure(one) {
  const now = performance.now();
  if (!one || now - one.since < BANNER_AFTER_MS) return "";
  const since = human(Math.floor((now - one.since) / 1000), "s");
  const next = Math.max(0, Math.ceil((one.next - now) / 1000));
  const detail = one.error.detail ?? "Something went wrong in this page";
  return `${detail}, for ${since}. What you see is old. Next try in ${next} s`;
}

// Buttons that copy the text beside them

document.addEventListener("click", async ({ target }) => {
  if (!target.matches?.("[data-copy]")) return;
  await copy(target.parentElement.querySelector("pre")).then(
    () => { target.textContent = "Copied"; setTimeout(() => { target.textContent = "Copy"; }, 1500); },
    () => { target.textContent = "Select and copy it"; },
  );
});

/** Copy the text of an element; browsers have a clipboard for scripts by https and on localhost alone. */
async function copy(place) {
  if (navigator.clipboard) return navigator.clipboard.writeText(place.textContent);
  getSelection().selectAllChildren(place);
  if (!document.execCommand("copy")) throw new Error("not copied");
  return undefined;
}
