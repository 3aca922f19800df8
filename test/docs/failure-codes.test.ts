/** docs/failure-codes.md and its data, compared with the contract and the code. */
import { type GraphQLEnumType, isEnumType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import codes from '../../examples/failure-codes.json' with { type: 'json' };
import { type FailureCode, failureMember, isFailureCode, retryAfterSeconds } from '../../src/failure-codes.ts';
import { severityOf } from '../../src/graphql/call-severity.ts';
import { resolvers } from '../../src/graphql/resolvers/resolvers.ts';
import { buildSchema, readTypeDefs } from '../../src/graphql/schema.ts';
import { comparePart } from '../support/markdown.ts';

const schema = buildSchema(resolvers, readTypeDefs());
const failureCodes = schema.getType('PayerFailureCode');
const inContract: GraphQLEnumType['getValues'] = () => (isEnumType(failureCodes) ? failureCodes.getValues() : []);
const texts = new Map(Object.entries(codes));

/** What the member of a failure asks a program to do. */
const nextOf = (code: FailureCode): readonly string[] => {
  if (retryAfterSeconds(code) !== undefined) return ['REPEAT'];
  switch (failureMember(code)) {
    case 'PayerAuthorizationRejected':
    case 'PayerOutcomeUnknown':
      return ['AUTHORIZE'];
    case 'PayerSessionEnded':
    case 'PayerAuthNotFound':
      return ['RESTART'];
    case 'PayerChannelMisconfigured':
      return ['OPERATOR'];
    case 'PayerInvalidInput':
    case 'PayerNotAllowed':
      return ['CORRECT'];
    default:
      return ['AUTHORIZE', 'CORRECT', 'END', 'RESTART'];
  }
};

/** A description as one line of a table. */
const line = (text: string | null | undefined): string =>
  (text ?? '').replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');

const failurePage = (): string => {
  const members = [...new Set(inContract().map(({ name }) => (isFailureCode(name) ? failureMember(name) : '')))];
  return members
    .map((member) => {
      const type = schema.getType(member);
      const rows = inContract().flatMap(({ name, description }) => {
        const text = texts.get(name);
        if (!text || !isFailureCode(name) || failureMember(name) !== member) return [];
        const { next, payer } = text;
        const cells = [`\`${name}\``, line(description), `\`${next}\` ${line(text.do)}`, `${payer.en}<br>${payer.zh}`];
        return [`| ${[...cells, severityOf({ code: name })].join(' | ')} |\n`];
      });
      const head =
        '| code | meaning | your program | what to show the payer | log |\n| --- | --- | --- | --- | --- |\n';
      return `## ${member}\n\n${isObjectType(type) ? line(type.description) : ''}\n\n${head}${rows.join('')}\n`;
    })
    .join('');
};

test('examples/failure-codes.json has every code of the contract, and no other', () => {
  expect([...texts.keys()].toSorted()).toEqual(
    inContract()
      .map(({ name }) => name)
      .toSorted(),
  );
});

test.each([...texts])(
  '%s says what to do, as its member does, and what to show the payer in two languages',
  (code, text) => {
    expect(isFailureCode(code) ? nextOf(code) : []).toContain(text.next);
    expect(text.do).toMatch(/^[A-Z].{20,}\.$/);
    // A payer reads neither our words nor those of the protocol, and on a phone.
    expect(text.payer.en).toMatch(/^[A-Z][^_{}]{8,80}(?:\.| …)$/);
    expect(text.payer.en).not.toMatch(/\b(?:code|token|session|channel|merchant|retry|traceId|caller|operator)\b/i);
    expect(text.payer.zh).toMatch(/^[\p{Script=Han}，“”、]{4,40}(?:。|……)$/u);
  },
);

test('docs/failure-codes.md is made from the contract and examples/failure-codes.json', () => {
  const { is, shouldBe } = comparePart('failure-codes.md', failurePage());
  expect(is).toBe(shouldBe);
});
