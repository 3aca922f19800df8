/** What the payer page says, and the pages of the certification and of the job identity. */
import type { Words } from './language.ts';

export const payerTexts = {
  working: { en: 'Confirming …', zh: '正在确认……' },
  slow: {
    en: 'The channel takes longer than usual. Please leave this page open.',
    zh: '渠道响应较慢，请不要关闭本页。',
  },
  done: { en: 'Done', zh: '已完成' },
  doneNext: { en: 'You may close this page.', zh: '您可以关闭此页面。' },
  declined: { en: 'You did not authorize', zh: '您已取消授权' },
  declinedNext: {
    en: 'Nothing was passed on. You may go back and change your mind, or close this page.',
    zh: '未提供任何信息。您可以返回重新授权，或关闭此页面。',
  },
  channelError: { en: 'The channel sent you back with an error', zh: '渠道返回错误' },
  channelErrorNext: { en: 'Its reason: {reason}. Please start again.', zh: '原因：{reason}。请重新开始。' },
  back: { en: 'Back to the cashier', zh: '返回收银台' },
  toChannel: { en: 'Back to the channel', zh: '返回授权页面' },
  nothing: { en: 'You are back from the channel', zh: '您已从渠道返回' },
  nothingNext: {
    en: 'The page that you came from shows the result. You may close this one.',
    zh: '结果会显示在您原来的页面上，您可以关闭此页面。',
  },
} as const satisfies Record<string, Words>;

export const checkTexts = {
  certifyIntro: {
    en: 'Alipay compares the name and the document with a face. The number is sent to Alipay and not stored here.',
    zh: '支付宝将核对姓名、证件与人脸。证件号码会发送给支付宝，本服务不保存。',
  },
  step1: { en: 'Name and document', zh: '姓名与证件' },
  step2: { en: 'At Alipay', zh: '前往支付宝' },
  step3: { en: 'Result', zh: '结果' },
  name: { en: 'Name', zh: '姓名' },
  number: { en: 'Number of the identity card', zh: '身份证号码' },
  begin: { en: 'Begin', zh: '开始认证' },
  certifyWaiting: { en: 'Waiting for the certification', zh: '等待认证' },
  certifyNext: {
    en: 'Scan the code with Alipay, or open the page here. This page goes on by itself.',
    zh: '请使用支付宝扫码，或在本机打开。本页会自动更新。',
  },
  certifyNextHere: {
    en: 'Tap the button. This page goes on by itself.',
    zh: '请点击按钮前往认证，本页会自动更新。',
  },
  otherDevice: { en: 'Certify with another phone', zh: '使用另一部手机认证' },
  notYet: {
    en: 'Not passed yet: not finished, or failed. The payer may try again.',
    zh: '尚未通过：未完成或未通过，可再次尝试。',
  },
  passed: { en: 'The real name is certified', zh: '实名认证已通过' },
  passedNext: { en: 'Alipay confirms the name and the document.', zh: '支付宝已确认姓名与证件。' },
  jobIntro: {
    en: 'Zhima Credit answers whether it confirms a job, when the payer has authorized the query.',
    zh: '付款人授权后，芝麻信用会确认其职业身份。',
  },
  onceToken: { en: 'Authorization of the payer (once token)', zh: '付款人的授权（once token）' },
  jobKind: { en: 'Job', zh: '职业' },
  teacher: { en: 'Teacher (04)', zh: '教师（04）' },
  ask: { en: 'Ask Zhima', zh: '查询' },
  jobPending: { en: 'Zhima is still checking', zh: '芝麻信用正在核实' },
  jobPendingNext: { en: 'Asking again by itself.', zh: '将自动再次查询。' },
  confirmed: { en: 'The job is confirmed', zh: '职业身份已确认' },
  notConfirmed: { en: 'The job is not confirmed', zh: '职业身份未确认' },
  notConfirmedNext: { en: 'This payer cannot use the offer for this job.', zh: '该付款人无法享受此职业优惠。' },
  confirmedNext: { en: 'The authorization is used up.', zh: '本次授权已使用。' },
  tokenOk: { en: 'confirmed', zh: '已确认' },
  tokenUnconfirmed: { en: 'not confirmed', zh: '未确认' },
  tokenWaiting: { en: 'takes a while', zh: '需要等待' },
  tokenRefused: { en: 'not authorized', zh: '未授权' },
  tokenNotOpened: { en: 'Zhima not opened', zh: '未开通芝麻信用' },
} as const satisfies Record<string, Words>;
