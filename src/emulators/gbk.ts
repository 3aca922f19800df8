/** Encodes GBK. Node only decodes it, so decoding every pair of bytes once gives the table of characters. */
type Bytes = readonly [lead: number, trail: number];

const decodeAll = (): Map<string, Bytes> => {
  const decoder = new TextDecoder('gbk');
  const table = new Map<string, Bytes>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1)
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const [character = '', ...more] = decoder.decode(Uint8Array.of(lead, trail));
      if (more.length === 0 && !table.has(character)) table.set(character, [lead, trail]);
    }
  return table;
};

let cached: ReadonlyMap<string, Bytes> | undefined;

/** A character that GBK does not have becomes a question mark, as in Java. */
export const encodeGbk = (text: string): Buffer => {
  cached ??= decodeAll();
  const table = cached;
  const encode = (character: string) => (character < '\x80' ? character.charCodeAt(0) : (table.get(character) ?? 0x3f));
  return Buffer.from([...text].flatMap(encode));
};
