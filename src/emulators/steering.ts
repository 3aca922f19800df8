/**
 * What a test steers the sandbox with: GraphQL at /sandbox/graphql, beside the service's own and no part of its
 * contract. Production has no such address.
 */
import { buildSchema, GraphQLError, graphql } from 'graphql';
import type { EdgeReply, EdgeRequest } from '../http/edge.ts';
import { fieldsOf } from './emulator.ts';
import { type Authorization, type Certification, type Payer, type PayerSession, SteeringError } from './payer.ts';
import { issueTestCode, type TestCodeKind, testCodeKinds } from './test-codes.ts';
import { testValues } from './test-values.ts';

const kindName = (kind: string): string => (/^\d/.test(kind) ? `HTTP_${kind}` : kind.toUpperCase());
const kindsByName = new Map(
  Object.entries(testCodeKinds).map(([kind, does]) => [kindName(kind), { kind, does }] as const),
);

/** The arguments of a session that was started with startAuthentication. */
const session = `"The authorizeUrl of startAuthentication, or what its QR code says."
    authorizeUrl: String!
    "The app that the session was started for. Omitted: the default app."
    appId: ID
    "Omitted: the channel of the page. With the address of the door: the channel whose wallet the payer uses."
    channelId: ID
    "How long the payer waits first: 0 to 60."
    afterSeconds: Float = 0`;

const outcome = `"How the redemption of the auth code ends."
    outcome: AuthCodeOutcome = OK
    "How late the channel answers it: 0 to 60. The service waits 5 seconds by default, and then the outcome is unknown."
    delaySeconds: Int = 0`;

export const steeringTypeDefs = `
type Query {
  "Every test value, and what each channel answers to it: docs/test-values.md as data."
  testValues: [TestValue!]!
}

type TestValue {
  value: String!
  "What takes the value: an auth code, the holderName of a certification, a choice on its page, or a once token."
  of: String!
  does: String!
  outcomes: [TestValueOutcome!]!
}

type TestValueOutcome {
  appId: ID!
  channelId: ID!
  "The code of the failure, or the type of the success."
  outcome: String!
}

"The fields of one operation run one after the other: the payer opens, waits, and authorizes."
type Mutation {
  "The payer opens the channel's page. The session shows the step OPENED."
  payerOpens(
    ${session}
  ): Visit!

  "The payer declines on the channel's page, and the payer page reports it. The session shows the step DECLINED."
  payerDeclines(
    ${session}
  ): Visit!

  "The payer authorizes on the channel's page, and the payer page redeems the auth code."
  payerAuthorizes(
    ${session}
    "Who the payer is: alice, bob, carol, or another name of A-Z a-z 0-9 _ -"
    payer: String = "alice"
    ${outcome}
    "False: the auth code is not redeemed. Open returnedTo in a browser, and your payer page does it."
    redeems: Boolean = true
    "The verifier of the session's codeChallenge, which your payer page would hold."
    codeVerifier: String
  ): Visit!

  "The payer passes or fails the certification on the channel's page, or chooses a fault there."
  payerCertifies(
    "The url of startIdentityCertification."
    url: String!
    "Not for a fault, with which the payer passes."
    passes: Boolean = true
    "How the channel answers when it is asked for the result, until the payer chooses again."
    outcome: AuthCodeOutcome = OK
    "How late it answers: 0 to 60."
    delaySeconds: Int = 0
    "How long the payer waits first: 0 to 60."
    afterSeconds: Float = 0
  ): Visit!

  "A new auth code, as a mini program, an app or a payment code gives it to the merchant."
  newAuthCode(
    payer: String = "alice"
    ${outcome}
  ): String!
}

"What came of it."
type Visit {
  "Where the channel sent the payer's browser. Null while the payer is still at the channel."
  returnedTo: String
  "The type of the service's answer to what the payer page does. Null where the page has nothing to do."
  answer: String
  "The code of that answer, when it is a failure."
  code: String
  "Why it failed, for developers: the fields of an invalid input, or the message."
  reason: String
}

enum AuthCodeOutcome {
${[...kindsByName].map(([name, { does }]) => `  "${does}"\n  ${name}`).join('\n')}
}
`;

const schema = buildSchema(steeringTypeDefs);

interface CodeArguments {
  readonly payer?: string | null;
  readonly outcome?: string | null;
  readonly delaySeconds?: number | null;
}

const isKind = (kind: string): kind is TestCodeKind => Object.hasOwn(testCodeKinds, kind);

const outcomeOf = ({ outcome: name, delaySeconds }: CodeArguments) => {
  const seconds = delaySeconds ?? 0;
  if (!(seconds >= 0 && seconds <= 60)) throw new SteeringError('delaySeconds is a whole number from 0 to 60');
  const kind = kindsByName.get(name ?? 'OK')?.kind ?? 'ok';
  return { kind: isKind(kind) ? kind : undefined, delaySeconds: seconds };
};

/** Errors of the caller keep their message; the others are ours. */
const readable = async <T>(act: () => Promise<T> | T): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SteeringError) throw new GraphQLError(error.message);
    throw error;
  }
};

const resolversOf = (payer: Payer) => ({
  testValues,
  payerOpens: (session: PayerSession) => readable(() => payer.opens(session)),
  payerDeclines: (session: PayerSession) => readable(() => payer.declines(session)),
  payerAuthorizes: (given: Authorization & CodeArguments) =>
    readable(() => payer.authorizes({ ...given, ...outcomeOf(given) })),
  payerCertifies: (given: Certification & CodeArguments) =>
    readable(() => payer.certifies({ ...given, ...outcomeOf(given) })),
  newAuthCode: (given: CodeArguments) => readable(() => issueTestCode(given.payer ?? 'alice', outcomeOf(given))),
});

const MAX_BODY_BYTES = 65_536;

const reply = (status: number, value: unknown): EdgeReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});
const refuse = (status: number, message: string): EdgeReply => reply(status, { errors: [{ message }] });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The handler of /sandbox/graphql. */
export const createSteering = (payer: Payer): ((request: EdgeRequest) => Promise<EdgeReply>) => {
  const rootValue = resolversOf(payer);
  return async (request) => {
    if (request.method !== 'POST') return refuse(405, 'POST {"query": "…"} here; docs/sandbox.md has the operations');
    // A page of another site could send every other content type without a preflight.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return refuse(415, 'The content type is application/json');
    const { query, variables, operationName } = fieldsOf(parse((await request.readBody(MAX_BODY_BYTES)).toString()));
    if (typeof query !== 'string') return refuse(400, 'The body is {"query": "…", "variables": {…}}');
    const name = typeof operationName === 'string' ? operationName : null;
    const result = await graphql({
      schema,
      source: query,
      rootValue,
      variableValues: fieldsOf(variables),
      operationName: name,
    });
    return reply(200, result);
  };
};
