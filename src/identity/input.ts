/** The limits of the published pages, checked once, before anything is claimed or sent. */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';

const text = (max: number) => z.string().min(1, 'at least 1 character').max(max, `at most ${max} characters`);
/** GraphQL's null, its absence and the empty string all mean: not given. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => value ?? undefined, schema.optional());

const common = {
  channel: text(32),
  authCode: text(200),
  appId: optional(text(32)),
  clientIp: optional(z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address')),
  queryCode: optional(
    z.string().regex(/^[\w.~-]{16,128}$/, '16 to 128 characters of A-Z a-z 0-9 _ - . ~ that nobody can guess'),
  ),
  merchantOrderNo: optional(z.string().regex(/^\w{5,30}$/, '5 to 30 characters of A-Z a-z 0-9 _')),
  subAppId: optional(text(32)),
  termId: optional(text(32)),
};

export const authenticateAndSetInput = z.object(common);
export const authenticateInput = z.object({
  ...common,
  nonceStr: optional(text(32)),
  reqTime: optional(z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'yyyy-MM-dd HH:mm:ss in UTC+8')),
  sign: optional(text(64)),
});
export type AuthenticationInput = z.output<typeof authenticateAndSetInput>;

/** Parses an input; throws INPUT_INVALID with every field at fault and none of the values. */
export const parseInput = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new PayerIdentityError('INPUT_INVALID', { fields });
};
