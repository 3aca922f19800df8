/** Every composer that runs here. No two find the same faults, so all of them have their say. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices as composeApollo } from '@apollo/composition';
import { composeServices as composeGuild } from '@theguild/federation-composition';
import { federateSubgraphs, LATEST_ROUTER_COMPATIBILITY_VERSION } from '@wundergraph/composition';
import { parse } from 'graphql';
import { grafbase } from '../support/schema/grafbase.ts';
import type { Subgraph } from './gateways/gateway.ts';
import { heavyVersion } from './gateways/heavy.ts';

export interface Composer {
  readonly name: string;
  readonly version: string;
  /** What is wrong; nothing when the subgraphs compose. */
  compose(subgraphs: readonly Subgraph[]): readonly string[];
}

const require = createRequire(import.meta.url);
const versionOf = (name: string) => (require(`${name}/package.json`) as { version: string }).version;

export const services = (subgraphs: readonly Subgraph[]) =>
  subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));

const composeByGrafbase = (subgraphs: readonly Subgraph[]): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-compose-'));
  try {
    const sections = subgraphs.map(
      ({ name, url }) => `[subgraphs.${name}]\nschema_path = "${name}.graphql"\nurl = "${url}"`,
    );
    writeFileSync(join(folder, 'grafbase.toml'), sections.join('\n'));
    for (const { name, sdl } of subgraphs) writeFileSync(join(folder, `${name}.graphql`), sdl);
    const options = { cwd: folder, env: { HOME: folder }, encoding: 'utf8' as const };
    const { status, stdout, stderr } = spawnSync(
      grafbase ?? '',
      ['--home', folder, 'compose', '-c', 'grafbase.toml'],
      options,
    );
    return status === 0 && /type PayerIdentity/.test(stdout) ? [] : [`${stdout}\n${stderr}`];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const composers: readonly Composer[] = [
  {
    name: '@apollo/composition',
    version: versionOf('@apollo/composition'),
    compose: (subgraphs) => (composeApollo(services(subgraphs)).errors ?? []).map(({ message }) => message),
  },
  {
    name: '@theguild/federation-composition',
    version: versionOf('@theguild/federation-composition'),
    compose: (subgraphs) => (composeGuild(services(subgraphs)).errors ?? []).map(({ message }) => message),
  },
  {
    name: '@wundergraph/composition',
    version: versionOf('@wundergraph/composition'),
    compose: (subgraphs) => {
      const result = federateSubgraphs({
        subgraphs: subgraphs.map(({ name, url, sdl }) => ({ name, url, definitions: parse(sdl) })),
        version: LATEST_ROUTER_COMPATIBILITY_VERSION,
      });
      return result.success ? [] : result.errors.map(({ message }) => message);
    },
  },
  ...(grafbase
    ? [
        {
          name: 'Grafbase',
          version: heavyVersion('@grafbase/cli-x86_64-unknown-linux-musl'),
          compose: composeByGrafbase,
        },
      ]
    : []),
];
