/** Malformed, random and long headers of the router's signatures are refused at once. */
import { describe, expect, test } from 'vitest';
import { createRouterSignatureCheck } from '../../src/security/router-signature.ts';
import { runs } from '../support/runs.ts';
import { isTrusted, NOW, shared, signaturesFixture, signWith, withHeaders } from '../support/signers/http-signer.ts';

describe('how it is written', () => {
  const signed = signWith(shared);
  const { signature = '', 'signature-input': input = '' } = signed.headers;
  const written = (changes: Record<string, string | undefined>) => isTrusted(withHeaders(signed, changes));

  test.each<[string, Record<string, string | undefined>]>([
    ['without an input', { 'signature-input': undefined }],
    ['without a signature', { signature: undefined }],
    ['empty', { signature: '', 'signature-input': '' }],
    ['under another label', { signature: signature.replace('sig', 'gis') }],
    ['twice under one label', { 'signature-input': `${input}, ${input}` }],
    ['with two signatures under one label', { signature: `${signature}, ${signature}` }],
    ['with a comma at the end', { 'signature-input': `${input},` }],
    ['with something behind it', { 'signature-input': `${input} x` }],
    ['with blanks between components', { 'signature-input': input.replace('" "', '"  "') }],
    ['with a blank before a parameter', { 'signature-input': input.replace(';created', '; created') }],
    ['with a time of 16 digits', { 'signature-input': input.replace(/created=/, 'created=000000') }],
    ['as an item', { 'signature-input': 'sig' }],
    ['as a token', { signature: 'sig=abc' }],
    ['as a string', { signature: signature.replaceAll(':', '"') }],
    ['in base64url', { signature: signature.replace(/[+/]|$/g, '_') }],
    ['without padding', { signature: signature.replace('=:', ':') }],
    ['with bits after the end', { signature: signature.replace(/.=:$/, (end) => `${end[0] === 'B' ? 'C' : 'B'}=:`) }],
    ['in capitals', { signature: signature.replace('sig', 'SIG'), 'signature-input': input.replace('sig', 'SIG') }],
  ])('a signature header is refused when written %s', (_, changes) => {
    expect(written({})).toBe(true);
    expect(written(changes)).toBe(false);
  });

  test('a signature with any of ten thousand random changes is refused, and none throws', () => {
    const places = [
      'signature',
      'signature-input',
      'content-type',
      'content-length',
      'host',
      'method',
      'target',
    ] as const;
    const any = (below: number) => Math.floor(Math.random() * below);
    const mutate = (text: string): string => {
      const at = any(text.length + 1);
      const piece = String.fromCharCode(any(any(2) ? 0x80 : 0x100));
      const ways = [
        text.slice(0, at) + piece + text.slice(at + 1),
        text.slice(0, at) + piece + text.slice(at),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + text.slice(any(text.length + 1)),
        text.slice(0, at),
        text.repeat(2),
      ];
      return ways[any(ways.length)] ?? '';
    };
    const check = createRouterSignatureCheck(signaturesFixture, () => NOW * 1_000);
    let tried = 0;
    while (tried < runs(10_000)) {
      const place = places[any(places.length)] ?? 'signature';
      const isHeader = place !== 'method' && place !== 'target';
      const before = (isHeader ? signed.headers[place] : signed[place]) ?? '';
      const after = mutate(before);
      // A host means the same in any case.
      if (after.toLowerCase() === before.toLowerCase() && (after === before || place === 'host')) continue;
      tried += 1;
      const mutated = isHeader ? withHeaders(signed, { [place]: after }) : { ...signed, [place]: after };
      if (check(mutated)) expect.fail(`believed with ${place} ${JSON.stringify(after)}`);
    }
  });

  test.each([
    'sig=("',
    'sig=(""',
    `sig=("${'\\"'.repeat(4_000)}`,
    'sig=:',
    `sig=:${'A'.repeat(8_000)}`,
    'a=(),'.repeat(1_600),
    `sig=${'('.repeat(8_000)}`,
    `sig=()${';a=1'.repeat(2_000)}x`,
  ])('a long header that begins with %.12s and is malformed at its end is refused at once', (field) => {
    const startedAt = performance.now();
    expect(written({ 'signature-input': field })).toBe(false);
    expect(written({ signature: field })).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
