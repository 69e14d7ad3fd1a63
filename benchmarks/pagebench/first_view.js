() => {
  const all = [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return { requests: all.length, bytes: all.reduce((sum, one) => sum + one.transferSize, 0),
    shown: paint.startTime };
}
