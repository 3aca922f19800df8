/** The JSON Schema and the reference in docs/configuration.md: every setting, with a description and its unit. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { configurationSchema } from '../../scripts/lib/configuration-schema.ts';
import { allSettings, withReference } from '../../scripts/lib/settings-reference.ts';
import { configFile } from '../../src/config/file.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const { file, sources } = allSettings();
const settings = [...file, ...[...sources.values()].flat()];

test('schema/configuration.schema.json is what the schemas in src print', () => {
  expect(JSON.parse(read('schema/configuration.schema.json'))).toEqual(configurationSchema());
});

test('no pattern of a setting has a flag, which the JSON Schema could not have', () => {
  const flags = new Set<string>();
  z.toJSONSchema(configFile, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema }) => {
      const { patterns } = zodSchema._zod.bag;
      if (patterns instanceof Set)
        for (const pattern of patterns) if (pattern instanceof RegExp) flags.add(pattern.flags);
    },
  });
  expect([...flags].filter((own) => own !== '' && own !== 'u')).toEqual([]);
});

test('an editor accepts the header names that the service does', () => {
  expect(JSON.stringify(configurationSchema())).toContain(JSON.stringify('^[A-Za-z][A-Za-z\\d-]*$'));
});

test('docs/configuration.md documents every setting as the schemas in src have it', () => {
  const page = read('docs/configuration.md');
  expect(withReference(page)).toBe(page);
  expect(settings.length).toBeGreaterThan(180);
});

test('every setting has a description, and every time in it a unit', () => {
  expect(settings.filter(({ schema }) => !schema.description).map(({ name }) => name)).toEqual([]);
  const units = { Ms: 'Milliseconds: ', Seconds: 'Seconds: ', Days: 'Days: ' };
  for (const [end, unit] of Object.entries(units)) {
    const timed = settings.filter(({ name }) => name.endsWith(end));
    expect(timed.length).toBeGreaterThan(1);
    expect(timed.filter(({ schema }) => !schema.description?.startsWith(unit)).map(({ name }) => name)).toEqual([]);
  }
});

test('the options of every source are in the schema, with the default of an address', () => {
  expect([...sources.keys()]).toEqual(['alipay', 'daxpay', 'jucai', 'wechat']);
  const gateway = sources.get('alipay')?.find(({ name }) => name === 'gatewayUrl');
  expect(gateway?.schema.default).toBe('https://openapi.alipay.com/gateway.do');
});
