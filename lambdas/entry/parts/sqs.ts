import { SQSClient } from '@aws-sdk/client-sqs'
import { CALL_LIMITS } from '../../aws/kit/call-limits.ts'

/** Without checksums of SQS: they cost time for each message, and TLS has its own. */
export function openSqs(): SQSClient {
  return new SQSClient({ ...CALL_LIMITS, md5: false })
}
