/**
 * A full disk, mounted for real: calls fail with a type, nothing is sent that cannot be stored, nothing confirmed is lost,
 * and the service goes on without a restart when there is space again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { generateVaultKeys } from '../../src/security/vault.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { type Bed, beds, diskSizes } from '../support/databases/full-disk.ts';
import { inNamespace, smallDisks } from '../support/databases/small-disk.ts';
import { type DiskService, startDiskService } from '../support/services/disk-service.ts';

const times = {
  deadlineMs: 3_000,
  patienceMs: 1_000,
  leaseMs: 30_000,
  resultTtlMs: 300_000,
  sweepEveryMs: 300,
};
const RECOVERY_MS = 20_000;
const ACKNOWLEDGED = 50;
const REFUSED = 10;
/** As many as files have room for to spare, and more: calls that come at once when the disk is full. */
const AT_ONCE = 30;

interface Acknowledged {
  readonly identity: { readonly id: string; readonly openId: string };
}

const isAuthenticated = ({ __typename }: { __typename?: string } = {}) => __typename === 'PayerAuthenticated';
const isNotBusy = ({ __typename }: { __typename?: string } = {}) =>
  __typename !== undefined && __typename !== 'PayerServiceBusy';
const hasEnded = (answer: { __typename?: string; code?: string } = {}) =>
  isAuthenticated(answer) || answer.code === 'OUTCOME_UNKNOWN';

/** Repeats a call until its answer is as wanted; answers that, and how long it took. */
const until = async <T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean) => {
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    const tookMs = Math.round(performance.now() - startedAt);
    if (isWanted(answer)) return { answer, tookMs };
    if (tookMs > RECOVERY_MS) throw new Error(`Not in ${RECOVERY_MS} ms; the last answer: ${JSON.stringify(answer)}`);
    await delay(100);
  }
};

/** Has so many callers wait for each other, and then for what is done. */
const together = (callers: number, act: () => Promise<void>) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    here += 1;
    if (here === callers) resolve(act());
    return promise;
  };
};

const disks = smallDisks();

test.runIf(disks === 'in a namespace')('the tests of a full disk pass in a mount namespace', { timeout: 240_000 }, () =>
  inNamespace(import.meta.filename, diskSizes),
);

test.runIf(disks === 'none')('SKIPPED: a full disk is not tested, since nothing may be mounted here', ({ skip }) => {
  console.warn('SKIPPED: neither root nor a user namespace (unshare -Urm) may mount a tmpfs on this machine');
  skip();
});

describe.runIf(disks === 'mounted').each(Object.keys(beds))('%s', (name) => {
  let bed: Bed;
  beforeAll(async () => {
    const open = beds[name];
    if (!open) throw new Error(`No bed ${name}`);
    bed = await open();
  }, 60_000);
  afterAll(() => bed?.close(), 30_000);

  let codes = 0;
  const newCode = () => {
    codes += 1;
    return `test_ok_payer-${codes}`;
  };
  const keys = generateVaultKeys();
  const started = async (changes: { readonly operationMs?: number } = {}): Promise<DiskService> => {
    bed.free();
    const { answer: engine } = await until(
      () => bed.open().catch(() => undefined),
      (engine) => engine !== undefined,
    );
    const service = await startDiskService(engine as Engine, keys, { ...times, ...changes });
    onTestFinished(async () => {
      bed.free();
      await service.close();
    });
    return service;
  };

  test('P6: a full disk fails calls before anything is sent, loses nothing, and recovers', {
    timeout: 90_000,
  }, async () => {
    const service = await started();
    const acknowledged = new Map<string, Acknowledged>();
    const authenticate = async (authCode: string) => {
      const answer = await service.authenticate(authCode);
      if (isAuthenticated(answer)) acknowledged.set(authCode, answer);
      return answer;
    };
    await Promise.all(
      Array.from({ length: ACKNOWLEDGED }, newCode).map((authCode) =>
        until(() => authenticate(authCode), isAuthenticated),
      ),
    );
    expect(acknowledged.size).toBe(ACKNOWLEDGED);

    await bed.fill();
    const refused: string[] = [];
    const indeterminate: string[] = [];
    /** Whether there was some space yet. */
    const onFullDisk = async (): Promise<boolean> => {
      const authCode = newCode();
      const answer = await authenticate(authCode);
      if (isAuthenticated(answer)) return true;
      // What is left may do for a claim, and not for a payer.
      expect(['SERVICE_UNAVAILABLE', 'OUTCOME_PENDING']).toContain(answer.code);
      (answer.code === 'SERVICE_UNAVAILABLE' ? refused : indeterminate).push(authCode);
      return false;
    };
    while (refused.length < REFUSED)
      if ((await Promise.all(Array.from({ length: AT_ONCE }, onFullDisk))).includes(true)) await bed.fill();
    expect(refused.map(service.sends)).toEqual(refused.map(() => 0));
    expect(indeterminate.map(service.sends)).toEqual(indeterminate.map(() => 1));
    // A probe takes less than a call does, but it takes something.
    if (bed.whenFull !== 'some calls') await until(service.readiness, (status) => status === 503);
    const [known] = acknowledged.values();
    if (bed.whenFull !== 'nothing')
      expect(await service.openIdOf(known?.identity.id ?? '')).toBe(known?.identity.openId);

    bed.free();
    const { tookMs } = await until(() => authenticate(newCode()), isAuthenticated);
    await until(service.readiness, (status) => status === 200);
    await Promise.all(refused.map((authCode) => until(() => authenticate(authCode), isAuthenticated)));
    // The upstream may have been given up, on a machine that is busy; then that is what was stored.
    await Promise.all(indeterminate.map((authCode) => until(() => authenticate(authCode), hasEnded)));
    await bed.check();
    // A service that is busy says nothing of what is stored.
    const again = await Promise.all(
      [...acknowledged.keys()].map((authCode) => until(() => service.authenticate(authCode), isNotBusy)),
    );
    const lost = [...acknowledged.values()].flatMap((answer, index) =>
      isDeepStrictEqual(again[index]?.answer, answer) ? [] : [{ answer, later: again[index]?.answer }],
    );
    expect(lost).toEqual([]);
    expect([...acknowledged.keys(), ...indeterminate].filter((authCode) => service.sends(authCode) !== 1)).toEqual([]);
    console.log(
      `${name}: ${acknowledged.size} acknowledged, ${lost.length} lost; ${refused.length} refused, 0 of them sent; ` +
        `${indeterminate.length} stored later, 0 sent twice; served ${tookMs} ms after there was space; ${bed.story()}`,
    );
  });

  /** The codes that meet the end at just that step, where all of them wait for it; what the files have to spare goes to others. */
  const meetTheEnd = async (service: DiskService, at: 'claim' | 'settle', wanted: string) => {
    for (;;) {
      const authCodes = Array.from({ length: AT_ONCE }, newCode);
      service.obstacles[at] = together(AT_ONCE, bed.fill);
      const answers = await Promise.all(authCodes.map(service.authenticate));
      service.obstacles[at] = undefined;
      bed.free();
      for (const answer of answers)
        expect(isAuthenticated(answer) ? 'PayerAuthenticated' : answer.code).toMatch(
          /^(PayerAuthenticated|SERVICE_UNAVAILABLE|OUTCOME_PENDING)$/,
        );
      const met = authCodes.filter((_, index) => answers[index].code === wanted);
      if (met.length > 0)
        return { met, typenames: new Set(met.map((authCode) => answers[authCodes.indexOf(authCode)].__typename)) };
    }
  };

  test('P1: a code is not sent when the disk is full as it is marked', { timeout: 60_000 }, async () => {
    const service = await started();
    const { met, typenames } = await meetTheEnd(service, 'claim', 'SERVICE_UNAVAILABLE');
    expect([...typenames]).toEqual(['PayerServiceBusy']);
    expect(met.map(service.sends)).toEqual(met.map(() => 0));
    await Promise.all(met.map((authCode) => until(() => service.authenticate(authCode), isAuthenticated)));
    expect(met.map(service.sends)).toEqual(met.map(() => 1));
    await bed.check();
  });

  test('P5: an outcome on a full disk is pending, stored once there is space, and its code not sent again', {
    timeout: 60_000,
  }, async () => {
    const service = await started({ operationMs: 5_000 });
    const { met, typenames } = await meetTheEnd(service, 'settle', 'OUTCOME_PENDING');
    expect([...typenames]).toEqual(['PayerOutcomePending']);
    await Promise.all(met.map((authCode) => until(() => service.authenticate(authCode), isAuthenticated)));
    expect(met.map(service.sends)).toEqual(met.map(() => 1));
    await until(() => service.authenticate(newCode()), isAuthenticated);
    await bed.check();
  });
});
