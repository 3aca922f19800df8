/** Why an exchange failed: a closed set of reasons, which hold nothing that came over the wire. */

/** How far an exchange has come. */
export type Stage = 'START' | 'NAME' | 'CONNECT' | 'PROXY' | 'TLS' | 'REQUEST' | 'REPLY';

export type Reason =
  /** Not begun: the deadline had passed, the client was gone, the upstream was closed, the lease had expired. */
  | 'NOT_BEGUN'
  | 'CLIENT_GONE'
  | 'CLOSED'
  | 'SEND_TOO_LATE'
  | 'REQUEST_INVALID'
  | 'NAME_NOT_FOUND'
  | 'NAME_TIMED_OUT'
  | 'NAME_FAILED'
  | 'CONNECT_REFUSED'
  | 'CONNECT_TIMED_OUT'
  | 'CONNECT_FAILED'
  /** The forward proxy answered CONNECT without a 2xx. */
  | 'PROXY_REFUSED'
  | 'PROXY_TIMED_OUT'
  | 'PROXY_FAILED'
  | 'TLS_UNTRUSTED'
  | 'TLS_EXPIRED'
  | 'TLS_HOST_MISMATCH'
  | 'TLS_TIMED_OUT'
  /** The other side does not speak TLS, or shares no version and cipher with us. */
  | 'TLS_PROTOCOL'
  /** The connection ended, or bytes arrived, before the request was written. */
  | 'CLOSED_BEFORE_REQUEST'
  | 'BYTES_BEFORE_REQUEST'
  | 'CLOSED_BEFORE_REPLY'
  | 'REPLY_TIMED_OUT'
  | 'REPLY_INCOMPLETE'
  | 'REPLY_TOO_LARGE'
  | 'REPLY_GARBLED'
  /** Bytes follow the reply, so it is not known which of them answer this request. */
  | 'REPLY_SURPLUS';

/** The reason when the deadline passes at a stage. */
export const timedOut: Readonly<Record<Stage, Reason>> = {
  START: 'NOT_BEGUN',
  NAME: 'NAME_TIMED_OUT',
  CONNECT: 'CONNECT_TIMED_OUT',
  PROXY: 'PROXY_TIMED_OUT',
  TLS: 'TLS_TIMED_OUT',
  REQUEST: 'NOT_BEGUN',
  REPLY: 'REPLY_TIMED_OUT',
};

const names: Readonly<Record<string, Reason>> = {
  ENOTFOUND: 'NAME_NOT_FOUND',
  ENODATA: 'NAME_NOT_FOUND',
  EBADNAME: 'NAME_NOT_FOUND',
  ETIMEOUT: 'NAME_TIMED_OUT',
  ECANCELLED: 'NAME_TIMED_OUT',
  EAI_AGAIN: 'NAME_TIMED_OUT',
};

const connections: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: 'CONNECT_REFUSED',
  ETIMEDOUT: 'CONNECT_TIMED_OUT',
};

const certificates: Readonly<Record<string, Reason>> = {
  CERT_HAS_EXPIRED: 'TLS_EXPIRED',
  CERT_NOT_YET_VALID: 'TLS_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_HOST_MISMATCH',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'TLS_HOST_MISMATCH',
  HOSTNAME_MISMATCH: 'TLS_HOST_MISMATCH',
};

/** OpenSSL's codes for certificates, such as SELF_SIGNED_CERT_IN_CHAIN, have no prefix; ECONNRESET and ERR_SSL_… do. */
const ofTls = (code: string | undefined): Reason => {
  const reason = certificates[code ?? ''];
  if (reason) return reason;
  return code === undefined || /^(?:ERR_|E[A-Z]+$)/.test(code) ? 'TLS_PROTOCOL' : 'TLS_UNTRUSTED';
};

/** Why a connection could not be made. */
export const reasonOf = (stage: Stage, code: string | undefined): Reason => {
  switch (stage) {
    case 'NAME':
      return names[code ?? ''] ?? 'NAME_FAILED';
    case 'CONNECT':
      return connections[code ?? ''] ?? 'CONNECT_FAILED';
    case 'PROXY':
      return 'PROXY_FAILED';
    case 'TLS':
      return ofTls(code);
    case 'REPLY':
      return 'CLOSED_BEFORE_REPLY';
    default:
      return 'CLOSED_BEFORE_REQUEST';
  }
};

/** The code of an error of the system, OpenSSL, PostgreSQL or our own; undefined for a code of another form. */
export const codeOf = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z][0-9A-Z_]{1,63}$/.test(code) ? code : undefined;
};
