import type { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { GoneException, LimitExceededException, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi'
import type { PostMessage } from '../../domain/record/post-message.ts'

/** Posts messages through the WebSocket API's management endpoint. The pusher repeats what fails. */
export function createPost(client: ApiGatewayManagementApiClient): PostMessage {
  return async (connectionId, message) => {
    try {
      await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: message }))
      return { kind: 'sent' }
    } catch (error) {
      if (error instanceof GoneException) return { kind: 'gone' }
      if (error instanceof LimitExceededException || isTemporary(error)) return { kind: 'throttled' }
      throw error
    }
  }
}

/** True for too many requests, an error of the other side, and a broken network, which gives no status. */
function isTemporary(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  return status === undefined || status === 429 || status >= 500
}
