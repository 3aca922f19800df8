/** alipay.system.oauth.token: https://opendocs.alipay.com/open/02xtla. Its parameters are not in a biz_content. */
import { createHash } from 'node:crypto';
import { beijing } from '../emulator.ts';
import { idsOf, type TestCode } from '../test-codes.ts';
import type { Answer } from './answer.ts';
import type { AlipayApp } from './app.ts';
import type { Params } from './parameters.ts';

const digits = (text: string) => BigInt(`0x${createHash('sha256').update(text).digest('hex')}`).toString();

const invalid = (sub_code: string, sub_msg: string): Answer => ({
  node: { code: '40002', msg: 'Invalid Arguments', sub_code, sub_msg },
  isError: true,
});

/** `spend` reads the code and uses it up. */
export const oauthToken = (
  spend: (code: string) => TestCode,
  params: Params,
  { idKind, unionId }: AlipayApp,
  now: number,
): Answer => {
  if (params.get('grant_type') !== 'authorization_code')
    return invalid('isv.grant-type-invalid', 'grant_type参数不正确');
  const { kind, payer } = spend(params.get('code') ?? '');
  if (kind === 'invalid' || kind === 'used' || kind === 'expired') return invalid('isv.code-invalid', '授权码code无效');
  const ids = idsOf(payer);
  const node = {
    access_token: ids.accessToken,
    // Deprecated; 32 digits that begin like a user_id and are another id.
    alipay_user_id: idKind === 'openId' ? undefined : `2088${digits(`alipay ${payer}`).slice(0, 28)}`,
    auth_start: beijing(now),
    expires_in: 1_296_000,
    re_expires_in: 2_592_000,
    // Real ones hold no slash. This one does, so that a success too has a \/ in it.
    refresh_token: `authusrB/${digits(`refresh ${payer}`).slice(0, 32)}`,
    ...(idKind === 'openId' ? { open_id: ids.openId } : { user_id: ids.userId }),
    union_id: unionId ? createHash('sha256').update(`union ${payer}`).digest('base64url') : undefined,
  };
  const forged = idKind === 'openId' ? { open_id: idsOf('forger').openId } : { user_id: '2088000000000000' };
  return { node, kind, forged };
};
