/** docs/federation.md is true: its stubs compose, its code runs, its names, limits and payers are those of the service. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { composeServices as composeApollo } from '@apollo/composition';
import { composeServices as composeGuild } from '@theguild/federation-composition';
import { federateSubgraphs, LATEST_ROUTER_COMPATIBILITY_VERSION } from '@wundergraph/composition';
import fc from 'fast-check';
import { buildASTSchema, type DocumentNode, parse } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limitsConfig } from '../../src/config/limits.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { printedSchemaFile, schemaFileWithoutScopes } from '../../src/graphql/schema.ts';
import { parseRef, refOf } from '../../src/identity/identity-ref.ts';
import { readBlocks, readDocument, readTable } from '../support/markdown.ts';
import { startSandboxService } from '../support/services/sandbox.ts';

interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

/** What is wrong; nothing when the subgraphs compose. */
const composers: [name: string, compose: (subgraphs: readonly Subgraph[]) => readonly string[]][] = [
  ['@apollo/composition', (all) => (composeApollo([...all]).errors ?? []).map(({ message }) => message)],
  ['@theguild/federation-composition', (all) => (composeGuild([...all]).errors ?? []).map(({ message }) => message)],
  [
    '@wundergraph/composition',
    (all) => {
      const subgraphs = all.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs }));
      const result = federateSubgraphs({ subgraphs, version: LATEST_ROUTER_COMPATIBILITY_VERSION });
      return result.success ? [] : result.errors.map(({ message }) => message);
    },
  ],
];

const subgraph = (name: string, sdl: string): Subgraph => ({
  name,
  url: `http://${name}.example/graphql`,
  typeDefs: parse(sdl),
});
const stubs = readBlocks('federation.md')
  .filter(({ language }) => language === 'graphql')
  .map(({ title, text }) => subgraph(title, text));
const stub = (name: string) => stubs.find((one) => one.name === name) ?? subgraph(name, '');
const served = [printedSchemaFile, schemaFileWithoutScopes].map((file) =>
  subgraph('payer-identity', readFileSync(file, 'utf8')),
);

/** Runs a block of TypeScript and returns one of its names. */
const run = (having: string, name: string) => {
  const { text } = readBlocks('federation.md').find((block) => block.text.includes(having)) ?? { text: '' };
  return new Function(`${stripTypeScriptTypes(text)}; return ${name};`)();
};

describe.each(composers)('the stubs of the page in %s', (name, compose) => {
  test('each stub composes with the subgraph, with and without scopes, and so do all together', () => {
    expect(stubs.map((one) => one.name)).toEqual(['orders', 'wallet', 'loyalty', 'tiers']);
    for (const payerIdentity of served) {
      for (const one of stubs) expect(compose([payerIdentity, one]), one.name).toEqual([]);
      expect(compose([payerIdentity, ...stubs])).toEqual([]);
    }
  });

  test('a field computed from openId without its scope is refused where the page says so', () => {
    const text = readBlocks('federation.md').find(({ title }) => title === 'tiers')?.text ?? '';
    const tiers = subgraph('tiers', text.replace(' @requiresScopes(scopes: [["payer:read"]])', ''));
    const [full = tiers, without = tiers] = served.map((payerIdentity) => compose([payerIdentity, tiers]).join('\n'));
    if (name === '@wundergraph/composition') expect(full).toBe('');
    else expect(full).toMatch(/"PayerIdentity\.tier" does not specify necessary .*@requiresScopes/);
    expect(without).toBe('');
  });

  test('a subgraph that has a root field of this one is refused', () => {
    const taken = subgraph('stranger', 'type Query { authResult(queryCode: String!): String }');
    expect(compose([...served.slice(0, 1), taken])).not.toEqual([]);
  });
});

test('the wallet stub needs the key ref, and the orders stub the key id', () => {
  for (const [key, one] of [
    ['id', stub('orders')],
    ['ref', stub('wallet')],
  ] as const) {
    const sdl = readFileSync(printedSchemaFile, 'utf8').replace(/^type PayerIdentity .*$/m, (line) =>
      line.replace(`@key(fields: "${key}")`, ''),
    );
    expect(composeApollo([subgraph('payer-identity', sdl), one]).errors, key).not.toBeUndefined();
  }
});

test("the page's payerRef builds the ref that the subgraph reads, for every id", () => {
  const payerRef = run('payerRef =', 'payerRef');
  const part = fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme' }).filter((text) => text.length <= 128);
  fc.assert(
    fc.property(part, part, part, fc.constantFrom('openId', 'userId'), (channelId, appId, id, kind) => {
      const ref = payerRef(channelId, appId, kind, id);
      expect(ref).toBe(refOf({ channelId, appId, openId: null, userId: null, [kind]: id }));
      if (ref.length <= 1_024) expect(parseRef(ref)).toEqual({ channelId, appId, [kind]: id });
    }),
  );
  expect(readDocument('federation.md')).toContain(`is ${payerRef('wechat_pay', 'demo', 'openId', 'oABC123')}\n`);
});

test("the page's reference resolver takes the null id and the failed openId that Hive sends", async () => {
  const resolvers = run('__resolveReference', 'PayerIdentity');
  await expect(resolvers.__resolveReference({ id: null })).resolves.toBeNull();
  await expect(resolvers.__resolveReference({ id: 'pid_1' })).resolves.toEqual({ id: 'pid_1' });
  expect(resolvers.tier({ openId: 'oABC123' })).toBe('tier of oABC');
  for (const openId of [null, undefined, new Error('the fetch of openId failed')])
    expect(resolvers.tier({ openId })).toBeNull();
});

test('the page lists every root field, and no type of the subgraph has another name than those taken', () => {
  const schema = buildASTSchema(parse(readFileSync(printedSchemaFile, 'utf8')), { assumeValid: true });
  const listed = (type: string) =>
    [...(new RegExp(`^- \`${type}\`: (.*)$`, 'm').exec(readDocument('federation.md'))?.[1] ?? '').matchAll(/`(\w+)`/g)]
      .map(([, name]) => name)
      .sort();
  const fields = (type = schema.getQueryType()) =>
    Object.keys(type?.getFields() ?? {}).filter((name) => !name.startsWith('_'));
  expect(listed('Query')).toEqual(fields().sort());
  expect(listed('Mutation')).toEqual(fields(schema.getMutationType()).sort());
  expect(listed('Subscription')).toEqual(fields(schema.getSubscriptionType()).sort());
  const types = Object.keys(schema.getTypeMap()).filter(
    (name) =>
      !/^(?:Payer|_|link__|federation__)|^(?:Query|Mutation|Subscription|DateTime|ID|Int|String|Boolean)$/.test(name),
  );
  expect(types).toEqual([]);
});

test('the page states the default limits', () => {
  const defaults = new Map<string, unknown>(Object.entries(limitsConfig.parse(undefined)));
  const rows = readTable('federation.md', /^\| limit \| default/);
  const stated = rows.flatMap(([limit = '', value = '']) => {
    const [, name] = /limits\.(\w+)/.exec(limit) ?? [];
    return name ? [[name, Number(value.replaceAll(',', '').split(' ')[0])] as const] : [];
  });
  expect(stated.map(([name]) => name)).toEqual(['representations', 'bodyBytes', 'queryFields', 'sensitiveFields']);
  expect(stated).toEqual(stated.map(([name]) => [name, defaults.get(name)]));
});

describe('the payers of the sandbox', () => {
  const rows = readTable('federation.md', /^\| payer \| app/);
  const AUTHENTICATE = `mutation ($input: PayerAuthenticateInput!) {
    authenticate(input: $input) { ... on PayerAuthenticated { identity { id ref } } ... on PayerFailure { code message } } }`;

  test('the page lists the ids and refs that two new sandboxes give to test payers', async () => {
    expect(rows.length).toBeGreaterThan(8);
    for (const round of ['1', '2']) {
      const service = await startSandboxService();
      onTestFinished(() => service.close());
      for (const [payer = '', appId = '', channelId = '', id, ref] of rows) {
        const input = {
          appId,
          channelId,
          authCode: `test_ok_${payer}~${appId}-${channelId}-${round}`,
          clientIp: '127.0.0.1',
          channelOptions: { orderId: `order_${payer}_${channelId}_${round}` },
        };
        const { data } = await service.graphql(AUTHENTICATE, { input });
        expect(data.authenticate, `${payer} ${appId} ${channelId}`).toEqual({ identity: { id, ref } });
      }
    }
  });

  test('the ids on the page are those that its rule derives from the refs', async () => {
    for (const [payer = '', , channelId, id, ref = ''] of rows) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ref)));
      expect(id).toBe(`pid_${Buffer.from(hash).toString('base64url').slice(0, 22)}`);
      if (channelId === 'wechat_pay') expect(ref.endsWith(idsOf(payer).openid)).toBe(true);
    }
  });
});
