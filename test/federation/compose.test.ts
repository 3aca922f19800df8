/** The subgraph composes with other subgraphs, by every composer that we know. */
import { readFileSync } from 'node:fs';
import { composeServices as composeApollo } from '@apollo/composition';
import { composeServices as composeGuild } from '@theguild/federation-composition';
import { federateSubgraphs, LATEST_ROUTER_COMPATIBILITY_VERSION } from '@wundergraph/composition';
import { type DocumentNode, parse, print } from 'graphql';
import { describe, expect, test } from 'vitest';
import { printedSchemaFile, schemaFileWithoutScopes } from '../../src/graphql/schema.ts';
import { declaredScopes } from '../support/schema/contract.ts';
import { ordersSdl, walletSdl } from './orders.ts';

interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}
/** What is wrong; nothing when the subgraphs compose. */
type Compose = (subgraphs: readonly Subgraph[]) => readonly string[];

// No two composers find the same faults, so all of them have their say.
const composers: [name: string, compose: Compose][] = [
  ['@apollo/composition', (subgraphs) => (composeApollo([...subgraphs]).errors ?? []).map(({ message }) => message)],
  [
    '@theguild/federation-composition',
    (subgraphs) => (composeGuild([...subgraphs]).errors ?? []).map(({ message }) => message),
  ],
  [
    '@wundergraph/composition',
    (subgraphs) => {
      const result = federateSubgraphs({
        subgraphs: subgraphs.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs })),
        version: LATEST_ROUTER_COMPATIBILITY_VERSION,
      });
      return result.success ? [] : result.errors.map(({ message }) => message);
    },
  ],
];

const subgraph = (name: string, sdl: string): Subgraph => ({
  name,
  url: `http://${name}.example/graphql`,
  typeDefs: parse(sdl),
});
const printed = readFileSync(printedSchemaFile, 'utf8');
const payerIdentity = subgraph('payer-identity', printed);
const withoutScopes = subgraph('payer-identity', readFileSync(schemaFileWithoutScopes, 'utf8'));
const orders = subgraph('orders', ordersSdl);
const wallet = subgraph('wallet', walletSdl);

describe.each(composers)('%s', (_, compose) => {
  test('the subgraph composes alone', () => {
    expect(compose([payerIdentity])).toEqual([]);
  });

  test('the subgraph composes with orders, which reference payers by id', () => {
    expect(compose([payerIdentity, orders])).toEqual([]);
  });

  test('the subgraph composes with orders and wallets, which reference payers by channel, app and openId', () => {
    expect(compose([payerIdentity, orders, wallet])).toEqual([]);
  });

  test('the schema without scopes composes as well', () => {
    expect(compose([withoutScopes])).toEqual([]);
    expect(compose([withoutScopes, orders, wallet])).toEqual([]);
  });

  test('composition refuses a subgraph whose key names no field', () => {
    const broken = subgraph('broken', ordersSdl.replace('Order @key(fields: "id")', 'Order @key(fields: "nope")'));
    const faults = compose([payerIdentity, broken]);
    expect(faults.join('\n')).toMatch(/nope/);
  });

  test('composition refuses a subgraph that defines a field of this one', () => {
    const broken = subgraph(
      'broken',
      ordersSdl.replace(/type PayerIdentity .*/s, 'type PayerIdentity @key(fields: "id") { id: ID! unionId: String }'),
    );
    const faults = compose([payerIdentity, broken]);
    expect(faults.join('\n')).toMatch(/unionId/);
  });

  test('composition refuses a subgraph in which a payer has an id of another type', () => {
    const broken = subgraph(
      'broken',
      ordersSdl.replace(
        /type PayerIdentity .*/s,
        'type PayerIdentity @key(fields: "id", resolvable: false) { id: [Int!] }',
      ),
    );
    expect(compose([payerIdentity, broken])).not.toEqual([]);
  });

  test('composition refuses orders when their key is removed from the contract', () => {
    const without = subgraph('payer-identity', printed.replace('@key(fields: "id") @key', '@key'));
    expect(without).not.toEqual(payerIdentity);
    expect(compose([without, orders])).not.toEqual([]);
  });
});

describe('the supergraph', () => {
  const supergraphOf = (subgraphs: readonly Subgraph[]) => [
    composeApollo([...subgraphs]).supergraphSdl ?? '',
    composeGuild([...subgraphs]).supergraphSdl ?? '',
  ];
  /** The fields that carry scopes, in the order of the document. */
  const scopedFields = (sdl: string) => {
    const found: string[] = [];
    for (const definition of parse(sdl).definitions) {
      if (!('fields' in definition) || !('name' in definition)) continue;
      for (const field of definition.fields ?? [])
        if (field.directives?.some(({ name }) => name.value === 'requiresScopes'))
          found.push(`${definition.name?.value}.${field.name.value}`);
    }
    return found.sort();
  };

  test('the supergraph requires the scopes of exactly the fields that declare them', () => {
    for (const sdl of supergraphOf([payerIdentity, orders, wallet])) {
      expect(scopedFields(sdl)).toEqual([...declaredScopes.keys()].sort());
      expect(sdl).toMatch(/requiresScopes\/v0\.1", for: SECURITY/);
    }
  });

  test('the supergraph without scopes requires none, and is otherwise the same', () => {
    const bare = (sdl: string) => sdl.replace(/ ?@requiresScopes\(scopes: \[\[.*?\]\]\)/g, '');
    const [full = [], without = []] = [payerIdentity, withoutScopes].map((one) => supergraphOf([one, orders, wallet]));
    for (const [i, sdl] of without.entries()) {
      expect(sdl).not.toMatch(/requiresScopes|SECURITY\)/);
      const types = (text: string) =>
        parse(text).definitions.flatMap((node) =>
          /^(Object|InputObject|Interface|Enum|Union)Type/.test(node.kind) ? [print(node)] : [],
        );
      expect(types(sdl)).toEqual(types(bare(full[i] ?? '')));
    }
  });
});
