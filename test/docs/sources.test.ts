/** The pages of the sources, compared with the schemas of their options: names, defaults, samples. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { alipay } from '../../src/channels/alipay/alipay.ts';
import { daxpay } from '../../src/channels/daxpay/daxpay.ts';
import { jucai } from '../../src/channels/jucai/jucai.ts';
import { wechat } from '../../src/channels/wechat/wechat.ts';
import { readBlocks, readTable } from '../support/markdown.ts';
import vectors from '../vectors/alipay.json' with { type: 'json' };

const sources: Readonly<Record<string, { readonly config: z.ZodType }>> = { alipay, wechat, daxpay, jucai };
const variant = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })).default({}),
  required: z.array(z.string()).default([]),
});
const options = variant.extend({ oneOf: z.array(variant).optional(), anyOf: z.array(variant).optional() });

/** Of each option: whether every kind of the source requires it, or some, and its default. */
const optionsOf = (config: z.ZodType) => {
  const parsed = options.parse(z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }));
  const variants = parsed.oneOf ?? parsed.anyOf ?? [parsed];
  const names = new Set(variants.flatMap(({ properties }) => Object.keys(properties)));
  return [...names].map((name) => {
    const having = variants.filter(({ properties }) => Object.hasOwn(properties, name));
    const required = having.filter((one) => one.required.includes(name)).length;
    const [first] = having.map(({ properties }) => properties[name]?.default).filter((value) => value !== undefined);
    const always = required === variants.length;
    return { name, always, sometimes: !always && required > 0 && first === undefined, default: first };
  });
};

/** What stands for secrets and files of a sample. */
const filled = (sample: unknown): unknown =>
  JSON.parse(JSON.stringify(sample), (key, value) => {
    if (key === 'privateKey') return vectors.appPrivateKeyPkcs8DerBase64;
    if (key === 'alipayPublicKey') return vectors.alipayPublicKeySpkiDerBase64;
    return typeof value === 'object' && value !== null && '$env' in value ? 's'.repeat(32) : value;
  });
const typed = z.looseObject({ type: z.string() });

describe.each(Object.entries(sources))('the page of the source %s', (name, { config }) => {
  const page = `sources/${name}.md`;

  test('names every option of the source with its default, and no other', () => {
    const rows = new Map(readTable(page, /^\| option \|/).map(([option = '', given = '']) => [option, given]));
    const known = optionsOf(config);
    expect([...rows.keys()].toSorted()).toEqual(known.map((option) => option.name).toSorted());
    for (const option of known) {
      const row = rows.get(option.name) ?? '';
      const shown = {
        name: option.name,
        always: row === 'required' && option.default === undefined,
        sometimes: /^required (?:by|but)/.test(row),
      };
      expect(shown).toEqual({ name: option.name, always: option.always, sometimes: option.sometimes });
      if (typeof option.default === 'string') expect(row).toBe(option.default);
      if (Array.isArray(option.default)) expect(row).toBe(option.default.join(', '));
    }
  });

  test('shows samples that the source accepts', () => {
    const samples = readBlocks(page)
      .filter(({ language }) => language === 'json')
      .map(({ text }) => JSON.parse(text));
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples.flatMap((one) => ('type' in one ? [one] : Object.values(one)))) {
      const { type, ...given } = typed.parse(filled(sample));
      expect(type).toBe(name);
      expect(config.safeParse(given).error?.issues).toBeUndefined();
    }
  });
});
