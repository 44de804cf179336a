// Runs the published audits against a server: node audits.cjs SUITE URL HEADERS
const [suite, url, headers] = process.argv.slice(2);
const more = JSON.parse(headers);
const fetchFn = (to, init = {}) => fetch(to, { ...init, headers: { ...init.headers, ...more } });

require(suite)
  .auditServer({ url, fetchFn })
  .then((results) =>
    console.log(
      JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))),
    ),
  );
