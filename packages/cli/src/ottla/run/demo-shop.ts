/** The shop of `ottla demo`: sells, and bills what it sold. */
import { type Admin, jsonCodec, type Kafka, type Producer, stringCodec, topic, unwrap } from '@ottla/client'
import type { Env } from '@ottla/env'
import { pause } from '../screen/live.ts'

interface Order {
  readonly id: string
  readonly customer: string
  readonly item: string
  readonly amount: number
}

export interface Shop {
  readonly orders: string
  readonly payments: string
  readonly group: string
  readonly kafka: Kafka
  readonly producer: Producer
  /** Takes the topics and the group away again. */
  close(admin: Admin): Promise<void>
}

const ITEMS = ['tea', 'coffee', 'cups', 'a kettle', 'biscuits', 'honey']
const CUSTOMERS = ['ada', 'grace', 'edsger', 'barbara', 'donald', 'margaret']
const ORDERS_PER_TICK = 30
const TICK_MS = 100
/** Slower than the orders come in, so that there is a lag to look at. */
const BILLS_PER_TICK = 18

export async function openShop(kafka: Kafka, prefix: string): Promise<Shop> {
  const names = { orders: `${prefix}orders`, payments: `${prefix}payments`, group: `${prefix}billing` }
  const admin = kafka.admin()
  const created = await admin.createTopics([
    { name: names.orders, partitionCount: 4 },
    { name: names.payments, partitionCount: 2 },
  ])
  for (const outcome of created.values()) unwrap(outcome)
  const producer = kafka.producer()
  return {
    ...names,
    kafka,
    producer,
    async close(admin) {
      await producer.close()
      // What is gone already needs no deleting.
      await admin.deleteGroups([names.group]).catch(() => {})
      await admin.deleteTopics({ names: [names.orders, names.payments] })
    },
  }
}

/** Orders, some hundred a second. */
export async function sellFor(
  shop: Shop,
  { env, durationMs, signal }: { env: Env; durationMs: number; signal: AbortSignal },
): Promise<void> {
  const orders = topic(shop.orders, { key: stringCodec, value: jsonCodec<Order>() })
  const endsAt = env.clock.monotonic() + durationMs
  let sold = 0
  while (env.clock.monotonic() < endsAt) {
    const batch = Array.from({ length: ORDERS_PER_TICK }, (_, at) => {
      const customer = CUSTOMERS[env.random.below(CUSTOMERS.length)]!
      const order = {
        id: `o-${sold + at}`,
        customer,
        item: ITEMS[env.random.below(ITEMS.length)]!,
        amount: 1 + env.random.below(9),
      }
      return { topic: orders, key: customer, value: order, headers: { source: 'demo' } }
    })
    await shop.producer.sendAll(batch)
    sold += batch.length
    await pause(env, TICK_MS, signal)
  }
}

/** A worker of the group: bills order by order, so many a second, until the signal aborts. */
export async function work(shop: Shop, { env, signal }: { env: Env; signal: AbortSignal }): Promise<void> {
  await using consumer = shop.kafka.consumer({
    groupId: shop.group,
    autoOffsetReset: 'earliest',
    autoCommitIntervalMs: 200,
    key: stringCodec,
    value: jsonCodec<Order>(),
  })
  const payments = topic(shop.payments, { key: stringCodec, value: jsonCodec<{ order: string; amount: number }>() })
  consumer.subscribe([shop.orders])
  while (!signal.aborted) {
    const orders = await consumer
      .poll({ timeoutMs: 500, maxRecords: BILLS_PER_TICK, signal })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error
        return []
      })
    if (orders.length === 0) continue
    await shop.producer.sendAll(
      orders.map(({ key, value }) => ({ topic: payments, key, value: { order: value!.id, amount: value!.amount } })),
    )
    await pause(env, TICK_MS, signal).catch(() => {})
  }
}
