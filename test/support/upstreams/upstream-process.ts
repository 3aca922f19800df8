/** An upstream in a process of its own, so that its CPU is not counted with that of the client. */
import { createServer as createPlain } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import vectors from '../../vectors/tls.json' with { type: 'json' };

const answer = JSON.stringify({ openid: 'o'.repeat(28), access_token: 't'.repeat(120), expires_in: 7_200 });
const plain = createPlain((_, response) => void response.end(answer));
const secure = createTls(vectors.server, (_, response) => void response.end(answer));
const listen = (server: typeof plain) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const [http, https] = [await listen(plain), await listen(secure)];
process.send?.({ http, https });
process.once('disconnect', () => process.exit());
