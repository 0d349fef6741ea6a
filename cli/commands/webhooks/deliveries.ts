import type { DeliveryAttempt, WebhookDelivery } from '../../../protocol/webhooks/webhook.ts'
import { CliCommand } from '../../frame/cli-command.ts'
import { local } from '../../frame/session.ts'
import type { Colour } from '../../output/colours.ts'
import { renderTime, withIsoTimes } from '../../output/time.ts'
import { getRoute } from '../../target/rest.ts'

const STATE_COLOURS: Readonly<Record<WebhookDelivery['state'], Colour>> = {
  delivered: 'green',
  retrying: 'yellow',
  failed: 'red',
}

export function webhookDeliveriesCommand(): CliCommand {
  return new CliCommand('deliveries')
    .summary('list the deliveries of the webhooks of a job')
    .description('Lists the deliveries of the webhooks of a job, the latest first, each with its attempts.')
    .argument('<id>', 'the id of the job')
    .example('jobwire webhooks deliveries order-17', 'See why a receiver was not told')
    .action(
      local(async (session, id: string) => {
        const path = `/jobs/${encodeURIComponent(id)}/deliveries`
        const { body } = await getRoute<{ deliveries: WebhookDelivery[] }>(await session.target(), path)
        const nowMs = Date.now()
        await session.output.list(body.deliveries, {
          headings: ['EVENT', 'STATE', 'ATTEMPTS', 'LATEST', 'NEXT', 'URL'],
          row: ({ type, state, attempts, nextAttemptAt, url }) => [
            type,
            { text: state, colour: STATE_COLOURS[state] },
            attempts.length,
            renderAttempt(attempts.at(-1), nowMs),
            renderTime(nextAttemptAt, nowMs),
            url,
          ],
          none: `No webhook was sent for the job ${id}.`,
          toJson: withIsoAttempts,
        })
      }),
    )
}

function renderAttempt(attempt: DeliveryAttempt | undefined, nowMs: number): string {
  if (attempt === undefined) return ''
  return `${attempt.status ?? attempt.error ?? ''} ${renderTime(attempt.at, nowMs)}`
}

function withIsoAttempts(delivery: WebhookDelivery): object {
  const attempts = delivery.attempts.map((attempt) => ({ ...attempt, at: new Date(attempt.at).toISOString() }))
  return { ...withIsoTimes(delivery), attempts }
}
