async ({ path, series, points, repaints }) => {
  await import(path);
  const chart = document.createElement("sysmon-chart");
  document.querySelector("main").prepend(chart);
  chart.columns = [{ name: "device", kind: "key", unit: null }, { name: "rate", kind: "gauge", unit: "By/s" }];
  const sample = (index) => ({ index, at: new Date(1.7e12 + index * 1000).toISOString(), since_boot: false,
    rows: Array.from({ length: series }, (_, one) =>
      ({ device: `d${one}`, rate: 1e6 * (one + 1 + Math.sin(index / (50 + one))) })) });
  const samples = Array.from({ length: points }, (_, index) => sample(index));
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const draw = chart.drawNow.bind(chart);
  const spent = [];
  chart.drawNow = () => { const begin = performance.now(); draw(); chart.getBoundingClientRect();
    spent.push(performance.now() - begin); };
  for (let round = 0; round < repaints; round += 1) {
    samples.push(sample(points + round));
    samples.shift();
    chart.samples = [...samples];
    await frame();
  }
  return spent;
}
