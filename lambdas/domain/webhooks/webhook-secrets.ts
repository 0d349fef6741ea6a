/** Returns the secrets that sign the webhooks of a namespace: the present one, then the previous one, if any. */
export type WebhookSecrets = (namespace: string) => Promise<readonly string[]>
