/** One operation of the matrix, and how an answer is compared with the expected one. */
import type { Answer } from '../gateways/gateway.ts';
import type { World } from './world.ts';

/** What differs from gateway to gateway: auth codes work once. */
export type Fresh = (name: string) => string;

export interface Operation {
  readonly name: string;
  readonly query: string;
  readonly variables?: (world: World, fresh: Fresh) => Record<string, unknown>;
  readonly operationName?: string;
  /** The data, with `text` for what is different in every run; undefined for none. */
  readonly data: (world: World) => unknown;
  /** The codes of the errors, each once. */
  readonly codes?: readonly string[];
}

export interface Outcome {
  readonly data: unknown;
  readonly codes: readonly string[];
}

/** Values that are different in every run. */
const volatile = new Set([
  ...['traceId', 'queryCode', 'state', 'expiresAt', 'authorizeUrl', 'authorizeQr', 'startedAt', 'checkedAt'],
  ...['firstAuthenticatedAt', 'lastAuthenticatedAt', 'certifyId', 'url', 'deepLink', 'qr', 'html'],
]);

const steady = (value: unknown, name = ''): unknown => {
  if (volatile.has(name) && typeof value === 'string') return 'text';
  if (Array.isArray(value)) return value.map((item) => steady(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, steady(inner, key)]));
};

export const outcomeOf = ({ data = null, errors = [] }: Partial<Answer>): Outcome => ({
  data: steady(data),
  codes: [...new Set(errors.map(({ extensions }) => extensions?.code ?? '(none)'))].sort(),
});

export const expected = (operation: Operation, world: World): Outcome => ({
  data: operation.data(world) ?? null,
  codes: [...(operation.codes ?? [])].sort(),
});
