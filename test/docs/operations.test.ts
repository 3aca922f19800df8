/** docs/operations.md and examples/operations: alerts on real metrics, a backup that holds the data, paths that exist. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isFailureCode } from '../../src/failure-codes.ts';
import { createMetrics, measureProcess } from '../../src/metrics.ts';
import { readBlocks } from '../support/markdown.ts';
import { startSandboxService } from '../support/services/sandbox.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
});
const file = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) });
const rules = file.parse(parse(read('examples/operations/alerts.yaml'))).groups.flatMap((group) => group.rules);

/** The names of series, and label with value of each matcher, as Prometheus's own grammar reads the expression. */
const readExpression = (text: string) => {
  const names: string[] = [];
  const matchers: [label: string, value: string][] = [];
  const faults: string[] = [];
  let label = '';
  parser.parse(text).iterate({
    enter: ({ name, type, from, to, node }) => {
      const part = text.slice(from, to);
      if (type.isError) faults.push(`${from}: ${part}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(part);
      if (name === 'LabelName') label = part;
      if (name === 'StringLiteral') matchers.push([label, part.slice(1, -1)]);
    },
  });
  return { names, matchers, faults };
};

const edge = globSync('src/{http,security}/**/*.ts', { cwd: root }).map(read).join('\n');

/** Which values a label has, apart from those that the configuration and the contract name. */
const states = ['SUCCEEDED', 'HELD', 'ANSWERED', 'REJECTED', 'INDETERMINATE'];
const isValue = (label: string, value: string, help: string): boolean => {
  if (label === 'outcome') return isFailureCode(value);
  if (label === 'state') return states.includes(value);
  if (label === 'result') return help.includes(value);
  if (label === 'code') return edge.includes(`'${value}'`);
  return label === 'field' ? read('schema/subgraph.graphql').includes(`  ${value}(`) : label === 'job';
};

describe.each(rules)('the alert $alert', ({ expr, annotations }) => {
  let served: string;
  let help: string;
  beforeAll(async () => {
    const metrics = createMetrics();
    measureProcess(metrics);
    served = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name).join('\n');
    help = await metrics.registry.metrics();
  });

  test('is an expression over series that /metrics serves, with labels and values that they have', () => {
    const { names, matchers, faults } = readExpression(expr);
    expect(faults).toEqual([]);
    expect(names.length).toBeGreaterThan(0);
    const known = served.split('\n');
    for (const name of names) expect(['up', ...known]).toContain(name.replace(/_(?:count|bucket|sum)$/, ''));
    for (const [label, values] of matchers)
      for (const value of values.split('|'))
        expect({ label, value, is: isValue(label, value, help) }).toMatchObject({ is: true });
  });

  test('links to a runbook that exists', () => {
    const [page = '', anchor = ''] = annotations.runbook.split('#');
    const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    );
    expect(headings).toContain(anchor);
  });
});

test('the backup of docs/operations.md holds what a copy of the file alone does not', async () => {
  const service = await startSandboxService();
  onTestFinished(() => service.close());
  await service.graphql(read('examples/authenticate.graphql'));
  const [command = ''] = readBlocks('operations.md').flatMap(({ text }) => (text.includes('VACUUM') ? [text] : []));
  const backup = join(service.folder, 'backup.sqlite');
  const here = command.replace('data/payer-identity.sqlite', service.file).replace('backup.sqlite', backup);
  await promisify(execFile)('bash', ['-c', here]);
  const count = (path: string) => {
    using db = new DatabaseSync(path);
    return db.prepare('SELECT count(*) AS rows FROM identities').get()?.rows;
  };
  expect(count(backup)).toBe(1);
  const copy = join(service.folder, 'copy.sqlite');
  copyFileSync(service.file, copy);
  expect(() => expect(count(copy)).toBe(1)).toThrow();
});

test('the Dockerfile copies only files and folders of the repository', () => {
  const sources = [...read('examples/operations/Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, paths = '']) => paths.split(' '),
  );
  expect(sources).toContain('src');
  expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test.runIf(existsSync('/usr/bin/systemd-analyze'))('systemd accepts the unit', async () => {
  const unit = join(root, 'examples/operations/payer-identity.service');
  const { stderr } = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', unit]).catch((error) => error);
  expect(`${stderr}`.split('\n').filter((line) => line.includes('payer-identity.service:'))).toEqual([]);
});
