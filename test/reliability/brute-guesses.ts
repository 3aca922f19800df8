/** The ways to guess query codes and payer ids, many in one request where GraphQL allows it. */
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';

/** A client with one connection of its own. */
export const connect = (url: string, headers: Readonly<Record<string, string>>) => {
  const dispatcher = new Agent({ connections: 1, keepAliveTimeout: 15_000 });
  return async (body: unknown) => {
    const all = { 'content-type': 'application/json', ...headers };
    const options = { method: 'POST', headers: all, body: JSON.stringify(body), dispatcher } as const;
    const reply = await request(`${url}/graphql`, options);
    return { status: reply.statusCode, text: await reply.body.text() };
  };
};

export interface Attempt {
  /** How many guesses it holds. */
  readonly guesses: number;
  readonly body: unknown;
}

/** What an attacker guesses; `known` is a right one, to show that it would not help either. */
export interface Target {
  readonly field: 'authResult' | 'payerIdentity';
  readonly guess: () => string;
  readonly known: string;
}

/** Just below the limit of tokens, so that another limit refuses the document. */
const ALIASES = 80;
const BATCH = 500;
const REPRESENTATIONS = 199;
/** As many as limits.sensitiveFields lets through. */
const PAGE = 10;

export const queryCodes = (known: string): Target => ({
  field: 'authResult',
  guess: () => randomBytes(32).toString('base64url'),
  known,
});
export const payerIds = (known: string): Target => ({
  field: 'payerIdentity',
  guess: () => `pid_${randomBytes(16).toString('base64url')}`,
  known,
});

const call = ({ field }: Target, code: string) =>
  field === 'authResult'
    ? `authResult(queryCode: "${code}") { __typename }`
    : `payerIdentity(id: "${code}") { openId }`;

/** Guesses, the last of which is right. */
const mixed = ({ guess, known }: Target, count: number) =>
  Array.from({ length: count }, (_, index) => (index === count - 1 ? known : guess()));

const aliased = (target: Target) => mixed(target, ALIASES).map((code, index) => `a${index}: ${call(target, code)}`);

export const vectors = {
  alias: (target: Target): Attempt => ({ guesses: ALIASES, body: { query: `{ ${aliased(target).join(' ')} }` } }),
  fragment(target: Target): Attempt {
    const fields = aliased(target);
    const halves = [fields.slice(0, ALIASES / 2), fields.slice(ALIASES / 2)].map((half) => half.join(' '));
    const query = `{ ...A ... on Query { ${halves[0]} } } fragment A on Query { ${halves[1]} }`;
    return { guesses: ALIASES, body: { query } };
  },
  batch: (target: Target): Attempt => ({
    guesses: BATCH,
    body: mixed(target, BATCH).map((code) => ({ query: `{ ${call(target, code)} }` })),
  }),
  /** The only way that may reach resolvers with many guesses, so none of them is right. */
  entities: (): Attempt => ({
    guesses: REPRESENTATIONS,
    body: {
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on PayerIdentity { openId } } }',
      variables: {
        r: Array.from({ length: REPRESENTATIONS }, () => ({ __typename: 'PayerIdentity', id: payerIds('').guess() })),
      },
    },
  }),
  /** Reaches resolvers, half of it by a fragment: each guess is charged by itself. */
  page(): Attempt {
    const { guess } = queryCodes('');
    const fields = Array.from({ length: PAGE }, (_, i) => `a${i}: authResult(queryCode: "${guess()}") { __typename }`);
    const [front, back] = [fields.slice(0, PAGE / 2), fields.slice(PAGE / 2)].map((half) => half.join(' '));
    return { guesses: PAGE, body: { query: `{ ${front} ...F } fragment F on Query { ${back} }` } };
  },
  plain: (target: Target): Attempt => ({ guesses: 1, body: { query: `{ ${call(target, target.guess())} }` } }),
} as const;
export type Vector = keyof typeof vectors;
export const vectorNames = Object.keys(vectors) as Vector[];

/** Whether an answer reveals anything of a payer. */
export const tellsOfAPayer = (answer: string): boolean =>
  /"PayerAuth(?:Waiting|Succeeded|Failed)"|"openId":|"PayerIdentity"/.test(answer);
