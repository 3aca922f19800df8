/** The alerts and the dashboard of examples/operations, and the series that documents name, compared with /metrics. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isFailureCode } from '../../src/failure-codes.ts';
import { createMetrics, measureProcess } from '../../src/metrics.ts';
import { readExpression } from '../support/promql.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Series {
  readonly help: string;
  readonly labels: readonly string[];
}
/** By name: what /metrics serves. */
const served = new Map<string, Series>();
const named = z.looseObject({ name: z.string(), help: z.string(), labelNames: z.array(z.string()).default([]) });
beforeAll(() => {
  const metrics = createMetrics();
  measureProcess(metrics);
  for (const metric of metrics.registry.getMetricsAsArray()) {
    const { name, help, labelNames } = named.parse({ ...metric });
    served.set(name, { help, labels: labelNames });
  }
});

const edge = globSync('src/{http,security}/**/*.ts', { cwd: root }).map(read).join('\n');
const contract = read('schema/subgraph.graphql');
const states = ['SUCCEEDED', 'HELD', 'ANSWERED', 'REJECTED', 'INDETERMINATE'];

/** Whether a label of a series has that value, apart from values that the configuration names. */
const isValue = ({ help }: Series, label: string, value: string): boolean => {
  switch (label) {
    case 'outcome':
      return isFailureCode(value);
    case 'state':
      return states.includes(value);
    case 'result':
      return new RegExp(`\\(.*\\b${value}\\b.*\\)`).test(help);
    case 'code':
    case 'route':
      return edge.includes(`'${value}'`);
    case 'field':
      return contract.includes(`  ${value.replace(/^subscription /, '')}(`);
    default:
      return label === 'job';
  }
};

/** Labels that Prometheus adds. */
const added = ['job', 'instance'];
/** A series as a histogram is declared, and the label that its buckets have. */
const declared = (name: string) => ({
  name: name.replace(/_(?:count|bucket|sum)$/, ''),
  own: name.endsWith('_bucket') ? [...added, 'le'] : added,
});

/** What an expression names that /metrics does not have. */
const unknownIn = (text: string): string[] => {
  const { series, labels, matchers, faults } = readExpression(text);
  const places = series.map((one) => {
    const { name, own } = declared(one);
    const found = name === 'up' ? { help: '', labels: [] } : served.get(name);
    return { one, found, own };
  });
  return [
    ...faults,
    ...(series.length === 0 ? ['it names no series'] : []),
    ...places.flatMap(({ one, found, own }) => {
      if (!found) return [one];
      const others = labels.filter((label) => ![...found.labels, ...own].includes(label));
      const values = matchers.flatMap(([label, value]) => value.split('|').map((each) => [label, each] as const));
      const wrong = values.filter(([label, value]) => !isValue(found, label, value));
      return [
        ...others.map((label) => `${one} has no label ${label}`),
        ...wrong.map(([label, value]) => `${one} has no ${label} ${value}`),
      ];
    }),
  ];
};

const headingsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
const exists = (link: string): boolean => {
  const [page = '', anchor] = link.split('#');
  return existsSync(join(root, page)) && (anchor === undefined || headingsOf(page).includes(anchor));
};

test.each([
  ['sum by (source) (rate(payer_identity_redemptions_total[5m]))', []],
  ['payer_identity_redemption_total', ['payer_identity_redemption_total']],
  ['sum by (app) (payer_identity_waiting_readers)', ['payer_identity_waiting_readers has no label app']],
  ['payer_identity_redemptions_total{state="LOST"}', ['payer_identity_redemptions_total has no state LOST']],
  [
    'payer_identity_webhook_events_total{result=~"given_up|given"}',
    ['payer_identity_webhook_events_total has no result given'],
  ],
])('of the expression %s it is found what /metrics does not have', (text, expected) => {
  expect(unknownIn(text)).toEqual(expected);
});

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
});
const file = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) });
const rules = file.parse(parse(read('examples/operations/alerts.yaml'))).groups.flatMap((group) => group.rules);

describe.each(rules)('the alert $alert', ({ expr, annotations }) => {
  test('is an expression over series that /metrics serves, with labels and values that they have', () => {
    expect(unknownIn(expr)).toEqual([]);
  });

  test('links to a runbook that exists', () => {
    expect(annotations.runbook).toMatch(/#/);
    expect(exists(annotations.runbook)).toBe(true);
  });
});

const target = z.looseObject({ expr: z.string(), legendFormat: z.string() });
const panel = z.looseObject({ title: z.string(), description: z.string(), targets: z.array(target).min(1) });
const { panels } = z
  .looseObject({ panels: z.array(panel) })
  .parse(JSON.parse(read('examples/operations/dashboard.json')));

describe.each(panels)('the panel "$title"', ({ description, targets }) => {
  test('shows series that /metrics serves, named by labels that they have', () => {
    for (const { expr, legendFormat } of targets) {
      const text = expr.replaceAll('$__rate_interval', '5m');
      expect(unknownIn(text)).toEqual([]);
      const known = [...added, ...readExpression(text).labels];
      const legend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(legend.filter((label) => !known.includes(label ?? ''))).toEqual([]);
    }
  });

  test('links only to pages and headings that exist', () => {
    const links = [...description.matchAll(/docs\/[\w-]+\.md(?:#[\w-]+)?/g)].map(([link]) => link);
    expect(links.filter((link) => !exists(link))).toEqual([]);
  });
});

const own = () => [...served.keys()].filter((name) => name.startsWith('payer_identity_'));

test('the dashboard shows every series of the service', () => {
  const shown = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => readExpression(expr).series));
  expect(own().filter((name) => !shown.some((one) => declared(one).name === name))).toEqual([]);
});

describe('the documents', () => {
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
  const mentions = pages.flatMap((page) =>
    [...read(page).matchAll(/(payer_identity_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', labels = '']) => ({
      page,
      name,
      // `{result}` names a label alone.
      expression: labels.includes('=') ? `${name}{${labels}}` : `sum by (${labels}) (${name})`,
    })),
  );

  test('name only series, labels and values that /metrics has', () => {
    expect(mentions.length).toBeGreaterThan(15);
    const unknown = mentions.flatMap(({ page, expression }) => unknownIn(expression).map((what) => `${page}: ${what}`));
    expect(unknown).toEqual([]);
  });

  test('name every series of the service', () => {
    const named = new Set(mentions.map(({ name }) => declared(name).name));
    expect(own().filter((name) => !named.has(name))).toEqual([]);
  });
});
