/** Sources for tests: opened by the code of the service, called as it calls them. */
import { openSource as open, type SourceEnvironment } from '../../../src/channels/open-source.ts';
import type {
  CallOrigin,
  CertifyRequest,
  JobworthRequest,
  SourceCall,
  SourceDefinition,
} from '../../../src/channels/source.ts';

/** Opens one source, unguarded unless `changes` name a guard. */
export const openSource = (
  definition: SourceDefinition,
  options: Readonly<Record<string, unknown>>,
  changes: Partial<SourceEnvironment> = {},
) => {
  const environment = { observe: (_, send) => send, now: Date.now, ...changes } satisfies SourceEnvironment;
  const { source, close } = open('test', definition, options, environment);
  return { source, disconnect: close };
};

/** What every call of a test that does not say otherwise counts for. */
export const origin: CallOrigin = { channelId: 'ali_pay', traffic: 'trusted' };

/** Requests of the capabilities, for tests in which it does not matter what they hold. */
export const anyCertification: CertifyRequest = {
  orderNo: '1',
  method: 'FACE',
  document: { type: 'a', holderName: 'b', number: 'c' },
};
export const anyJobQuery: JobworthRequest = {
  agreementId: 'a',
  onceToken: 'b',
  match: 'EXACT',
  jobIdentityType: 'c',
  serviceId: 'd',
  subject: {},
};

/** A call with five seconds for its reply. */
export const soon = (ms = 5_000): SourceCall => ({ deadline: AbortSignal.timeout(ms), origin });
