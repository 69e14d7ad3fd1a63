/**
 * <sysmon-chart>: samples over time, a panel for each unit below one another.
 *
 * Set `columns` and `samples`, as a report of version 4 has them. It draws once in a frame, and nothing
 * where nothing has changed (`draws` counts). What it shows can be read as the table of the rows, too.
 */

import { element } from "./rows.js";
import { model, ticks } from "./series.js";
import { human, sign } from "./units.js";

const SVG = "http://www.w3.org/2000/svg";
const [HEIGHT, LEFT, TOP, BOTTOM] = [150, 66, 8, 18];
const MAX_SHOWN = 6; // series of a panel that are drawn at first: those with the highest peaks
const STYLES = 6; // of lines, each another colour and dash

class SysmonChart extends HTMLElement {
  #columns = []; #samples = []; #signature = ""; #model = null; #frame = 0; #at = null; #width = 0;
  #shown = new Map(); // whether a series is drawn, by unit and name, where somebody has said so
  draws = 0;

  get columns() { return this.#columns; }
  get samples() { return this.#samples; }
  set columns(columns) { this.#columns = columns; this.#change(); }
  set samples(samples) { this.#samples = samples; this.#change(); }

  connectedCallback() {
    this.observer = new ResizeObserver(() => { if (this.clientWidth !== this.#width) this.#later(); });
    this.observer.observe(this);
  }
  disconnectedCallback() { this.observer.disconnect(); }

  #change() {
    const last = this.#samples.at(-1);
    const signature = [this.#columns.length, this.#samples.length, this.#samples[0]?.index, last?.index,
      last?.rows.length].join();
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#model = null;
    this.#later();
  }

  #later() { this.#frame ||= requestAnimationFrame(() => { this.#frame = 0; this.drawNow(); }); }

  drawNow() {
    this.draws += 1;
    this.#width = this.clientWidth;
    this.#model ??= model(this.#columns, this.#samples);
    const { panels, times } = this.#model;
    while (this.children.length > panels.length) this.lastElementChild.remove();
    panels.forEach((panel, place) => this.#drawPanel(this.children[place] ?? this.#addPanel(place), panel, times));
    if (this.#at !== null) this.#read(this.#at);
  }

  #addPanel(place) {
    const svg = make("svg", { tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuenow": 0 });
    const figure = element("figure", {}, element("figcaption"), svg, element("p", { class: "read-out" }),
      element("div", { class: "legend" }));
    svg.addEventListener("pointermove", (event) => this.#read(this.#nearest(event, figure.drawn)));
    svg.addEventListener("pointerleave", () => this.#read(null));
    svg.addEventListener("keydown", (event) => this.#key(event));
    figure.querySelector(".legend").addEventListener("click", (event) => this.#toggle(event, place));
    this.append(figure);
    return figure;
  }

  #drawPanel(figure, panel, times) {
    const svg = figure.querySelector("svg");
    const width = Math.max(1, this.#width - LEFT);
    const visible = this.#visible(panel);
    const { top, steps } = ticks(Math.max(0, ...visible.map((one) => one.peak)), panel.unit);
    const [from, span] = [times[0], Math.max(1, times.at(-1) - times[0])];
    const x = times.map((time) => LEFT + ((time - from) / span) * width);
    const y = (value) => TOP + (1 - value / top) * HEIGHT;
    const name = sign(panel.unit) === "1" ? "Numbers" : sign(panel.unit);
    figure.querySelector("figcaption").textContent = name;
    set(svg, { width: this.#width, height: TOP + HEIGHT + BOTTOM, "aria-label": `${name} over time`,
      "aria-valuemax": Math.max(0, times.length - 1) });
    svg.replaceChildren(
      ...steps.flatMap((step) => [
        make("line", { class: "grid", x1: LEFT, x2: this.#width, y1: y(step), y2: y(step) }),
        make("text", { x: LEFT - 6, y: y(step) + 4, "text-anchor": "end" }, human(step, panel.unit))]),
      make("text", { x: LEFT, y: TOP + HEIGHT + 14 }, clock(times[0])),
      make("text", { x: this.#width, y: TOP + HEIGHT + 14, "text-anchor": "end" }, clock(times.at(-1))),
      ...visible.map((one) => make("path", { class: `series s${panel.series.indexOf(one) % STYLES}`,
        d: path(one.values, x, y, this.#model.gaps) })),
      make("line", { class: "cursor", y1: TOP, y2: TOP + HEIGHT, visibility: "hidden" }));
    figure.drawn = { x, panel };
    this.#drawLegend(figure.querySelector(".legend"), panel, visible);
  }

  #visible({ unit, series }) {
    const highest = [...series].sort((one, other) => other.peak - one.peak).slice(0, MAX_SHOWN);
    return series.filter((one) => this.#shown.get(`${unit} ${one.name}`) ?? highest.includes(one));
  }

  #drawLegend(legend, { series }, visible) {
    const text = series.map((one) => one.name + visible.includes(one)).join();
    if (legend.dataset.text === text) return;
    legend.dataset.text = text;
    const focused = [...legend.children].indexOf(document.activeElement);
    legend.replaceChildren(...series.map((one, place) => element("button",
      { type: "button", class: `key s${place % STYLES}`, "aria-pressed": String(visible.includes(one)) }, one.name)));
    legend.children[focused]?.focus();
  }

  #toggle({ target }, place) {
    const panel = this.#model.panels[place];
    const one = panel.series[[...target.parentElement.children].indexOf(target)];
    if (!target.matches("button") || !one) return;
    this.#shown.set(`${panel.unit} ${one.name}`, !this.#visible(panel).includes(one));
    this.#later();
  }

  #nearest({ clientX }, { x }) {
    const place = clientX - this.getBoundingClientRect().left;
    return x.reduce((best, one, at) => (Math.abs(one - place) < Math.abs(x[best] - place) ? at : best), 0);
  }

  #key(event) {
    const last = this.#model.times.length - 1;
    const at = this.#at ?? last;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#read(to === null ? null : Math.min(last, Math.max(0, to)));
  }

  /** Show the values of one moment in all panels. */
  #read(at) {
    this.#at = at;
    for (const figure of this.children) {
      const svg = figure.querySelector("svg");
      const text = at === null ? "" : this.#told(figure.drawn.panel, at);
      const x = figure.drawn.x[at ?? 0];
      set(svg.querySelector(".cursor"), { x1: x, x2: x, visibility: at === null ? "hidden" : "visible" });
      set(svg, { "aria-valuenow": at ?? 0, "aria-valuetext": text });
      figure.querySelector(".read-out").textContent = text;
    }
  }

  #told(panel, at) {
    const values = this.#visible(panel).map(({ name, values: all }) => `${name} ${human(all[at], panel.unit)}`);
    return [clock(this.#model.times[at]), ...values].join(" · ");
  }
}

/** The path of a line; of more points than there are pixels, the extremes of each pixel. */
function path(values, x, y, gaps) {
  const parts = [];
  let pen = "M", column = NaN, low = 0, high = 0;
  const put = (at, value) => { parts.push(`${pen}${at.toFixed(1)} ${y(value).toFixed(1)}`); pen = "L"; };
  const flush = () => { if (low !== high) { put(column, low); put(column, high); } };
  const dense = values.length > 2 * (x.at(-1) - x[0]);
  values.forEach((value, place) => {
    if (gaps[place] || value === null) { if (dense) flush(); pen = "M"; column = NaN; low = high = 0; }
    if (value === null) return;
    const at = dense ? Math.round(x[place]) : x[place];
    if (at === column) { low = Math.min(low, value); high = Math.max(high, value); return; }
    if (dense) flush();
    put(at, value);
    [column, low, high] = [at, value, value];
  });
  if (dense) flush();
  return parts.join("");
}

const clock = (time) => (Number.isFinite(time) ? new Date(time).toLocaleTimeString([], { hour12: false }) : "");

function make(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  set(made, attributes);
  if (text !== undefined) made.textContent = text;
  return made;
}

function set(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, value);
}

customElements.define("sysmon-chart", SysmonChart);
