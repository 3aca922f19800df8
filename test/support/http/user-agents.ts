/** What browsers call themselves, in the form that each has today. */

/** By the channel whose wallet the browser belongs to. */
export const wallets = {
  wechat_pay: [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x1800323d) NetType/WIFI Language/zh_CN',
    'Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240501 MMWEBID/1234 MicroMessenger/8.0.50.2701(0x2800325F) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64',
    'Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/9129 Flue',
  ],
  ali_pay: [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Ariver/1.1.0 AliApp(AP/10.6.8.6010) Nebula WK RVKType(0) AlipayDefined(nt:WIFI,ws:390|780|3.0) AlipayClient/10.6.8.6010 Language/zh-Hans Region/CN',
    'Mozilla/5.0 (Linux; U; Android 13; zh-CN; M2102J2SC Build/TKQ1.220829.002) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/69.0.3497.100 UWS/3.22.2.66 Mobile Safari/537.36 UCBS/3.22.2.66 NebulaSDK/1.8.100112 Nebula AlipayDefined(nt:5G,ws:393|0|2.75) AliApp(AP/10.5.88.8000) AlipayClient/10.5.88.8000 Language/zh-Hans',
  ],
  union_pay: [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148/sa-sdk-ios (com.unionpay.chsp) (cordova 4.5.4) (updebug 0) (version 1018) (UnionPay/1.0 CloudPay) (clientVersion 318) (language zh_CN)',
    'Mozilla/5.0 (Linux; Android 13; V2218A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/101.0 Mobile Safari/537.36 UnionPay/1.0 ICBCeLife',
  ],
} as const;

/** Of no wallet. */
export const others = {
  'a desktop browser':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'a browser of a phone':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'a search engine': 'Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)',
  'a preview of links': 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'a command line': 'curl/8.7.1',
  'no name': '',
  'a bank': 'Mozilla/5.0 (Linux; Android 13; V2218A) AppleWebKit/537.36 Mobile Safari/537.36 com.chinamworld.main',
} as const;
