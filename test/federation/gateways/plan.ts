/** A plan of Apollo Router's planner: the structure is in its JSON, what a fetch requires only in its text. */
import { Kind, type OperationDefinitionNode, parse, type SelectionNode } from 'graphql';

export type PlanNode =
  | { readonly kind: 'Sequence' | 'Parallel'; readonly nodes: readonly PlanNode[] }
  | { readonly kind: 'Flatten'; readonly path: readonly string[]; readonly node: PlanNode }
  | {
      readonly kind: 'Condition';
      readonly variable: string;
      readonly then: PlanNode | undefined;
      readonly otherwise: PlanNode | undefined;
    }
  | {
      readonly kind: 'Fetch';
      readonly service: string;
      readonly operation: string;
      readonly variables: readonly string[];
      /** Undefined for a fetch of root fields. */
      readonly requires: readonly SelectionNode[] | undefined;
    };

interface Given {
  readonly kind: string;
  readonly nodes?: readonly Given[];
  readonly node?: Given;
  readonly path?: readonly string[];
  readonly ifClause?: Given;
  readonly elseClause?: Given;
  readonly serviceName?: string;
  readonly operation?: string;
}

const operationIn = (text: string): OperationDefinitionNode => {
  const found = parse(text).definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!found) throw new Error(`No operation: ${text}`);
  return found;
};

/** The text names fetches and conditions in the order in which the JSON nests them. */
const readText = (text: string) => {
  const [, ...fetches] = text.split(/^ *Fetch\(service: "[^"]*"[^)]*\) \{$/m);
  const required = fetches.map((body) => body.match(/^(\s*\{[\s\S]*?\}) =>$/m)?.[1]);
  const conditions = [...text.matchAll(/^ *(?:Include|Skip|Condition)\(if: \$(\w+)\) \{$/gm)].map(
    ([, name = '']) => name,
  );
  return { required, conditions };
};

export const readPlan = ({ node, __serialized }: { node?: object; __serialized: string }): PlanNode | undefined => {
  const { required, conditions } = readText(__serialized);
  const read = (given: Given): PlanNode => {
    const { kind } = given;
    if (kind === 'Sequence' || kind === 'Parallel') return { kind, nodes: (given.nodes ?? []).map(read) };
    if (kind === 'Flatten' && given.node) return { kind, path: given.path ?? [], node: read(given.node) };
    if (kind === 'Condition') {
      const variable = conditions.shift() ?? '';
      const [then, otherwise] = [given.ifClause, given.elseClause].map((one) => one && read(one));
      return { kind, variable, then, otherwise };
    }
    if (kind !== 'Fetch' || !given.operation) throw new Error(`The planner has a node of a new kind: ${kind}`);
    const { variableDefinitions = [] } = operationIn(given.operation);
    const selection = required.shift();
    return {
      kind,
      service: given.serviceName ?? '',
      operation: given.operation,
      variables: variableDefinitions
        .map(({ variable }) => variable.name.value)
        .filter((name) => name !== 'representations'),
      requires: selection === undefined ? undefined : operationIn(selection).selectionSet.selections,
    };
  };
  return node && read(node as Given);
};
