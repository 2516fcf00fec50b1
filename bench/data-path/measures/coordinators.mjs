/** A few figures of the coordinators; `npm run bench -- coordinators` has the rest. */
import { commitRate } from '../../coordinators/commits.mjs'
import { acknowledgementRate } from '../../coordinators/shares.mjs'
import { transactionRate } from '../../coordinators/transactions.mjs'
import { createTopic } from '../systems.mjs'

export async function transactions(context, { producers, records }) {
  const topic = `transactions-${context.nextId()}`
  await createTopic(context.broker.bootstrap, topic, { partitions: producers })
  const { durationMs } = context.times
  const load = { producers, records, topic, durationMs, prefix: topic }
  return { perSecond: await transactionRate(context.broker.bootstrap, load) }
}

export async function commits(context, { consumers, atOnce }) {
  const topic = `commits-${context.nextId()}`
  await createTopic(context.broker.bootstrap, topic)
  const load = { topic, consumers, connections: consumers, atOnce }
  await commitRate(context.broker.bootstrap, { ...load, durationMs: context.times.warmMs })
  const { perSecond, p99Ms } = await commitRate(context.broker.bootstrap, { ...load, ...context.times })
  return { perSecond, p99: p99Ms }
}

export async function shares(context, { consumers }) {
  const topic = `shares-${context.nextId()}`
  const records = context.isQuick ? 20_000 : 100_000
  const load = { consumers, maxRecords: 500, records, durationMs: context.times.durationMs, topic }
  return { perSecond: await acknowledgementRate(context.broker.bootstrap, load) }
}
