/** GraphiQL with the examples as tabs. Each load of the page has new codes: an auth code works once, a query code is one session's. */
const here = (path) => new URL(`../${path}`, import.meta.url).href;
const examples = JSON.parse(document.getElementById('examples').textContent);

const random = (bytes) =>
  [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const fresh = random(4);
const queryCode = random(16);

/** What follows ~ makes a new code of the same payer; addresses are those of this page. */
const renew = (name, value) => {
  if (name === 'queryCode') return queryCode;
  if (typeof value !== 'string') return value;
  if (value.startsWith('test_')) return `${value}~${fresh}`;
  const url = URL.parse(value);
  return url?.pathname === '/payer' ? here(`payer${url.search}`) : value;
};

const tabs = examples.map(({ operation, variables }) => {
  const renewed = Object.entries(variables).map(([name, value]) => [name, renew(name, value)]);
  return { query: operation, variables: JSON.stringify(Object.fromEntries(renewed), null, 2) };
});

const workers = { json: 'json', graphql: 'graphql' };
globalThis.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_, label) => here(`explorer/${workers[label] ?? 'editor'}.worker.js`),
};

// The tabs of an earlier load hold codes that are used up. What was run is in the history.
for (const part of ['tabState', 'query', 'variables', 'headers']) localStorage.removeItem(`graphiql:${part}`);

const root = document.getElementById('explorer');
root.replaceChildren();
globalThis.YogaGraphiQL.renderYogaGraphiQL(root, {
  endpoint: here('graphql'),
  title: '',
  logo: '',
  defaultTabs: tabs,
  // Of the tab that is open.
  variables: tabs[0]?.variables,
  // Headers hold tokens, and operations codes: neither stays in the browser or goes into the address.
  shouldPersistHeaders: false,
  onEditQuery() {},
});
