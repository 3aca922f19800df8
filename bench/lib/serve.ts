/** node:http without anything around it: reads a JSON body, answers JSON, and prints its address as the service does. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The variables of a request; which of them there are says which operation it is. */
export interface Variables {
  readonly representations?: readonly { readonly id: string }[];
  readonly queryCode?: string;
  readonly input?: { readonly authCode: string };
}

const readVariables = (request: IncomingMessage, use: (variables: Variables) => void): void => {
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => use((JSON.parse(Buffer.concat(chunks).toString()) as { variables: Variables }).variables));
};

const printAddress = (url: string): void => void process.stdout.write(`{"url":"${url}","msg":"listening"}\n`);

/** `answer` returns the value of `data`, or a promise of it. */
export const serve = (answer: (variables: Variables) => object | Promise<object>): void => {
  const server = createServer((request, response) => {
    const send = (data: object) => {
      const body = JSON.stringify({ data });
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body);
    };
    const fail = (error: unknown) => response.writeHead(500).end(String(error));
    readVariables(request, (variables) => {
      const data = answer(variables);
      if (data instanceof Promise) data.then(send, fail);
      else send(data);
    });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1', () => printAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
};
