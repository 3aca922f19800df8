/** docs/signing.md and examples/signed-call.ts are correct. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startSandboxService } from '../support/services/sandbox.ts';
import own from '../vectors/request-signatures.json' with { type: 'json' };

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('the guide shows the first vector, step by step, and the signatures of the others of the same call', () => {
  const guide = read('docs/signing.md');
  const [first, ...others] = own.vectors;
  for (const step of [
    first?.canonicalJson,
    first?.digest,
    first?.text,
    first?.signature.value,
    first?.policy.keys[0]?.secret,
  ])
    expect(guide).toContain(step);
  for (const { signature, appId } of others) if (appId === first?.appId) expect(guide).toContain(signature.value);
});

test('the example has at most 20 lines, and its call is answered in sandbox mode', async () => {
  expect(read('examples/signed-call.ts').trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  const service = await startSandboxService();
  onTestFinished(() => service.close());
  const run = async (env: Record<string, string>) => {
    const options = { env: { ...process.env, GRAPHQL_URL: `${service.origin}/graphql`, ...env } };
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/signed-call.ts'], options);
    return JSON.parse(stdout).data.authenticate;
  };
  const wrong = await run({ SIGNING_KEY: 'another key, of no fewer bytes than 32' });
  expect(wrong).toMatchObject({ __typename: 'PayerNotAllowed', code: 'SIGNATURE_INVALID' });
  // The second time as well.
  for (const answer of [await run({}), await run({})])
    expect(answer).toEqual({ __typename: 'PayerAuthenticated', identity: { openId: expect.stringMatching(/^o/) } });
});
