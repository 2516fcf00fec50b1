/** Makes users for SCRAM. Passwords stay here: brokers keep what they need to check them. */
import { Kafka, unwrap } from '@ottla/client'

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
const { scramCredentials } = kafka.admin()

const user = 'example-user'
unwrap(
  (
    await scramCredentials.alter([
      { kind: 'upsert', user, mechanism: 'SCRAM-SHA-256', password: 'secret', iterations: 8192 },
      { kind: 'upsert', user, mechanism: 'SCRAM-SHA-512', password: 'secret', iterations: 4096 },
    ])
  ).get(user),
)
for (const { mechanism, iterations } of unwrap((await scramCredentials.describe([user])).get(user))) {
  console.log(`${user}: ${mechanism}, ${iterations} iterations`)
}

await scramCredentials.alter([
  { kind: 'delete', user, mechanism: 'SCRAM-SHA-256' },
  { kind: 'delete', user, mechanism: 'SCRAM-SHA-512' },
])
const gone = (await scramCredentials.describe([user])).get(user)
console.log(gone?.kind === 'failed' ? `${user}: ${gone.error.code}` : 'still there')
