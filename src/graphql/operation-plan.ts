/**
 * Compiles the selection of a query into functions that build its answer from what resolvers return. They build no error:
 * where a value is not what the schema promises the run has failed, and Apollo Server makes the answer.
 */
import {
  type FieldNode,
  GraphQLID,
  type GraphQLObjectType,
  type GraphQLOutputType,
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
import { type Compiling, fieldsOf, infoOf, NotCompiled } from './selected-fields.ts';

/** One execution of a plan. */
export interface Run {
  readonly context: Context;
  /** Puts a value into the answer, now or when it is there; the key gets its place now. */
  put<Key extends string | number>(answer: Record<Key, unknown>, key: Key, value: unknown, complete: Complete): void;
  /**
   * Resolves when nothing is pending: whether every value is what the schema promises. Does not wait beyond the first
   * failure, since graphql adds errors to an answer in their order in time.
   */
  isComplete(): Promise<boolean>;
}

/** What the answer shows of a value. Throws where graphql would add an error to the answer. */
type Complete = (value: unknown, run: Run) => unknown;
type CompleteObject = (value: object, run: Run) => unknown;

/** Fields of one plan, over all types that a value may have. A reference of the longest query of a router has 21. */
const MAX_FIELDS = 500;

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

export const createRun = (context: Context): Run => {
  let pending = 0;
  let hasFailed = false;
  let end = () => {};
  const fail = () => {
    hasFailed = true;
    end();
  };
  const settle: Run['put'] = (answer, key, value, complete) => {
    try {
      answer[key] = complete(value, run);
    } catch {
      hasFailed = true;
    }
  };
  const run: Run = {
    context,
    put(answer, key, value, complete) {
      if (!isPromise(value)) return settle(answer, key, value, complete);
      answer[key] = null;
      pending += 1;
      value.then((arrived) => {
        settle(answer, key, arrived, complete);
        pending -= 1;
        if (pending === 0 || hasFailed) end();
      }, fail);
    },
    async isComplete() {
      if (pending > 0 && !hasFailed) {
        const { promise, resolve } = Promise.withResolvers<void>();
        end = resolve;
        await promise;
      }
      return !hasFailed;
    },
  };
  return run;
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
    for (let index = 0; index < value.length; index += 1) run.put(items, index, value[index], item);
    return items;
  };
};

/** How a field below a root field is read. */
const readerOf = (type: GraphQLObjectType, nodes: readonly FieldNode[], compiling: Compiling): CompleteObject => {
  const name = nodes[0]?.name.value ?? '';
  const field = type.getFields()[name];
  // The resolver would get arguments, or ask where in the operation it runs.
  if (!field || field.args.length > 0 || (field.resolve && field.resolve.length > 3)) throw new NotCompiled();
  const { resolve } = field;
  if (!resolve) return (source) => Reflect.get(source, name);
  const info = infoOf(compiling, { type, key: name, nodes, field });
  return (source, { context }) => resolve(source, {}, context, info);
};

const completeFields = (type: GraphQLObjectType, nodes: readonly FieldNode[], compiling: Compiling): CompleteObject => {
  if (type.isTypeOf) throw new NotCompiled();
  const fields = [...fieldsOf(type, selectionsOf(nodes), compiling)].map(([key, fieldNodes]) => {
    const name = fieldNodes[0]?.name.value ?? '';
    if (name === '__typename') return { key, read: () => type.name, complete: (value: unknown) => value };
    const read = readerOf(type, fieldNodes, compiling);
    const complete = compileType(type.getFields()[name]?.type, fieldNodes, compiling);
    return { key, read, complete };
  });
  compiling.fields += fields.length;
  if (compiling.fields > MAX_FIELDS) throw new NotCompiled();
  return (source, run) => {
    const answer: Record<string, unknown> = {};
    for (const { key, read, complete } of fields) run.put(answer, key, read(source, run), complete);
    return answer;
  };
};

const selectionsOf = (nodes: readonly FieldNode[]): SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => selectionSet ?? []);

const completeObject = (complete: CompleteObject): Complete => {
  return (value, run) => {
    if (value === null || value === undefined) return null;
    if (typeof value !== 'object' || value instanceof Error) throw new Error('no object');
    return complete(value, run);
  };
};

/** By the type that a value names: graphql does so where the schema has no function for it, and federation's does it too. */
const completeMember = (type: GraphQLOutputType, nodes: readonly FieldNode[], compiling: Compiling): Complete => {
  const { schema } = compiling;
  if (!isAbstractType(type) || (type.resolveType && type.name !== '_Entity')) throw new NotCompiled();
  const members = new Map(
    schema.getPossibleTypes(type).map((member) => [member.name, completeFields(member, nodes, compiling)]),
  );
  return completeObject((value, run) => {
    const name = '__typename' in value ? value.__typename : undefined;
    const complete = typeof name === 'string' ? members.get(name) : undefined;
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
