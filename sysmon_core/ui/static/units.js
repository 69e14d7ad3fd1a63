/** Numbers with their units as people write them. */
export function human(value, unit) {
  if (typeof value !== "number") return value == null ? "-" : String(value);
  if (unit === "s") return `${value} s`;
  return unit && unit !== "1" ? `${value} ${unit}` : String(value);
}
