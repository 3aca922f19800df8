/** What an integrator does when Alipay refuses our settings, by its code: https://opendocs.alipay.com/common/02km9f */
export const alipayRemedies: ReadonlyMap<string, string> = new Map([
  [
    'isv.invalid-signature',
    'the public key that Alipay has for this application is not the one of privateKey: upload it again (接口加签方式)',
  ],
  ['isv.invalid-app-id', 'Alipay knows no application of this appId: 16 digits, and not the pid (2088…)'],
  [
    'isv.app-cert-not-exist',
    'certificates.app was not issued to this appId: download appCertPublicKey_….crt of this very application',
  ],
  ['isv.missing-app-cert-sn', 'this application is in certificate mode: give certificates in place of alipayPublicKey'],
  ['isv.invalid-alipay-root-cert-sn', 'certificates.alipayRoot is not the file that Alipay has now: download it again'],
  ['isv.invalid-timestamp', "this machine's clock is wrong: set it by NTP"],
  ['isv.insufficient-isv-permissions', 'the application lacks this product: sign up for it in the console'],
  ['isv.unmatched-app-id', 'the code was issued to another application: compare appId of page and source'],
]);
