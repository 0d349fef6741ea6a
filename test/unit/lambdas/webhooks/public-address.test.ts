import { describe, expect, it } from '@jest/globals'
import { isIP } from 'node:net'
import { checkWebhook } from '../../../../lambdas/domain/webhooks/check-webhook.ts'
import { isAddress, isPublicAddress } from '../../../../lambdas/domain/webhooks/public-address.ts'

describe('a public address', () => {
  it.each([
    ...['1.1.1.1', '93.184.216.34', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '172.15.255.255'],
    ...[
      '172.32.0.0',
      '169.253.255.255',
      '192.0.1.0',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '9.255.255.255',
    ],
    ...[
      '2606:4700:4700::1111',
      '2a00:1450:4001:82a::200e',
      '2001:4860:4860::8888',
      '2001:200::1',
      '2003::',
      '2002:ffff::1'.replace('2002', '2004'),
    ],
  ])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    ['this network', ['0.0.0.0', '0.255.255.255']],
    ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.1', '192.168.255.255']],
    ['loopback', ['127.0.0.1', '127.255.255.255', '::1']],
    [
      'link-local, where the metadata of AWS is',
      ['169.254.169.254', '169.254.170.2', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
    ],
    ['shared by carriers', ['100.64.0.0', '100.127.255.255']],
    [
      'documentation and tests',
      ['192.0.2.1', '198.51.100.7', '203.0.113.9', '198.18.0.1', '198.19.255.255', '2001:db8::1', '3fff::1'],
    ],
    ['multicast, reserved, broadcast', ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1']],
    ['of protocols', ['192.0.0.8', '192.88.99.1', '2001::1', '2001:10::1', '100::1', '5f00::1']],
    ['unspecified, local, of a site', ['::', 'fc00::1', 'fd00:ec2::254', 'fec0::1']],
    [
      'IPv4 within IPv6',
      ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:93.184.216.34', '::127.0.0.1', '::ffff:0:7f00:1'],
    ],
    [
      'NAT64, 6to4, Teredo',
      ['64:ff9b::7f00:1', '64:ff9b::1.1.1.1', '64:ff9b:1::1', '2002:7f00:1::', '2001:0:4136:e378::'],
    ],
    [
      'no address',
      [
        '',
        'localhost',
        '1.2.3',
        '1.2.3.4.5',
        '256.1.1.1',
        '01.2.3.4567',
        '0x7f.0.0.1',
        ':::',
        '1::2::3',
        '1:2:3:4:5:6:7',
        '12345::',
        'g::',
      ],
    ],
  ])('is no address of this kind: %s', (_what, addresses) => {
    for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, false])
  })

  it.each([
    '1.2.3.4',
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::1.2.3.4',
    '1:2:3:4:5:6:7',
    '1.2.3.4::',
    '::1.2.3',
    'x',
  ])('is told apart from a host name as Node does it: %s', (text) => {
    expect(isAddress(text)).toBe(isIP(text) !== 0)
  })
})

describe('the address of a webhook at the submit', () => {
  const refusalOf = (url: string, targets: 'public' | 'any' = 'public') => checkWebhook({ url }, targets, 'webhook.url')

  it.each([
    'https://example.com/a?b=c',
    'https://example.com:8443/',
    'https://93.184.216.34/',
    'https://[2606:4700::1]/',
  ])('is accepted if it may be public: %s', (url) => {
    expect(refusalOf(url)).toBeUndefined()
  })

  // `new URL()` writes all of these in the same form.
  it.each([
    ...[
      'http://example.com/',
      'https://localhost/',
      'https://LOCALHOST./',
      'https://a.localhost/',
      'https://x.internal/',
    ],
    ...['https://127.0.0.1/', 'https://2130706433/', 'https://0x7f000001/', 'https://0177.0.0.1/', 'https://127.1/'],
    ...[
      'https://127.0.0.1./',
      'https://①②⑦.⓪.⓪.①/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
    ],
    ...[
      'https://169.254.169.254/latest/meta-data',
      'https://[fd00:ec2::254]/',
      'https://0/',
      'https://10.1/',
      'https://[fe80::1]/',
    ],
  ])('is refused if it cannot be public: %s', (url) => {
    expect(refusalOf(url)).toMatchObject({ error: { code: 'INVALID_WEBHOOK', path: 'webhook.url' } })
  })

  it('may be any address if the deployment allows it, but not with another protocol or a password', () => {
    for (const url of ['http://127.0.0.1:8080/', 'https://localhost/']) expect(refusalOf(url, 'any')).toBeUndefined()
    for (const url of ['ftp://localhost/', 'http://me:pw@127.0.0.1/', 'file:///etc/passwd', 'nowhere']) {
      expect(refusalOf(url, 'any')).toMatchObject({ error: { code: 'INVALID_WEBHOOK' } })
    }
  })
})
