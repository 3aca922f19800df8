/** What the pages say, in Chinese and English. The sentences for failures are those of docs/failure-codes.md. */
import failureCodes from '../failure-codes.json' with { type: 'json' };
import type { PayerFailureCode } from './graphql.ts';
import { language, type Words } from './language.ts';

// A code that the contract adds is missing here until it has a sentence: tsc says so.
const sentences: Readonly<Record<PayerFailureCode, { readonly next: string; readonly payer: Words }>> = failureCodes;
const unknownCode: Words = { en: 'Something went wrong. Please start again.', zh: '页面出错，请重新开始。' };

const englishTitles: Readonly<Record<string, string>> = {
  ali_pay: 'Alipay',
  wechat_pay: 'WeChat Pay',
  union_pay: 'UnionPay',
  ali_pay_mini_program: 'Alipay mini program',
  ali_pay_native_app: 'Alipay app sign-in',
  wechat_pay_website_qr: 'WeChat QR sign-in',
  wechat_pay_mini_program: 'WeChat mini program',
  wechat_pay_native_app: 'WeChat app sign-in',
  wechat_pay_payment_code: 'WeChat payment code',
};
/** The operator's title of a channel is in the operator's language. */
export const titleOf = (channelId: string, title: string): string =>
  language() === 'en' ? (englishTitles[channelId] ?? title) : title;

/** The sentence for payers. New codes may be added to the contract: an unknown one has a sentence too. */
export const failureText = (code: PayerFailureCode): Words => sentences[code]?.payer ?? unknownCode;

/** Whether the payer may go to the channel once more. */
export const isRefusal = (code: PayerFailureCode): boolean => sentences[code]?.next === 'AUTHORIZE';

export const texts = {
  title: { en: 'Cashier', zh: '收银台' },
  sandbox: { en: 'Sandbox', zh: '沙箱' },
  sandboxNote: {
    en: 'Emulated channels: no money, no real payer.',
    zh: '模拟渠道：不涉及真实资金与付款人。',
  },
  explorer: { en: 'Explorer', zh: 'API 浏览器' },
  home: { en: 'Home', zh: '首页' },
  docs: { en: 'Documents', zh: '文档' },
  otherLanguage: { en: '中文', zh: 'English' },
  pay: { en: 'Pay', zh: '付款' },
  certify: { en: 'Real name', zh: '实名认证' },
  job: { en: 'Job identity', zh: '职业认证' },
  shop: { en: 'Demo shop', zh: '示例商店' },
  order: { en: 'Order {id}', zh: '订单 {id}' },
  amount: { en: '¥ 18.00', zh: '¥ 18.00' },
  choose: { en: 'How do you want to pay?', zh: '请选择付款方式' },
  loading: { en: 'Loading …', zh: '加载中……' },
  nothingToChoose: { en: 'There is no way to pay here. Please ask the shop.', zh: '暂无可用的付款方式，请联系商家。' },
  anyWallet: { en: 'Any wallet', zh: '任意钱包' },
  byQr: { en: 'Scan a QR code with the app', zh: '用 App 扫描二维码' },
  inApp: { en: 'Continue in the app', zh: '前往 App 完成' },
  byHand: { en: 'Without a page: hand over an auth code', zh: '没有网页：手动提交授权码' },
  anyWalletNote: { en: 'One code for all of them', zh: '一个二维码，任意钱包可扫' },
  starting: { en: 'Getting a code …', zh: '正在生成二维码……' },
  scan: { en: 'Scan with {title}', zh: '请使用{title}扫码' },
  scanAny: { en: 'Scan with any wallet', zh: '请使用任意钱包扫码' },
  qrAlt: { en: 'QR code that opens the page of {title}', zh: '打开{title}页面的二维码' },
  openHere: { en: 'Continue in {title}', zh: '前往{title}' },
  openAsPayer: { en: 'Open as the payer', zh: '以付款人身份打开' },
  otherDevice: { en: 'Pay with another phone', zh: '使用另一部手机付款' },
  timeLeft: { en: 'Time left', zh: '剩余时间' },
  cancel: { en: 'Cancel', zh: '取消' },
  again: { en: 'Start again', zh: '重新开始' },
  otherWay: { en: 'Pay another way', zh: '更换付款方式' },
  another: { en: 'Next payment', zh: '下一笔付款' },

  waiting: { en: 'Waiting for the payer', zh: '等待付款人操作' },
  waitingNext: { en: 'Scan the code, then confirm in {title}.', zh: '请扫码，并在{title}中确认。' },
  waitingNextHere: { en: 'Tap the button, then confirm in {title}.', zh: '请点击按钮，并在{title}中确认。' },
  opened: { en: 'The payer is at the page of {title}', zh: '付款人已打开{title}页面' },
  openedNext: { en: 'Confirm there. This page goes on by itself.', zh: '请在该页面确认，本页会自动更新。' },
  declined: { en: 'The payer declined', zh: '付款人已拒绝授权' },
  declinedNext: {
    en: 'The code still works: scan it again, or pay another way.',
    zh: '二维码仍然有效：可再次扫码，或更换付款方式。',
  },
  refused: { en: 'Please try again', zh: '请再试一次' },
  unknown: { en: 'The outcome is unknown', zh: '授权结果未知' },
  attempts: { en: 'Tries left: {count}.', zh: '还可尝试 {count} 次。' },
  lastAttempt: { en: 'The last try is under way.', zh: '正在进行最后一次尝试。' },
  slow: {
    en: 'This takes longer than usual. Please leave this page open.',
    zh: '处理时间较长，请不要关闭本页。',
  },
  succeeded: { en: 'The payer is identified', zh: '已识别付款人' },
  succeededNext: { en: 'The shop can take the payment now.', zh: '商家现在可以继续收款。' },
  hiddenIdentity: { en: 'The server of the shop reads who it is.', zh: '付款人标识由商家服务器读取。' },
  expired: { en: 'The code has expired', zh: '二维码已过期' },
  cancelled: { en: 'Cancelled', zh: '已取消' },
  failed: { en: 'Not completed', zh: '未能完成' },
  reason: { en: 'Reason', zh: '原因' },
  network: {
    en: 'No connection to the shop. Trying again in {seconds} s.',
    zh: '暂时无法连接，{seconds} 秒后自动重试。',
  },
  busy: {
    en: 'The shop is busy. Trying again in {seconds} s.',
    zh: '系统繁忙，{seconds} 秒后自动重试。',
  },
  channel: { en: 'Channel', zh: '渠道' },

  withoutPage: { en: 'This channel has no page of its own', zh: '此渠道没有网页' },
  withoutPageNext: {
    en: 'The mini program, the app or the scanner gets the auth code and hands it over with this state. Here you can do that by hand.',
    zh: '授权码由小程序、App 或扫码枪取得，并连同此 state 提交。这里可以手动提交。',
  },
  state: { en: 'state', zh: 'state' },
  authCode: { en: 'Auth code', zh: '授权码' },
  handOver: { en: 'Hand over', zh: '提交' },
} as const satisfies Record<string, Words>;
