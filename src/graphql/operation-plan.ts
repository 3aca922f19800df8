/**
 * Compiles the selection of a query into functions that build its answer from what resolvers return. They build no error:
 * where a value is not what the schema promises the run has failed, and Apollo Server makes the answer.
 */
import {
  type FieldNode,
  GraphQLID,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLString,
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { Context } from './context.ts';
import { type Compiling, fieldsOf, NotCompiled } from './selected-fields.ts';

/** One execution of a plan. */
export interface Run {
  readonly context: Context;
  /** Values that are promises and not yet part of the answer. */
  pending: number;
  hasFailed: boolean;
  /** Called when nothing is pending, and as soon as the run has failed. */
  end(): void;
}

/** What the answer shows of a value. Throws where graphql would add an error to the answer. */
type Complete = (value: unknown, run: Run) => unknown;

/** Fields of one plan, over all types that a value may have. A reference of the longest query of a router has 21. */
const MAX_FIELDS = 500;

type Answer = Record<string | number, unknown>;

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

const settle = (answer: Answer, key: string | number, value: unknown, complete: Complete, run: Run): void => {
  try {
    answer[key] = complete(value, run);
  } catch {
    run.hasFailed = true;
  }
};

/** Puts a value into the answer, now or when it is there; the key gets its place now. */
export const put = (answer: object, key: string | number, value: unknown, complete: Complete, run: Run): void => {
  const into = answer as Answer;
  if (!isPromise(value)) {
    settle(into, key, value, complete, run);
    return;
  }
  into[key] = null;
  run.pending += 1;
  const arrive = (settled: unknown) => {
    settle(into, key, settled, complete, run);
    run.pending -= 1;
    if (run.pending === 0 || run.hasFailed) run.end();
  };
  const fail = () => {
    run.hasFailed = true;
    run.end();
  };
  value.then(arrive, fail);
};

const completeLeaf = (type: GraphQLOutputType): Complete => {
  if (!isLeafType(type)) throw new NotCompiled();
  const isText = type === GraphQLString || type === GraphQLID;
  return (value) => {
    if (value === null || value === undefined) return null;
    if (isText && typeof value === 'string') return value;
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined) throw new Error('a value that its type has no form for');
    return serialized;
  };
};

const completeList = (item: Complete): Complete => {
  return (value, run) => {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) throw new Error('no list');
    const items: unknown[] = new Array(value.length);
    for (let index = 0; index < value.length; index += 1) put(items, index, value[index], item, run);
    return items;
  };
};

/** How a field below a root field is read. */
const readerOf = (type: GraphQLObjectType, name: string): ((source: object, run: Run) => unknown) => {
  const field = type.getFields()[name];
  // The resolver would get arguments, or ask where in the operation it runs.
  if (!field || field.args.length > 0 || (field.resolve && field.resolve.length > 3)) throw new NotCompiled();
  const { resolve } = field;
  if (!resolve) return (source) => Reflect.get(source, name);
  return (source, { context }) => resolve(source, {}, context, noInfo);
};

/** For resolvers that do not take it. */
const noInfo = {} as GraphQLResolveInfo;

const completeFields = (type: GraphQLObjectType, nodes: readonly FieldNode[], compiling: Compiling): Complete => {
  if (type.isTypeOf) throw new NotCompiled();
  const fields = [...fieldsOf(type, selectionsOf(nodes), compiling)].map(([key, fieldNodes]) => {
    const name = fieldNodes[0]?.name.value ?? '';
    if (name === '__typename') return { key, read: () => type.name, complete: (value: unknown) => value };
    const read = readerOf(type, name);
    const complete = compileType(type.getFields()[name]?.type, fieldNodes, compiling);
    return { key, read, complete };
  });
  compiling.fields += fields.length;
  if (compiling.fields > MAX_FIELDS) throw new NotCompiled();
  return (value, run) => {
    const answer: Answer = {};
    for (const { key, read, complete } of fields) put(answer, key, read(value as object, run), complete, run);
    return answer;
  };
};

const selectionsOf = (nodes: readonly FieldNode[]): SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => selectionSet ?? []);

const requireObject = (value: unknown): object => {
  if (typeof value !== 'object' || value === null || value instanceof Error) throw new Error('no object');
  return value;
};

const completeObject = (complete: Complete): Complete => {
  return (value, run) => (value === null || value === undefined ? null : complete(requireObject(value), run));
};

/** By the type that a value names: graphql does so where the schema has no function for it, and federation's does it too. */
const completeMember = (type: GraphQLOutputType, nodes: readonly FieldNode[], compiling: Compiling): Complete => {
  const { schema } = compiling;
  if (!isAbstractType(type) || (type.resolveType && type.name !== '_Entity')) throw new NotCompiled();
  const members = new Map(
    schema.getPossibleTypes(type).map((member) => [member.name, completeFields(member, nodes, compiling)]),
  );
  return completeObject((value, run) => {
    const complete = members.get(Reflect.get(value as object, '__typename'));
    if (!complete) throw new Error('no member');
    return complete(value, run);
  });
};

/** Throws NotCompiled for what graphql has to execute. */
export const compileType = (
  type: GraphQLOutputType | undefined,
  nodes: readonly FieldNode[],
  compiling: Compiling,
): Complete => {
  if (type === undefined) throw new NotCompiled();
  if (isNonNullType(type)) {
    const complete = compileType(type.ofType, nodes, compiling);
    return (value, run) => {
      const completed = complete(value, run);
      if (completed === null) throw new Error('null where the schema has none');
      return completed;
    };
  }
  if (isListType(type)) return completeList(compileType(type.ofType, nodes, compiling));
  if (isObjectType(type)) return completeObject(completeFields(type, nodes, compiling));
  return isLeafType(getNamedType(type)) ? completeLeaf(type) : completeMember(type, nodes, compiling);
};
