/** Writes GBK. Node reads it and does not write it, so the two bytes of every character are found by reading them all. */
type Bytes = readonly [lead: number, trail: number];

const readAll = (): Map<string, Bytes> => {
  const decoder = new TextDecoder('gbk');
  const found = new Map<string, Bytes>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1)
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const [character = '', ...more] = decoder.decode(Uint8Array.of(lead, trail));
      if (more.length === 0 && !found.has(character)) found.set(character, [lead, trail]);
    }
  return found;
};

let known: ReadonlyMap<string, Bytes> | undefined;

/** What GBK does not have becomes a question mark, as Java writes it. */
export const encodeGbk = (text: string): Buffer => {
  known ??= readAll();
  const all = known;
  const encode = (character: string) => (character < '\x80' ? character.charCodeAt(0) : (all.get(character) ?? 0x3f));
  return Buffer.from([...text].flatMap(encode));
};
