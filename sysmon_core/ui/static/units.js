/** Numbers with their units as people write them, as sysmon_core/metrics/quantities.py does. */

const SIGNS = { By: "B", Cel: "°C", Ohm: "Ω", deg: "°" }; // all others are their codes
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const BITS = ["bit", "kbit", "Mbit", "Gbit", "Tbit"];
const PERIODS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const FRACTIONS = ["s", "ms", "µs", "ns"];
const MAX_DECIMAL = 1e15; // a larger fraction is written with an exponent

const FORMATS = {
  "": plain,
  1: plain,
  "%": (value) => `${Math.abs(value) < MAX_DECIMAL ? decimal(value, 1) : plain(value)}%`,
  By: bytes,
  bit: bits,
  s: seconds,
};

/** Write a value of JSON in its unit, a code of UCUM; what is no number stays as it is. */
export function human(value, unit = "") {
  if (typeof value !== "number") return value == null ? "-" : String(value);
  const bare = unit.replace(/(?<=[^./])\{[^}]*\}/g, "");
  const [base, ...per] = bare.split("/");
  const format = FORMATS[base];
  if (format) return format(value) + (per.length ? `/${sign(per.join("/"))}` : "");
  return `${plain(value)} ${sign(bare)}`;
}

/** Write a unit for people. */
export const sign = (unit) =>
  unit.split(/([./])/).map((part) => SIGNS[part] ?? part).join("").replace(/[{}]/g, "");

/** All digits of a whole number, the decimals of any other. */
function plain(value) {
  return Number.isInteger(value) ? String(BigInt(value)) : decimal(value);
}

/** Write so many decimals, or three digits where the number is too small for them. */
function decimal(value, places = 2) {
  const text = Math.abs(value) < MAX_DECIMAL ? value.toFixed(places) : "";
  return text && (Math.abs(value) >= 1 || Number(text) === value) ? text : digits(value);
}

/** Three digits, as Python's format "g" writes them. */
function digits(value) {
  const [number, exponent] = value.toExponential(2).split("e");
  if (exponent >= -4 && exponent < 3) return String(Number(value.toPrecision(3)));
  return `${Number(number)}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
}

function scaled(value, units, step, isSmall) {
  let [number, unit] = [value, units[0]];
  for (const larger of units.slice(1)) {
    if (isSmall(Math.abs(number))) break;
    [number, unit] = [number / step, larger];
  }
  return [number, unit];
}

function bytes(value) {
  if (Math.abs(value) >= 1024 ** BYTES.length) return `${plain(value)} B`;
  const [number, unit] = scaled(value, BYTES, 1024, (size) => Number(size.toFixed(1)) < 1024);
  if (unit !== "B") return `${number.toFixed(1)} ${unit}`;
  return Math.abs(number) < 1 ? `${digits(number)} B` : `${Number(number.toFixed(1))} B`;
}

function bits(value) {
  if (Math.abs(value) >= 1000 ** BITS.length) return `${plain(value)} bit`;
  const [number, unit] = scaled(value, BITS, 1000, (size) => Number(size.toPrecision(3)) < 1000);
  return `${digits(number)} ${unit}`;
}

function seconds(value) {
  const [minus, size] = [value < 0 ? "-" : "", Math.abs(value)];
  return minus + (size < 60 ? fraction(size) : periods(Math.floor(size)));
}

/** The two largest periods, rounded down. */
function periods(left) {
  const counts = [];
  for (const [unit, length] of PERIODS) {
    const count = Math.floor(left / length);
    left %= length;
    if (count || counts.length) counts.push([count, unit]);
  }
  return counts.slice(0, 2).filter(([count]) => count).map((one) => one.join(" ")).join(" ");
}

function fraction(value) {
  if (Number.isInteger(value)) return `${value} s`;
  let scale = value;
  for (const unit of FRACTIONS) {
    if (Number(digits(scale)) >= 1) return `${digits(scale)} ${unit}`;
    scale *= 1000;
  }
  return `${digits(value)} s`;
}
