/**
 * Apollo's own tests for integrations, run on our server and our adapter. Requests that our edge refuses before Apollo
 * Server sees them, such as GET, are passed to Apollo Server here: the suite checks its answers.
 * https://www.apollographql.com/docs/apollo-server/integrations/building-integrations
 */
import { ApolloServer } from '@apollo/server';
import { type CreateServerForIntegrationTests, defineIntegrationTestSuite } from '@apollo/server-integration-testsuite';
import { execute, parseJson, toHeaderMap, toReply } from '../../src/http/apollo-adapter.ts';
import { type Handler, refuse } from '../../src/http/edge.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';

const createServer: CreateServerForIntegrationTests = async (config, { context = async () => ({}) } = {}) => {
  const apollo = new ApolloServer(config);
  await apollo.start();
  const createContext = async () => (await context()) ?? {};

  const handle: Handler = async (request) => {
    const { method, target } = request;
    const headers = toHeaderMap(request.headers);
    if (method === 'GET') {
      const search = target.includes('?') ? target.slice(target.indexOf('?')) : '';
      const httpGraphQLRequest = { method, headers, search, body: {} };
      return toReply(await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: createContext }));
    }
    const isJson = headers.get('content-type')?.startsWith('application/json');
    const body = method === 'POST' && isJson ? parseJson(await request.readBody(1_000_000)) : {};
    if (!body) return refuse(400, 'BAD_REQUEST', 'Invalid JSON');
    return execute(apollo, request, body, createContext);
  };
  const { url, close } = await listen(handle, { host: '127.0.0.1', port: 0, log: createLog('silent') });
  return { server: apollo, url: `${url}/`, extraCleanup: () => close(0) };
};

defineIntegrationTestSuite(createServer, { noIncrementalDelivery: true });
