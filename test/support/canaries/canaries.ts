/** Secrets that are planted, and looked for in every spelling that a store might give them. */

/** What base64 makes of bytes that begin at the first, second or third byte of a group, without what neighbours change. */
const base64At = (bytes: Buffer, offset: 0 | 1 | 2): string => {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return padded.slice([0, 2, 3][offset], Math.floor(((offset + bytes.length) * 8) / 6));
};

const spellings = (secret: string): Buffer[] => {
  const bytes = Buffer.from(secret);
  const base64 = ([0, 1, 2] as const).map((offset) => base64At(bytes, offset));
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const hex = bytes.toString('hex');
  const escaped = JSON.stringify(secret).slice(1, -1);
  const middle = Math.ceil(secret.length / 2);
  const halves = [secret.slice(0, middle), secret.slice(middle)].map((half) => [...half].reverse().join(''));
  const turned = [halves.join(''), halves.toReversed().join(''), secret.slice(middle) + secret.slice(0, middle)];
  const unicode = [...secret].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const texts = [secret, secret.toUpperCase(), secret.toLowerCase(), escaped, unicode, ...turned];
  const encoded = [...base64, ...base64url, hex, hex.toUpperCase(), encodeURIComponent(secret)];
  return [...new Set([...texts, ...encoded])].map((text) => Buffer.from(text)).concat(Buffer.from(secret, 'utf16le'));
};

export interface Search {
  /** Which secret was found where; never the secret. */
  readonly hits: readonly string[];
  readonly needles: number;
  readonly bytes: number;
}

/** Looks for every secret in every place. */
export const searchCanaries = (
  canaries: Readonly<Record<string, string>>,
  places: Readonly<Record<string, Buffer>>,
): Search => {
  const needles = Object.entries(canaries).flatMap(([name, secret]) => {
    if (secret.length < 3) throw new Error(`The canary ${name} is too short to be distinguished from chance`);
    return spellings(secret).map((spelling) => ({ name, spelling }));
  });
  const hits = Object.entries(places).flatMap(([place, written]) =>
    needles.filter(({ spelling }) => written.includes(spelling)).map(({ name }) => `${name} in ${place}`),
  );
  const bytes = Object.values(places).reduce((sum, { length }) => sum + length, 0);
  return { hits: [...new Set(hits)], needles: needles.length, bytes };
};
