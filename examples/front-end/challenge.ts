/** A code challenge (RFC 7636, S256): only the browser that started the session can pass an auth code to it. */
const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** Give `codeChallenge` to startAuthentication; `codeVerifier` stays in this browser until authenticateAndSet. */
export const newChallenge = async () => {
  const codeVerifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
  return { codeVerifier, codeChallenge: base64url(new Uint8Array(digest)) };
};
