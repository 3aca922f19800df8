/**
 * Reads and writes the XML of WeChat Pay V2: one `xml` element with flat text elements, each in CDATA or plain. DTDs,
 * entities, attributes, comments, repetition and nesting are refused, so that nothing can be read in two ways.
 */
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { parseReply } from '../reply.ts';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  ignoreDeclaration: true,
  ignorePiTags: false,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: '#cdata',
});

/** Without &: outside CDATA it begins a reference, which WeChat never writes; inside, it makes the signed text ambiguous. */
const text = z.strictObject({ '#text': z.string().regex(/^[^&]*$/) });
const content = z.union([text, z.strictObject({ '#cdata': z.tuple([text]) })]);
const element = z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.array(content).max(1));
const blank = z.strictObject({ '#text': z.string().regex(/^\s*$/) });
const document = z.tuple([z.strictObject({ xml: z.array(z.union([blank, element])) })]);

/** The parser skips DTDs and comments, so `<!` that does not begin CDATA is refused before. */
const markup = /<!(?!\[CDATA\[)/;
/** WeChat's replies have about 600; tens of thousands can occupy the parser for half a second. */
const MAX_CHARACTERS = 8_192;

/** The elements in the order received. */
export const readXml = (source: string): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  for (const node of parseReply(document, parseXml(source))[0].xml) {
    if (isBlank(node)) continue;
    for (const [name, [value]] of Object.entries(node)) {
      if (fields.has(name)) throw new PayerIdentityError('REPLY_MALFORMED');
      fields.set(name, value ? textOf(value) : '');
    }
  }
  return fields;
};

const isBlank = (node: z.output<typeof blank> | z.output<typeof element>): node is z.output<typeof blank> =>
  '#text' in node;
const textOf = (node: z.output<typeof content>): string =>
  '#text' in node ? node['#text'] : node['#cdata'][0]['#text'];

const parseXml = (source: string): unknown => {
  if (source.length > MAX_CHARACTERS || markup.test(source)) throw new PayerIdentityError('REPLY_MALFORMED');
  try {
    return parser.parse(source, true);
  } catch {
    // The parser's error quotes the reply, so it is not passed on as the cause.
    throw new PayerIdentityError('REPLY_MALFORMED');
  }
};

const references: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Not by the library's builder, which replaces characters: what is sent must be what was signed. */
export const writeXml = (fields: ReadonlyMap<string, string>): string => {
  const escaped = (value: string) => value.replace(/[&<>]/g, (character) => references[character] ?? '');
  return `<xml>${[...fields].map(([name, value]) => `<${name}>${escaped(value)}</${name}>`).join('')}</xml>`;
};
