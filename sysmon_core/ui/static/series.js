/** The series of a chart: one for each key and numeric column, in a panel for each unit. */

const GAP_FACTOR = 2.5; // times the usual distance of two samples

/** @returns {{times: number[], gaps: boolean[], panels: {unit: string, series: object[]}[]}} */
export function model(columns, samples) {
  const drawn = samples.filter((one) => !one.since_boot);
  const times = drawn.map((one) => Date.parse(one.at));
  const keys = columns.filter((one) => one.kind === "key");
  const panels = new Map();
  for (const column of columns.filter((one) => one.kind !== "key" && one.kind !== "text")) {
    const found = [...ofColumn(column, keys, drawn)];
    const unit = column.unit ?? "1";
    if (found.length) panels.set(unit, [...(panels.get(unit) ?? []), ...found]);
  }
  const listed = [...panels].map(([unit, series]) => ({ unit, series }));
  return { times, gaps: gaps(drawn, times), panels: listed };
}

function ofColumn(column, keys, samples) {
  const found = new Map();
  samples.forEach(({ rows }, place) => rows.forEach((row) => {
    const value = row[column.name];
    if (typeof value !== "number") return;
    const name = [...keys.map((key) => row[key.name]), column.name.replaceAll("_", " ")].join(" ");
    if (!found.has(name)) found.set(name, { name, values: new Array(samples.length).fill(null), peak: 0 });
    const one = found.get(name);
    one.values[place] = value;
    one.peak = Math.max(one.peak, Math.abs(value));
  }));
  return found.values();
}

/** Whether samples are missing before each: by their index, or by the time that has passed. */
function gaps(samples, times) {
  const distances = times.slice(1).map((time, place) => time - times[place]).sort((a, b) => a - b);
  const usual = distances[Math.floor(distances.length / 2)] ?? 0;
  return samples.map((one, place) => place > 0 && (
    one.index !== samples[place - 1].index + 1
    || times[place] - times[place - 1] > GAP_FACTOR * usual));
}

/** Round the top of an axis up, and say where its lines are; bytes have powers of two. */
export function ticks(peak, unit) {
  if (!(peak > 0)) return { top: 1, steps: [0, 1] };
  const rough = peak / 4;
  const step = /^By|^bit/.test(unit) && rough >= 1 ? 2 ** Math.ceil(Math.log2(rough)) : decimalStep(rough);
  const count = Math.ceil(peak / step - 1e-9);
  return { top: step * count, steps: Array.from({ length: count + 1 }, (_, place) => step * place) };
}

function decimalStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 2.5, 5, 10].find((one) => one * power >= rough * (1 - 1e-9));
}
