/**
 * Apollo's own tests for integrations, run on our server and our adapter. What our edge refuses before Apollo Server
 * sees it, such as GET, is let through here: the suite asks what becomes of it there.
 * https://www.apollographql.com/docs/apollo-server/integrations/building-integrations
 */
import { ApolloServer } from '@apollo/server';
import { type CreateServerForIntegrationTests, defineIntegrationTestSuite } from '@apollo/server-integration-testsuite';
import { execute, parseJson } from '../../src/http/apollo-adapter.ts';
import { type Handler, refuse } from '../../src/http/edge.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';

const createServer: CreateServerForIntegrationTests = async (config, { context = async () => ({}) } = {}) => {
  const apollo = new ApolloServer(config);
  await apollo.start();

  const handle: Handler = async (request) => {
    const isJson = request.headers['content-type']?.startsWith('application/json');
    const body = request.method === 'POST' && isJson ? parseJson(await request.readBody(1_000_000)) : {};
    if (!body) return refuse(400, 'BAD_REQUEST', 'Invalid JSON');
    const query = request.target.indexOf('?');
    const search = query < 0 ? '' : request.target.slice(query);
    return execute(apollo, request, body, async () => (await context()) ?? {}, search);
  };
  const { url, close } = await listen(handle, { host: '127.0.0.1', port: 0, log: createLog('silent') });
  return { server: apollo, url: `${url}/`, extraCleanup: () => close(0) };
};

defineIntegrationTestSuite(createServer, { noIncrementalDelivery: true });
