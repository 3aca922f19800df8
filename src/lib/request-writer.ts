/** A request as bytes, for a connection that carries no other. https://www.rfc-editor.org/rfc/rfc9112 */
import type { HttpRequest } from './http-message.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t -~\x80-\xff]*$/;
/** What decides where a message ends is written here and nowhere else. */
const OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const lineOf = ([name, value]: [string, string]): string => {
  if (!NAME.test(name) || !VALUE.test(value) || OURS.has(name.toLowerCase()))
    throw new TypeError('A header that cannot be written');
  return `${name}: ${value}\r\n`;
};

/** `host`: as it stands in the address. Throws TypeError for what cannot be written. */
export const writeRequest = (host: string, { method, path, headers = {}, body }: HttpRequest): Buffer => {
  if (!/^\/[!-~]*$/.test(path)) throw new TypeError('A path that cannot be written');
  const given = Object.entries(headers);
  const named = given.some(([name]) => name.toLowerCase() === 'host');
  const content = Buffer.from(body ?? '');
  const head =
    `${method} ${path} HTTP/1.1\r\n${named ? '' : `host: ${host}\r\n`}connection: close\r\n` +
    given.map(lineOf).join('') +
    (method === 'POST' || content.length > 0 ? `content-length: ${content.length}\r\n` : '');
  return Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), content]);
};
