/** Apollo Sandbox, when its CDN answers within 2 seconds; else the explorer of this machine. Nothing comes from elsewhere before. */
const SANDBOX = 'https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js';
const LIMIT_MS = 2_000;

const here = (path) => new URL(`../${path}`, import.meta.url).href;
const openOwnExplorer = () => location.replace(here('explorer'));
const limit = AbortSignal.timeout(LIMIT_MS);

/** Reads nothing of the answer: whether there is one is the question. */
const answers = async () => {
  try {
    await fetch(SANDBOX, { mode: 'no-cors', credentials: 'omit', signal: limit });
    return !limit.aborted;
  } catch {
    return false;
  }
};

/** The same limit holds for the script itself. */
const load = (source) =>
  new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = resolve;
    script.onerror = reject;
    limit.onabort = reject;
    document.head.append(script);
  });

const openSandbox = async () => {
  await load(SANDBOX);
  const main = document.getElementById('sandbox');
  const firstOperation = JSON.parse(document.getElementById('first-operation').textContent);
  main.replaceChildren();
  main.className = 'full';
  new window.EmbeddedSandbox({
    target: '#sandbox',
    initialEndpoint: here('graphql'),
    initialState: { document: firstOperation, includeCookies: false },
    runTelemetry: false,
  });
};

if (await answers()) await openSandbox().catch(openOwnExplorer);
else openOwnExplorer();
