// needs: PostgreSQL
/** An order and the message about it are one transaction: the message is sent if the order is there, and not if it is not. */
import { jsonCodec, Kafka, OutboxWriter, stringCodec, topic } from '@ottla/client'
import pg from 'pg'

interface Order {
  readonly id: string
  readonly item: string
}

const orders = topic('example-outbox-orders', { key: stringCodec, value: jsonCodec<Order>() })
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? 'postgres://localhost/postgres' })
await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: orders.name, partitionCount: 1 }])

const outbox = new OutboxWriter({ table: 'example_outbox' })
await outbox.createTable(pool)
await pool.query('create table if not exists example_orders (id text primary key, item text)')

async function order(value: Order, fails: 'fails' | 'works'): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('insert into example_orders values ($1, $2)', [value.id, value.item])
    await outbox.write(client, { topic: orders, key: value.id, value })
    await client.query(fails === 'fails' ? 'rollback' : 'commit')
  } finally {
    client.release()
  }
}

await order({ id: '1', item: 'tea' }, 'works')
await order({ id: '2', item: 'cake' }, 'fails')
await order({ id: '3', item: 'milk' }, 'works')

// The relay runs in the same process or in any other. Several share the work.
const relay = kafka.outboxRelay({ pool, table: 'example_outbox' })
const consumer = kafka.consumer({ isolationLevel: 'read_committed', value: orders.value })
consumer.assign([{ topic: orders.name, partition: 0, from: 'earliest' }])
for await (const { value } of consumer) {
  console.log(`order ${value?.id}: ${value?.item}`)
  if (value?.id === '3') break
}
await relay.close()
await pool.query('drop table example_orders, example_outbox')
await pool.end()
