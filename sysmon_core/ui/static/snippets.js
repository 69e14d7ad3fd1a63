/** The same request for curl, for the command line and for Python. */

const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** @param form has the metric, whether it is long, the user, and the option of each field. */
export function snippets(form, pairs, params) {
  const { metric, long, user } = form.dataset;
  const base = `${location.origin}${document.documentElement.dataset.root}v4/`;
  const made = long === "true" ? task(base, user, metric, params) : report(base, user, metric, pairs);
  return { ...made, sysmon: ["sysmon run", metric, ...options(form, pairs)].join(" ") };
}

function task(base, user, metric, params) {
  const body = JSON.stringify({ metric, params });
  return {
    curl: `curl --user ${quote(user)} -H 'Content-Type: application/json' -H 'Prefer: wait=30' \\\n`
      + `  --data ${quote(body)} ${quote(`${base}tasks/`)}`,
    python: `import requests\n\ntask = requests.post(\n    "${base}tasks/",\n    json=${python({ metric, params })},\n`
      + `    headers={"Prefer": "wait=30"},\n    auth=(${python(user)}, "password"),\n).json()`,
  };
}

function report(base, user, metric, pairs) {
  const query = new URLSearchParams(pairs).toString();
  const path = `${base}metrics/${metric}/report`;
  return {
    curl: `curl --user ${quote(user)} ${quote(query ? `${path}?${query}` : path)}`,
    python: `import requests\n\nreport = requests.get(\n    "${path}",\n    params=${python(pairs)},\n`
      + `    auth=(${python(user)}, "password"),\n).json()`,
  };
}

function options(form, pairs) {
  return pairs.map(([name, text]) => {
    const { option } = form.querySelector(`[data-name="${CSS.escape(name)}"]`).dataset;
    if (text === "true") return option;
    return text === "false" ? option.replace(/^--/, "--no-") : `${option}=${quote(text)}`;
  });
}

/** JSON in the words of Python. */
function python(value) {
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (value && typeof value === "object") {
    return `{${Object.entries(value).map(([name, one]) => `${python(name)}: ${python(one)}`).join(", ")}}`;
  }
  return { true: "True", false: "False", null: "None" }[value] ?? JSON.stringify(value);
}
