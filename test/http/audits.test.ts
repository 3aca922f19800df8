/** The GraphQL over HTTP specification, as its own audit suite has it. https://github.com/graphql/graphql-http */
import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService } from '../support/services/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

test('no audit of GraphQL over HTTP fails, and every deviation is listed', async () => {
  const results = await auditServer({ url: `${service.url}/graphql`, fetchFn: fetch });
  const of = (status: string) => results.filter((result) => result.status === status);
  expect(results.length).toBeGreaterThan(55);
  expect(of('error').map(({ id, name }) => `${id} ${name}`)).toEqual([]);
  expect(of('warn').map(({ id }) => id)).toEqual([]);
  // GET is not offered.
  expect(of('notice').map(({ id }) => id)).toEqual(['5A70', 'D6D5', '6A70']);
});
