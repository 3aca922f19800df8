/** What an integrator does when DaxPay refuses our settings, by its code. docs/sources/daxpay.md has the order of 20052. */
export const daxpayRemedies: ReadonlyMap<string, string> = new Map([
  ['10404', 'nothing is served at this path: baseUrl is the server alone, or with the prefix of a proxy before it'],
  ['10506', "the clocks differ, or a field is refused: set this machine's clock by NTP"],
  ['20023', 'DaxPay knows no application of this appId, or has it switched off: compare with the console'],
  ['20052', 'DaxPay computes another signature: compare secret, profile and signType with the application in DaxPay'],
]);
