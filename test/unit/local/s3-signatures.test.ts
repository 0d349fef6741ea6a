import { describe, expect, it } from '@jest/globals'
import {
  headerVersion4,
  queryVersion2,
  queryVersion4,
  type SignedRequest,
} from '../../../local/services/s3/signatures/signatures.ts'
import { KnownSecrets } from '../../../local/services/s3/signatures/known-secrets.ts'

function request(method: string, address: string, headers: Record<string, string> = {}): SignedRequest {
  const [path, query] = address.split('?', 2)
  return { method, path: path!, query: new URLSearchParams(query), headers: { host: '127.0.0.1:4566', ...headers } }
}

/** Signed by botocore 1.43 for eu-west-1, by the key `test` with the secret `test`. */
const SCOPE = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20261129%2Feu-west-1%2Fs3%2Faws4_request'
const UNTIL = '&X-Amz-Date=20261129T123537Z&X-Amz-Expires=3600'
const ODD_KEY = '/b/a%20b/%C3%BC%2B%27%281%29%2A~.txt?response-content-type=text%2Fplain'

describe('an address that boto3 presigned by default', () => {
  it.each([
    [
      'gets an odd key with a header of the answer',
      'GET',
      `${ODD_KEY}&AWSAccessKeyId=test&Signature=A%2FHXMPHZQIt79fnIpVNO5Jo%2BAw0%3D&Expires=1795959337`,
    ],
    [
      'puts with metadata and a type',
      'PUT',
      '/b/a?AWSAccessKeyId=test&Signature=aKhBX1gH9uT2CzoQh4B93VyQFdY%3D&content-type=text%2Fplain&x-amz-meta-x=y&Expires=1795959337',
    ],
    [
      'lists',
      'GET',
      '/b?list-type=2&prefix=x%20y&encoding-type=url&AWSAccessKeyId=test&Signature=n3NEFv1%2BFD%2FRxQd8Oc3gAOEr%2BYk%3D&Expires=1795959337',
    ],
    [
      'uploads a part with a session token',
      'PUT',
      '/b/x?uploadId=3&partNumber=1&AWSAccessKeyId=test&Signature=JPMfko3EXHnaK%2F%2F3hcQyHTrXoGA%3D&x-amz-security-token=tok%2Fen%2B&Expires=1795959337',
    ],
  ])('%s: the signature is right for its secret alone', (_, method, address) => {
    expect(queryVersion2(request(method, address))('test')).toBe(true)
    expect(queryVersion2(request(method, address))('other')).toBe(false)
    expect(queryVersion2(request(method, address.replace('/b', '/c')))('test')).toBe(false)
    expect(queryVersion2(request(method, address.replace('1795959337', '1795959338')))('test')).toBe(false)
    expect(queryVersion2(request('DELETE', address))('test')).toBe(false)
  })
})

describe('an address that boto3 presigned as s3v4', () => {
  it.each([
    [
      'gets an odd key with a header of the answer',
      'GET',
      `${ODD_KEY}&${SCOPE}${UNTIL}&X-Amz-SignedHeaders=host&X-Amz-Signature=6f819984f66355572ff037ca65f83154f452c514647fd2479c53b64d8b0ce6f0`,
      {},
    ],
    [
      'puts with metadata and a type',
      'PUT',
      `/b/a?${SCOPE}${UNTIL}&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-meta-x&X-Amz-Signature=ff0e1823666aca99ad6b87a6d679edc1fcfb7d2920fe2cdd2f5091394b467ed0`,
      { 'content-type': 'text/plain', 'x-amz-meta-x': 'y' },
    ],
    [
      'uploads a part with a session token',
      'PUT',
      `/b/x?uploadId=3&partNumber=1&${SCOPE}${UNTIL}&X-Amz-SignedHeaders=host&X-Amz-Security-Token=tok%2Fen%2B&X-Amz-Signature=45d84f3e45b093335a0685d266a552aae1840cde53e2bf63421003d9612f87fd`,
      {},
    ],
  ])('%s: the signature is right for its secret alone', (_, method, address, headers) => {
    expect(queryVersion4(request(method, address, headers))('test')).toBe(true)
    expect(queryVersion4(request(method, address, headers))('other')).toBe(false)
    expect(queryVersion4(request(method, address.replace('/b', '/c'), headers))('test')).toBe(false)
    expect(queryVersion4(request(method, address.replace('3600', '3601'), headers))('test')).toBe(false)
    expect(queryVersion4(request(method, address, { ...headers, host: 'localhost' }))('test')).toBe(false)
  })
})

const SIGNED_PUT = request('PUT', '/b/a%20b', {
  'x-amz-meta-x': 'a   b ',
  'x-amz-checksum-crc32': '2JMqrA==',
  'x-amz-sdk-checksum-algorithm': 'CRC32',
  'x-amz-date': '20261129T123537Z',
  'x-amz-content-sha256': '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4',
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20261129/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-checksum-crc32;' +
    'x-amz-content-sha256;x-amz-date;x-amz-meta-x;x-amz-sdk-checksum-algorithm, ' +
    'Signature=8ba2c2a1b3bdd863c9ac95c6836587f32b892464b088659de0eaf27edbfe9352',
})

it('reads a signature in the header', () => {
  expect(headerVersion4(SIGNED_PUT)('test')).toBe(true)
  expect(headerVersion4(SIGNED_PUT)('other')).toBe(false)
  expect(headerVersion4(request('GET', '/b'))('test')).toBe(false)
})

describe('known secrets', () => {
  const by = (secret: string) => (guess: string) => guess === secret

  it('are those of functions, and no others for their keys', () => {
    const secrets = new KnownSecrets((key) => (key === 'ASIA1' ? 'made' : undefined))
    expect(secrets.accepts('ASIA1', by('made'))).toBe(true)
    expect(secrets.accepts('ASIA1', by('test'))).toBe(false)
  })

  it("are those of an owner's key once a signature has shown them", () => {
    const secrets = new KnownSecrets(() => undefined)
    expect(secrets.accepts('test', by('wrong'))).toBe(false)
    expect(secrets.accepts('anything', by('cannot be known'))).toBe(true)
    secrets.learn('anything', by('anything'))
    expect(secrets.accepts('anything', by('cannot be known'))).toBe(false)
    expect(secrets.accepts('anything', by('anything'))).toBe(true)
  })
})
