/** The secrets that sign the webhooks of a namespace: the present one first, then the one before it, if there is one. */
export type WebhookSecrets = (namespace: string) => Promise<readonly string[]>
