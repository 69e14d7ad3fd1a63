() => performance.getEntriesByName("first-contentful-paint")[0].startTime
