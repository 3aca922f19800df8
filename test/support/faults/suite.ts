/** Runs everything that can go wrong against a service, with a canary for every kind of secret. */
import { testCodeKinds } from '../../../src/emulators/test-codes.ts';
import { forAll } from '../http/http-client.ts';
import { callEchoes, callEveryOperation, type FaultHost, openFaultCalls } from './calls.ts';
import { breakStore, disconnect, runWithoutFaults, sendBadRequests, sendWrongTypes, signCalls } from './faults.ts';

/** Every fault in turn. The answer has the canaries, what clients were answered, and what upstreams received. */
export const runFaults = async (host: FaultHost) => {
  const calls = openFaultCalls(host);
  await runWithoutFaults(calls);
  await signCalls(calls);
  await forAll(Object.keys(testCodeKinds), async (kind) => void (await callEveryOperation(calls, kind)), 5);
  await Promise.all([callEchoes(calls), sendWrongTypes(calls), sendBadRequests(calls), disconnect(calls)]);
  await breakStore(calls);
  const received = host.requests();
  await host.closeUpstreams();
  await callEveryOperation(calls, 'ok');
  await calls.close();
  return { canaries: { ...calls.secret, ...calls.issued }, answers: calls.answers, received };
};
