/** With PREPARED=1: compiles queries before they are executed the first time, so that every test runs on the prepared path. */
import { getOperationAST, parse, validate } from 'graphql';
import { vi } from 'vitest';
import type * as Prepared from '../../src/graphql/prepared.ts';

type Deps = Parameters<typeof Prepared.createPreparedOperations>[0];
type Operations = Prepared.PreparedOperations;

/** Gives a query to the plugin as Apollo Server does when it executes it; what Apollo would refuse is not given. */
const prepareFirst = ({ plugin }: Operations, { schema }: Deps) => {
  return async ({ query, operationName }: Prepared.GraphqlRequest) => {
    try {
      const document = parse(query, { maxTokens: 2_000 });
      if (validate(schema, document).length > 0) return;
      const operation = getOperationAST(document, operationName);
      const listener = await plugin.requestDidStart?.({} as never);
      await listener?.executionDidStart?.({ document, operation, request: { query, operationName } } as never);
    } catch {
      // Apollo Server refuses it as well.
    }
  };
};

vi.mock('../../src/graphql/prepared.ts', async (load) => {
  const original = await load<typeof Prepared>();
  return {
    ...original,
    createPreparedOperations(deps: Deps): Operations {
      const operations = original.createPreparedOperations({ ...deps, isRepeated: () => true });
      const prepare = prepareFirst(operations, deps);
      return {
        ...operations,
        async answer(request, context) {
          await prepare(request);
          return operations.answer(request, context);
        },
      };
    },
  };
});
