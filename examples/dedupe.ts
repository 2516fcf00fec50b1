// needs: PostgreSQL
/** Messages that come more than once have their effect once: effect and mark are one transaction. */
import { Kafka, MESSAGE_ID, PostgresDedupe, stringCodec, topic } from '@ottla/client'
import pg from 'pg'

const deposits = topic('example-deposits', { value: stringCodec })
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? 'postgres://localhost/postgres' })
await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: deposits.name, partitionCount: 1 }])

// A sender without an idempotent producer repeats what it has no answer to. The id says that it is the same.
const messages = [
  { id: 'a', amount: '10' },
  { id: 'b', amount: '5' },
  { id: 'a', amount: '10' },
  { id: 'c', amount: '1' },
]
await kafka
  .producer()
  .sendAll(messages.map(({ id, amount }) => ({ topic: deposits, value: amount, headers: { [MESSAGE_ID]: id } })))

await pool.query('create table example_account (balance integer)')
await pool.query('insert into example_account values (0)')
const dedupe = new PostgresDedupe({ pool, consumer: 'example-bank', table: 'example_processed' })
await dedupe.createTable()

const consumer = kafka.consumer({ groupId: 'example-bank', autoOffsetReset: 'earliest', value: stringCodec })
consumer.subscribe([deposits.name])
const stop = new AbortController()
await consumer.run(
  dedupe.handler(async ({ value }, { client }) => {
    await client.query('update example_account set balance = balance + $1', [Number(value)])
    console.log(`deposited ${value}`)
    if (value === '1') stop.abort()
  }),
  { signal: stop.signal },
)
const { rows } = await pool.query('select balance from example_account')
console.log(`balance ${rows[0].balance}, ${dedupe.duplicates} came again`)
await pool.query('drop table example_account, example_processed')
await pool.end()
