/** RFC 7636 between startAuthentication and authenticateAndSet: only who has the verifier writes a code by the state. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { challengeOf } from '../../src/identity/code-challenge.ts';
import { startPostgres, type TestPostgres } from '../support/databases/postgres.ts';
import { readBlocks } from '../support/markdown.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr }
  ... on PayerFailure { code } ... on PayerInvalidInput { fields { path } } } }`;

/** https://www.rfc-editor.org/rfc/rfc7636#appendix-B */
const vector = {
  codeVerifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
};

describe.each(['SQLite', 'PostgreSQL'])('with results in %s', (engine) => {
  let service: SandboxService;
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = engine === 'PostgreSQL' ? await startPostgres() : undefined;
    const database = await postgres?.createDatabase();
    service = await startSandboxService((config) => ({
      ...config,
      ...(database && { store: database.url }),
      apps: config.apps.map((app) => (app.id === 'demo-jucai' ? { ...app, codeChallenge: 'required' } : app)),
    }));
  }, 60_000);
  afterAll(async () => {
    await service?.close();
    await postgres?.close();
  });

  const start = async (input: Record<string, unknown> = {}) => {
    const { channelId = 'union_pay' } = input;
    const variables = { input: { channelId, returnUrl: service.returnUrl(`${channelId}`), ...input } };
    return (await service.graphql(START, variables)).data.startAuthentication;
  };
  const set = async (input: Record<string, unknown>) =>
    (
      await service.graphql(AUTHENTICATE_AND_SET, {
        input: { channelId: 'union_pay', clientIp: '127.0.0.1', ...input },
      })
    ).data.authenticateAndSet;
  const result = async (queryCode: string) => (await service.graphql(AUTH_RESULT, { queryCode })).data.authResult;
  const requests = () => Object.values(service.emulators).reduce((sum, { ledger }) => sum + ledger.length, 0);

  let codes = 0;
  const newCode = (kind = 'ok') => {
    codes += 1;
    return `test_${kind}_alice~pkce${codes}`;
  };
  const verifierOf = (length: number) => '-._~Az09'.repeat(16).slice(0, length);
  const refused = { __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', fields: [{ path: 'codeVerifier' }] };

  test('the challenge of the RFC’s verifier is the RFC’s challenge', () => {
    expect(challengeOf(vector.codeVerifier)).toBe(vector.codeChallenge);
  });

  test('the page of docs/security.md makes a challenge that a session takes, and its verifier', async () => {
    const block = readBlocks('security.md').find(({ title }) => title.startsWith('the verifier of this browser'));
    const script = `${block?.text} export { codeChallenge, codeVerifier };`;
    const { codeChallenge, codeVerifier } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    const { state } = await start({ codeChallenge });
    expect(await set({ authCode: newCode(), state })).toMatchObject(refused);
    const stored = await set({ authCode: newCode(), state, codeVerifier });
    expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored' });
  });

  test('with the RFC’s challenge a session takes a code with the RFC’s verifier', async () => {
    const { state, queryCode } = await start({ codeChallenge: vector.codeChallenge });
    const stored = await set({ authCode: newCode(), state, codeVerifier: vector.codeVerifier });
    expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  describe('a verifier', () => {
    test.each<[string, string | undefined]>([
      ['wrong', `${vector.codeVerifier.slice(0, -1)}K`],
      ['in another case', vector.codeVerifier.toLowerCase()],
      ['missing', undefined],
      ['longer', `${vector.codeVerifier}k`],
      ['equal to the challenge', vector.codeChallenge],
      ['of another session', verifierOf(64)],
    ])('one that is %s costs no attempt and sends nothing, and the right one is taken afterwards', async (_, wrong) => {
      await start({ codeChallenge: challengeOf(verifierOf(64)) });
      const { state, queryCode } = await start({ codeChallenge: vector.codeChallenge });
      const [before, waiting, authCode] = [requests(), await result(queryCode), newCode()];
      expect(await set({ authCode, state, codeVerifier: wrong })).toMatchObject(refused);
      const { attemptsLeft, lastFailure } = waiting;
      expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft, lastFailure });
      expect(requests()).toBe(before);
      expect(await set({ authCode, state, codeVerifier: vector.codeVerifier })).toMatchObject({
        __typename: 'PayerAuthResultStored',
      });
    });

    test.each<[string, string | undefined]>([
      ['wrong', verifierOf(43)],
      ['missing', undefined],
    ])('P4: one that is %s gets neither the outcome of a repeated code nor that of the session', async (_, wrong) => {
      const { state } = await start({ codeChallenge: vector.codeChallenge });
      const [first, second] = [newCode('invalid'), newCode()];
      const right = (authCode: string) => set({ authCode, state, codeVerifier: vector.codeVerifier });
      const guess = (authCode: string) => set({ authCode, state, codeVerifier: wrong });
      const used = { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_USED' };
      const failed = await right(first);
      expect(failed).toMatchObject({ code: 'AUTH_CODE_INVALID' });
      expect(await guess(first)).toMatchObject(used);
      const stored = await right(second);
      expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored' });
      expect(await guess(second)).toMatchObject(used);
      expect(await guess(newCode())).toMatchObject(refused);
      // The same call again, with the verifier, gets its own outcome.
      expect([await right(first), await right(second)]).toEqual([failed, stored]);
    });

    test('50 wrong verifiers at once leave a session as it is', async () => {
      const { state, queryCode } = await start({ codeChallenge: vector.codeChallenge });
      const before = requests();
      const guesses = Array.from({ length: 50 }, (_, index) =>
        set({ authCode: newCode(), state, codeVerifier: `${verifierOf(43)}${index}` }),
      );
      for (const answer of await Promise.all(guesses)) expect(answer).toMatchObject(refused);
      expect(requests()).toBe(before);
      expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });
    });

    test('one for a session without a challenge is refused, and the session takes the code without it', async () => {
      const { state } = await start();
      const authCode = newCode();
      expect(await set({ authCode, state, codeVerifier: vector.codeVerifier })).toMatchObject(refused);
      expect(await set({ authCode, state })).toMatchObject({ __typename: 'PayerAuthResultStored' });
    });

    test.each([{}, { queryCode: '0123456789abcdef0123' }])('one without a state is refused: %o', async (more) => {
      const before = requests();
      expect(await set({ authCode: newCode(), codeVerifier: vector.codeVerifier, ...more })).toMatchObject(refused);
      expect(requests()).toBe(before);
    });

    test.each([43, 128])('one of %i characters is taken', async (length) => {
      const codeVerifier = verifierOf(length);
      const codeChallenge = createHash('sha256').update(codeVerifier, 'ascii').digest('base64url');
      const { state } = await start({ codeChallenge });
      expect(await set({ authCode: newCode(), state, codeVerifier })).toMatchObject({
        __typename: 'PayerAuthResultStored',
      });
    });

    test.each([
      ['empty', ''],
      ['of 42 characters', verifierOf(42)],
      ['of 129 characters', `${verifierOf(128)}-`],
      ['with a line break at its end', `${verifierOf(43)}\n`],
      ...['+', '/', '=', ' ', '%', 'é', 'Å', '\u0000'].map((one) => [
        `with ${JSON.stringify(one)}`,
        verifierOf(43) + one,
      ]),
    ])('one %s is refused for its form, before its session is looked up', async (_, codeVerifier) => {
      const codeChallenge = challengeOf(codeVerifier ?? '');
      const { state } = await start({ codeChallenge });
      const before = requests();
      expect(await set({ authCode: newCode(), state, codeVerifier })).toMatchObject(refused);
      expect(requests()).toBe(before);
    });

    test('the holder of the query code needs none', async () => {
      const { queryCode } = await start({ codeChallenge: vector.codeChallenge });
      expect(await set({ authCode: newCode(), queryCode })).toMatchObject({ __typename: 'PayerAuthResultStored' });
    });
  });

  describe('a challenge', () => {
    test.each([
      ['empty', ''],
      ['of 42 characters', vector.codeChallenge.slice(1)],
      ['of 44 characters', `${vector.codeChallenge}A`],
      ['with the padding of base64', `${vector.codeChallenge}=`],
      ['in base64', vector.codeChallenge.replaceAll('-', '+')],
      ['that no SHA-256 has', `${vector.codeChallenge.slice(0, -1)}N`],
      ['in hexadecimal', createHash('sha256').update(vector.codeVerifier).digest('hex')],
      ['with a line break', `${vector.codeChallenge}\n`],
    ])('one %s is refused', async (_, codeChallenge) => {
      expect(await start({ codeChallenge })).toMatchObject({
        __typename: 'PayerInvalidInput',
        fields: [{ path: 'codeChallenge' }],
      });
    });

    test('an app that requires challenges starts no session without one', async () => {
      const input = { appId: 'demo-jucai', channelId: 'union_pay' };
      expect(await start(input)).toMatchObject({
        __typename: 'PayerInvalidInput',
        code: 'INPUT_INVALID',
        fields: [{ path: 'codeChallenge' }],
      });
      const { state } = await start({ ...input, codeChallenge: vector.codeChallenge });
      expect(await set({ ...input, authCode: newCode(), state })).toMatchObject(refused);
      expect(await set({ ...input, authCode: newCode(), state, codeVerifier: vector.codeVerifier })).toMatchObject({
        __typename: 'PayerAuthResultStored',
      });
    });

    test('neither the challenge nor the verifier is part of the authorize URL', async () => {
      const { authorizeUrl, authorizeQr } = await start({ codeChallenge: vector.codeChallenge });
      for (const shown of [authorizeUrl, authorizeQr]) expect(shown).not.toContain(vector.codeChallenge);
    });
  });

  test('P8: no verifier, right or wrong, reaches the log, an answer or an upstream', async () => {
    const wrong = verifierOf(128);
    const { state } = await start({ codeChallenge: vector.codeChallenge });
    const answers = [];
    for (const codeVerifier of [wrong, `${wrong}é`, vector.codeVerifier])
      answers.push(await set({ authCode: newCode(), state, codeVerifier }));
    const sent = Object.values(service.emulators).map(({ ledger }) => ledger);
    const seen = JSON.stringify([answers, service.logLines, sent]);
    for (const verifier of [wrong, vector.codeVerifier]) expect(seen).not.toContain(verifier);
  });
});
