/** What `npm run mutation` changes, and the tests that have to notice: those that are quick enough for every mutant. */
interface MutationGroup {
  readonly mutate: readonly string[];
  readonly testFiles: readonly string[];
}

export const groups: Readonly<Record<string, MutationGroup>> = {
  signing: {
    mutate: ['src/channels/{daxpay,jucai}/sign.ts', 'src/channels/wechat/payment-code.ts', 'src/lib/digest.ts'],
    testFiles: [
      'test/channels/daxpay/sign.test.ts',
      'test/channels/jucai/jucai.test.ts',
      'test/channels/wechat/{wechat,payment-code}.test.ts',
    ],
  },
  alipay: {
    mutate: [
      'src/channels/alipay/{certificates,keys,key-material,reply-text,trace-id,v1,v3}.ts',
      'src/lib/citizen-id.ts',
    ],
    testFiles: ['test/channels/alipay/{keys,sign,vectors,oracle,replies}.test.ts', 'test/lib/citizen-id.test.ts'],
  },
  router: {
    mutate: [
      'src/security/{router-check,router-signature,router-signature-keys,router-hive-hmac,structured-fields,content-digest}.ts',
    ],
    testFiles: [
      'test/security/{router-check,router-signature,router-hive-hmac,structured-fields,signature-vectors,signature-abuse}.test.ts',
    ],
  },
  callers: {
    mutate: [
      'src/security/{app-signature,caller,caller-claims,caller-token,caller-token-config,callers,issuer-fetch,issuer-key-cache,issuer-key-set,issuer-keys,remembered-callers}.ts',
      'src/identity/{signed-calls,permission}.ts',
    ],
    testFiles: [
      'test/security/{app-signature,app-signature-daxpay,caller-token,caller-token-bounds,caller-token-config,callers,remembered-callers}.test.ts',
      'test/security/{issuer-fetch,issuer-key-cache,issuer-key-set,issuer-keys,issuer-keys-budget}.test.ts',
      'test/identity/{permission,signed-calls}.test.ts',
    ],
  },
  scanner: { mutate: ['src/lib/strict-json.ts'], testFiles: ['test/lib/strict-json.test.ts'] },
  claim: {
    mutate: ['src/store/{claims,claim-session,clock,query-codes,session-steps,sessions,nonces,webhook-events}.ts'],
    testFiles: ['test/store/{claims,sqlite}.test.ts'],
  },
  redeem: {
    mutate: [
      'src/identity/{redeem-once,redeem-claimed,redeem-with-retry,await-outcome,release-claim,settle-outcome,classify}.ts',
    ],
    testFiles: ['test/identity/{redeem-once,redeem-steps,client-gone,fence}.test.ts'],
  },
  keys: { mutate: ['src/store/key-check.ts'], testFiles: ['test/store/key-check.test.ts'] },
  sealing: {
    mutate: ['src/security/{vault,vault-keys,vault-key-ring}.ts'],
    testFiles: ['test/security/{vault,vault-keys}.test.ts'],
  },
  limits: {
    mutate: ['src/graphql/{long-text,operation-limits,operation-size,reference-budget}.ts'],
    testFiles: ['test/graphql/{operation-limits,operation-limits-parts}.test.ts'],
  },
  admission: {
    mutate: ['src/graphql/field-admission.ts'],
    testFiles: ['test/graphql/{operation-limits-parts,admission}.test.ts'],
  },
  wire: {
    mutate: [
      'src/lib/{address,connection,exchange,exchange-error,exchange-state,lookup-cache,one-use,reasons,reply-collector,resolver,resolver-files,resolver-query,slots,tunnel}.ts',
    ],
    testFiles: [
      'test/lib/{address,connection,exchange,exchange-end,exchange-state,exchange-tls,one-reply,one-use,reasons}.test.ts',
      'test/lib/{reply-framing,resolver,resolver-defaults,resolver-files,resolver-query,tunnel}.test.ts',
      'test/channels/{addresses,egress}.test.ts',
    ],
  },
  rates: {
    mutate: [
      'src/identity/{admission,bulkheads,rates}.ts',
      'src/lib/{bulkhead,network,token-bucket}.ts',
      'src/channels/guard/{guard,breaker,fault}.ts',
      'src/channels/open-source.ts',
    ],
    testFiles: [
      'test/identity/admission.test.ts',
      'test/lib/token-bucket.test.ts',
      'test/channels/guard/guard.test.ts',
      'test/channels/open-source.test.ts',
    ],
  },
  probes: {
    mutate: ['src/http/{probes,connections}.ts'],
    testFiles: ['test/http/{probes,connections}.test.ts'],
  },
};
