/** The fate of one message to one connection. */
export interface PostResult {
  readonly kind: 'sent' | 'gone' | 'throttled'
}

/** Posts one message to a connection. Rejects for any failure that `PostResult` does not name. */
export type PostMessage = (connectionId: string, message: string) => Promise<PostResult>
