/** The subgraph composes with other subgraphs, by every composer that we know. */
import { readFileSync } from 'node:fs';
import { composeServices as composeApollo } from '@apollo/composition';
import { composeServices as composeGuild } from '@theguild/federation-composition';
import { parse, print } from 'graphql';
import { describe, expect, test } from 'vitest';
import { printedSchemaFile, schemaFileWithoutScopes } from '../../src/graphql/schema.ts';
import { declaredScopes } from '../support/schema/contract.ts';
import { composers, services } from './composers.ts';
import type { Subgraph } from './gateways/gateway.ts';
import { loyaltySdl, ordersSdl, pointsSdl, strangerSdl, walletSdl } from './neighbours.ts';

const subgraph = (name: string, sdl: string): Subgraph => ({
  name,
  url: `http://${name}.example/graphql`,
  sdl,
});
const printed = readFileSync(printedSchemaFile, 'utf8');
const payerIdentity = subgraph('payer-identity', printed);
const withoutScopes = subgraph('payer-identity', readFileSync(schemaFileWithoutScopes, 'utf8'));
const orders = subgraph('orders', ordersSdl);
const wallet = subgraph('wallet', walletSdl);
const points = subgraph('points', pointsSdl);
const stranger = subgraph('stranger', strangerSdl);
const loyalty = (scopes: boolean) => subgraph('loyalty', loyaltySdl({ scopes }));
const neighbours = [orders, wallet, points, loyalty(true), stranger];

const payerOfOrders = /type PayerIdentity [^}]*\}/;
/** The composers that follow scopes through @requires. */
const followsScopes = new Set(['@apollo/composition', '@theguild/federation-composition']);

describe.each(composers)('$name', ({ name, compose }) => {
  test('the subgraph composes alone', () => {
    expect(compose([payerIdentity])).toEqual([]);
  });

  test('the subgraph composes with orders, which reference payers by id', () => {
    expect(compose([payerIdentity, orders])).toEqual([]);
  });

  test('the subgraph composes with wallets and accounts, which reference payers by ref', () => {
    expect(compose([payerIdentity, wallet, points])).toEqual([]);
  });

  test('the subgraph composes with a stranger whose types have the common names', () => {
    expect(compose([payerIdentity, stranger])).toEqual([]);
  });

  test('the subgraph composes with all neighbours at once', () => {
    expect(compose([payerIdentity, ...neighbours])).toEqual([]);
  });

  test('a field computed from openId composes with the scope of openId', () => {
    expect(compose([payerIdentity, loyalty(true)])).toEqual([]);
  });

  test('a field computed from openId without its scope is refused by the composers that follow scopes', () => {
    const faults = compose([payerIdentity, loyalty(false)]).join('\n');
    expect(faults).toMatch(followsScopes.has(name) ? /requiresScopes.*PayerIdentity\.openId/ : /^$/);
  });

  test('the schema without scopes composes as well', () => {
    expect(compose([withoutScopes])).toEqual([]);
    expect(compose([withoutScopes, orders, wallet, points, loyalty(false), stranger])).toEqual([]);
  });

  test('composition refuses a subgraph whose key names no field', () => {
    const broken = subgraph('broken', ordersSdl.replace('Entry @key(fields: "id")', 'Entry @key(fields: "nope")'));
    const faults = compose([payerIdentity, broken]);
    expect(faults.join('\n')).toMatch(/nope/);
  });

  test('composition refuses a subgraph that defines a field of this one', () => {
    const broken = subgraph(
      'broken',
      ordersSdl.replace(payerOfOrders, 'type PayerIdentity @key(fields: "id") { id: ID! unionId: String }'),
    );
    const faults = compose([payerIdentity, broken]);
    expect(faults.join('\n')).toMatch(/unionId/);
  });

  test('composition refuses a subgraph in which a payer has an id of another type', () => {
    const broken = subgraph(
      'broken',
      ordersSdl.replace(payerOfOrders, 'type PayerIdentity @key(fields: "id", resolvable: false) { id: [Int!] }'),
    );
    expect(compose([payerIdentity, broken])).not.toEqual([]);
  });

  test('composition refuses orders when their key is removed from the contract, but for Grafbase, which does not look', () => {
    const sdl = printed.replace('type PayerIdentity @key(fields: "id")', 'type PayerIdentity');
    expect(sdl).not.toBe(printed);
    const unresolvable = ordersSdl.replace(
      'PayerIdentity @key(fields: "id")',
      'PayerIdentity @key(fields: "id", resolvable: false)',
    );
    const faults = compose([subgraph('payer-identity', sdl), subgraph('orders', unresolvable)]);
    expect(faults.length > 0).toBe(name !== 'Grafbase');
  });
});

describe('the supergraph', () => {
  const supergraphOf = (subgraphs: readonly Subgraph[]) => [
    composeApollo(services(subgraphs)).supergraphSdl ?? '',
    composeGuild(services(subgraphs)).supergraphSdl ?? '',
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
