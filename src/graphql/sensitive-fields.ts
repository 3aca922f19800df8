/** The root fields that redeem a code, write, or reveal a secret, and the rules by which each is admitted. */
import type { AdmissionRules } from '../identity/admission.ts';

const certification = { scope: 'payer:certify', needs: 'certifier', pool: 'app' } as const;

/** Charged and bounded as one: who guesses query codes may not choose the cheaper of two. */
const poll = { scope: 'payer:read', pool: 'polls' } as const;

const sensitiveFields = {
  authenticate: { scope: 'payer:authenticate', signable: true, pool: 'app' },
  authenticateAndSet: { pool: 'app' },
  startAuthentication: { pool: 'app', anyChannel: true },
  reportAuthenticationStep: { pool: 'app' },
  cancelAuthentication: poll,
  authResult: poll,
  initializeIdentityCertification: certification,
  startIdentityCertification: certification,
  identityCertification: certification,
  jobworthAuthentication: { scope: 'payer:jobworth', needs: 'jobworth', pool: 'app' },
} as const satisfies Readonly<Record<string, AdmissionRules>>;

const rulesByField: ReadonlyMap<string, AdmissionRules> = new Map(Object.entries(sensitiveFields));

/** Undefined for a root field that is not sensitive. */
export const rulesOf = (field: string): AdmissionRules | undefined => rulesByField.get(field);

/** Fields that use up a one-time code or token. */
const redeeming: ReadonlySet<string> = new Set([
  'authenticate',
  'authenticateAndSet',
  'jobworthAuthentication',
] satisfies (keyof typeof sensitiveFields)[]);

export const redeems = (field: string): boolean => redeeming.has(field);

export const isSensitive = (field: string): boolean => rulesByField.has(field);
