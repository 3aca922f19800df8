/** Signs a call, makes it, and prints the answer: node examples/signed-call.ts. See docs/signing.md. */
import { createHash, createHmac, randomBytes } from 'node:crypto';

const { GRAPHQL_URL = 'http://127.0.0.1:4001/graphql', SIGNING_KEY = 'the key of demo-signed in sandbox mode' } =
  process.env;
const signedAt = new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString();
const nonce = randomBytes(16).toString('hex');
const input = { appId: 'demo-signed', authCode: `test_ok_alice~${nonce}`, channelId: 'wechat_pay' };

// A new code of the test payer alice. RFC 8785: sorted names; these are. The time above is in whole seconds, and in UTC with milliseconds.
const json = JSON.stringify(input);
const digest = createHash('sha256').update(json).digest('hex');
const text = ['v2', 'authenticate', input.appId, signedAt, nonce, digest].join('\n');
const value = createHmac('sha256', SIGNING_KEY).update(text).digest('hex');

const query = `mutation ($input: PayerAuthenticateInput!) { authenticate(input: $input) {
  __typename ... on PayerAuthenticated { identity { openId } } ... on PayerFailure { code message } } }`;
const body = JSON.stringify({ query, variables: { input: { ...input, signature: { value, signedAt, nonce } } } });
const response = await fetch(GRAPHQL_URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
console.log(JSON.stringify(await response.json()));
