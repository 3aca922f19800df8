/** What an integrator does when WeChat refuses our settings, by its code. docs/sources/wechat.md has the consoles. */
export const wechatRemedies: ReadonlyMap<string, string> = new Map([
  ['40001', 'appSecret is not the one of this appId: it was reset, or is of another application'],
  ['40125', 'appSecret is not the one of this appId: it was reset, or is of another application'],
  ['40013', 'WeChat knows no application of this appId: copy it again'],
  ['40164', "this machine's address is not on the application's list (IP白名单): add it there"],
  ['return_code_FAIL.SIGNERROR', 'apiKey is not the V2 key of this mchId (APIv2密钥)'],
]);
