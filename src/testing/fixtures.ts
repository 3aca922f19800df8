/** The payers of the double: what a test gives, checked. */
import { z } from 'zod';

/** A payer; every field but these three may be absent, and is null then. */
export interface IdentityFixture {
  /** PayerIdentity.id. */
  readonly id: string;
  /** wechat_pay by default. */
  readonly channelId?: string;
  /** demo by default. */
  readonly appId?: string;
  readonly openId?: string;
  readonly userId?: string;
  readonly unionId?: string;
  readonly subAppId?: string;
  readonly subOpenId?: string;
  /** RFC 3339, such as 2026-11-22T16:37:00.000Z. */
  readonly firstAuthenticatedAt?: string;
  readonly lastAuthenticatedAt?: string;
  readonly certification?: {
    readonly certifyId: string;
    readonly status: 'STARTED' | 'NOT_PASSED' | 'PASSED';
    readonly startedAt: string;
    readonly checkedAt?: string;
  };
}

const text = z.string().min(1).max(128);
const instant = z.iso.datetime({ offset: true });
const fixture = z.strictObject({
  id: text,
  channelId: text.default('wechat_pay'),
  appId: text.default('demo'),
  openId: text.optional(),
  userId: text.optional(),
  unionId: text.optional(),
  subAppId: text.optional(),
  subOpenId: text.optional(),
  firstAuthenticatedAt: instant.optional(),
  lastAuthenticatedAt: instant.optional(),
  certification: z
    .strictObject({
      certifyId: text,
      status: z.enum(['STARTED', 'NOT_PASSED', 'PASSED']),
      startedAt: instant,
      checkedAt: instant.optional(),
    })
    .optional(),
});
export type Identity = z.output<typeof fixture>;

/** Throws with a message that names the field. */
export const readFixture = (given: IdentityFixture): Identity => {
  const { data, error } = fixture.safeParse(given);
  if (data) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the payer'}: ${message}`);
  throw new Error(`A payer of startPayerIdentityDouble is not valid: ${faults.join('; ')}`);
};
