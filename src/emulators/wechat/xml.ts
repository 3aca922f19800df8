/** The XML of WeChat Pay V2 as its servers write and read it. */
import { createHash } from 'node:crypto';
import type { EmulatorReply } from '../emulator.ts';

export type XmlFields = Readonly<Record<string, string | undefined>>;

export const plain = (body: string): EmulatorReply => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body,
});

export const v2Sign = (fields: XmlFields, key: string): string => {
  let text = '';
  for (const name of Object.keys(fields).sort())
    if (name !== 'sign' && fields[name]) text += `${name}=${fields[name]}&`;
  return createHash('md5').update(`${text}key=${key}`, 'utf8').digest('hex').toUpperCase();
};

export const toXml = (fields: XmlFields): EmulatorReply => {
  const lines = Object.entries(fields).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`);
  return plain(`<xml>${lines.join('\n')}\n</xml>`);
};

/** The elements of a document; undefined for a text that is no document. */
export const fromXml = (body: string): XmlFields | undefined => {
  const [, inner] = /^\s*<xml>(.*)<\/xml>\s*$/s.exec(body) ?? [];
  if (inner === undefined) return undefined;
  const elements = [...inner.matchAll(ELEMENT)];
  return Object.fromEntries(
    elements.map(([, name = '', cdata, text]): [string, string] => [name, cdata ?? plainText(text)]),
  );
};

const ELEMENT = /\s*<(\w{1,32})>(?:<!\[CDATA\[([^\]]*)\]\]>|([^<]*))<\/\1>/gy;
const plainText = (text = '') => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** A refusal of the request itself: unsigned, with nothing but a text. */
export const communicationFault = (text: string) => toXml({ return_code: 'FAIL', return_msg: text });

/** Puts 中 in GBK, which is not UTF-8, before the end of a document. */
export const withGbk = (reply: EmulatorReply, end: string): EmulatorReply => {
  const body = String(reply.body);
  const at = body.lastIndexOf(end);
  const note = Buffer.concat([Buffer.from('<note><![CDATA['), Buffer.of(0xd6, 0xd0), Buffer.from(']]></note>')]);
  return { ...reply, body: Buffer.concat([Buffer.from(body.slice(0, at)), note, Buffer.from(body.slice(at))]) };
};
