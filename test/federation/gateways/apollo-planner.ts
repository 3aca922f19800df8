/**
 * The query planner of Apollo Router (Rust, as WebAssembly), and an executor of ours that treats the replies of
 * subgraphs as the Router's source does. It is not the Router: validation, introspection and completion are graphql-js.
 * The planner's licence is Elastic 2.0, so it is installed for tests only.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  parse,
  print,
  separateOperations,
  validate,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { compose, type Gateway, type GatewayOptions, type Subgraph } from './gateway.ts';
import { heavyVersion, requireHeavy, whyNotHeavy } from './heavy.ts';
import { type PlanNode, readPlan } from './plan.ts';
import { type Failure, type Json, merge, type Place, placesAt, represent } from './plan-data.ts';

interface Planner {
  query_plan(supergraph: string, operation: string): { readonly node?: object; readonly __serialized: string };
}

interface Request {
  readonly query?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

interface Running {
  readonly schema: GraphQLSchema;
  readonly urls: ReadonlyMap<string, string>;
  readonly options: GatewayOptions;
  readonly plan: (operation: string) => PlanNode | undefined;
}

/** One operation of a client while it runs. */
interface Call {
  readonly running: Running;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
  readonly data: Json;
  readonly errors: Failure[];
}

const failure = (message: string, code: string): Failure => ({ message, extensions: { code } });

/** What the Router makes of a reply: the status first, then what the body says. */
const send = async ({ running, authorization }: Call, service: string, body: object) => {
  const { headers, timeoutMs } = running.options;
  try {
    const response = await fetch(running.urls.get(service) ?? '', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...headers,
        ...(authorization && { authorization }),
      },
      body: JSON.stringify(body),
      ...(timeoutMs && { signal: AbortSignal.timeout(timeoutMs) }),
    });
    const refused = response.ok ? [] : [failure(`${response.status}: ${response.statusText}`, 'SUBREQUEST_HTTP_ERROR')];
    const text = await response.text();
    if (!/^application\/(graphql-response\+)?json\b/.test(response.headers.get('content-type') ?? ''))
      return { errors: refused.length > 0 ? refused : [failure('content-type', 'SUBREQUEST_HTTP_ERROR')] };
    const { data, errors = [] } = JSON.parse(text) as { data?: Json | null; errors?: Failure[] };
    return { data, errors: [...refused, ...errors] };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return { errors: [failure(String(error), isLate ? 'GATEWAY_TIMEOUT' : 'SUBREQUEST_HTTP_ERROR')] };
  }
};

const fetchRoot = async (call: Call, { service, operation, variables }: Extract<PlanNode, { kind: 'Fetch' }>) => {
  const { data, errors } = await send(call, service, { query: operation, variables: pick(call.variables, variables) });
  merge(call.data, data);
  call.errors.push(...errors);
};

const pick = (all: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]));

const fetchEntities = async (call: Call, node: Extract<PlanNode, { kind: 'Fetch' }>, path: readonly string[]) => {
  // Equal representations are sent once.
  const places = new Map<string, Place[]>();
  for (const place of placesAt(call.data, path)) {
    const representation = represent(call.running.schema, place.value, node.requires ?? []);
    if (representation) places.set(representation, [...(places.get(representation) ?? []), place]);
  }
  if (places.size === 0) return;
  const representations = [...places.keys()].map((text) => JSON.parse(text));
  const variables = { ...pick(call.variables, node.variables), representations };
  const { data, errors } = await send(call, node.service, { query: node.operation, variables });
  const found = [...places.values()];
  const entities = (data as { _entities?: unknown[] } | null | undefined)?._entities ?? [];
  for (const [index, entity] of entities.entries()) for (const place of found[index] ?? []) merge(place.value, entity);
  for (const error of errors) {
    const [root, index, ...rest] = error.path ?? [];
    const at = root === '_entities' && typeof index === 'number' ? (found[index] ?? []) : [];
    if (at.length === 0) call.errors.push({ ...error, path: [...path] });
    else call.errors.push(...at.map((place) => ({ ...error, path: [...place.path, ...rest] })));
  }
};

const run = async (call: Call, node: PlanNode, path: readonly string[] = []): Promise<void> => {
  if (node.kind === 'Sequence') for (const one of node.nodes) await run(call, one, path);
  if (node.kind === 'Parallel') await Promise.all(node.nodes.map((one) => run(call, one, path)));
  if (node.kind === 'Flatten') await run(call, node.node, [...path, ...node.path]);
  if (node.kind === 'Condition') {
    const chosen = call.variables[node.variable] ? node.then : node.otherwise;
    if (chosen) await run(call, chosen, path);
  }
  if (node.kind === 'Fetch') await (node.requires ? fetchEntities(call, node, path) : fetchRoot(call, node));
};

/** The selected fields of what was fetched. The Router reports a missing value elsewhere than in `errors`. */
const complete = async (running: Running, document: DocumentNode, data: Json, request: Request) =>
  (
    await execute({
      schema: running.schema,
      document,
      rootValue: data,
      variableValues: request.variables,
      operationName: request.operationName,
      fieldResolver: (source: Json, _args, _context, { path }) => source[path.key],
      typeResolver: (value: Json) => String(value.__typename),
    })
  ).data;

const answer = async (
  running: Running,
  request: Request,
  authorization: string | undefined,
): Promise<ExecutionResult | object> => {
  let document: DocumentNode;
  try {
    document = parse(request.query ?? '');
  } catch (error) {
    return { errors: [failure(String(error), 'GRAPHQL_PARSING_FAILED')] };
  }
  const [invalid] = validate(running.schema, document);
  if (invalid) return { errors: [failure(invalid.message, 'GRAPHQL_VALIDATION_FAILED')] };
  const operation = getOperationAST(document, request.operationName);
  if (!operation) return { errors: [failure('Must provide operation name', 'GRAPHQL_UNKNOWN_OPERATION_NAME')] };
  const { coerced, errors } = getVariableValues(
    running.schema,
    operation.variableDefinitions ?? [],
    request.variables ?? {},
  );
  if (errors) return { errors: [failure(errors[0]?.message ?? '', 'VALIDATION_INVALID_TYPE_VARIABLE')] };
  const call: Call = { running, authorization, variables: coerced, data: {}, errors: [] };
  const isIntrospection = operation.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
  );
  const alone = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  const plan = isIntrospection ? undefined : running.plan(print(alone));
  if (plan) await run(call, plan);
  const data = await complete(running, document, call.data, request);
  return { data, ...(call.errors.length > 0 && { errors: call.errors }) };
};

const open = (subgraphs: readonly Subgraph[], options: GatewayOptions): Running => {
  const { supergraph, schema } = compose(subgraphs);
  const planner = requireHeavy('@apollo/planner-preview') as Planner;
  const plans = new Map<string, PlanNode | undefined>();
  return {
    schema: schema.toAPISchema().toGraphQLJSSchema(),
    urls: new Map(subgraphs.map(({ name, url }) => [name, url])),
    options,
    plan(operation) {
      if (!plans.has(operation)) plans.set(operation, readPlan(planner.query_plan(supergraph, operation)));
      return plans.get(operation);
    },
  };
};

export const apolloPlanner: Gateway = {
  letter: 'R',
  name: "Apollo Router's planner (@apollo/planner-preview), our executor",
  version: heavyVersion('@apollo/planner-preview'),
  unavailable: whyNotHeavy,
  takesScopes: true,
  async start(subgraphs, options = {}) {
    const running = open(subgraphs, options);
    const server = createServer(async (request, response) => {
      const body = (await json(request)) as Request;
      const result = await answer(running, body, request.headers.authorization).catch((error) => ({
        errors: [failure(String(error), 'QUERY_PLANNING_FAILED')],
      }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
      async close() {
        server.closeAllConnections();
        server.close();
      },
    };
  },
};
