/** Signs a call, makes it, and prints the answer: node examples/signed-call.ts. See docs/signing.md. */
import { createHash, createHmac, randomBytes } from 'node:crypto';

const { GRAPHQL_URL = 'http://127.0.0.1:4001/graphql', SIGNING_KEY = 'the key of demo-signed in sandbox mode' } =
  process.env;
const fields = { appId: 'demo-signed', channel: 'wechat_pay', authCode: 'test_ok_alice' };
const reqTime = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
const input = { ...fields, reqTime, nonceStr: randomBytes(16).toString('hex') };

const json = JSON.stringify(input, Object.keys(input).sort());
const digest = createHash('sha256').update(json).digest('hex');
const text = ['v2', 'authenticate', input.appId, reqTime, input.nonceStr, digest].join('\n');
const sign = createHmac('sha256', SIGNING_KEY).update(text).digest('hex');

const query = `mutation ($input: AuthenticateInput!) { authenticate(input: $input) {
  __typename ... on Authenticated { identity { openId } } ... on Failure { code message } } }`;
const body = JSON.stringify({ query, variables: { input: { ...input, sign } } });
const response = await fetch(GRAPHQL_URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
console.log(JSON.stringify(await response.json()));
