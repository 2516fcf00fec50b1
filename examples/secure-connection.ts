// needs: Apache Kafka with a SASL_SSL listener
/** Signs in under TLS, by SCRAM; a wrong password is told at once. */
import { readFileSync } from 'node:fs'
import { AuthenticationError, Kafka } from '@ottla/client'

const { BOOTSTRAP_SERVERS, CA_FILE, KAFKA_USER, KAFKA_PASSWORD } = process.env

function connect(password: string): Kafka {
  return new Kafka({
    bootstrapServers: BOOTSTRAP_SERVERS ?? 'localhost:9093',
    tls: { ca: readFileSync(CA_FILE ?? 'ca.pem') },
    sasl: { mechanism: 'SCRAM-SHA-512', username: KAFKA_USER ?? 'ann', password },
  })
}

await using kafka = connect(KAFKA_PASSWORD ?? 'secret')
const { brokers } = await kafka.admin().describeCluster()
console.log(`signed in; the cluster has ${brokers.length} broker(s)`)

await using stranger = connect('not the password')
try {
  await stranger.producer().send({ topic: 'orders', value: Buffer.from('never sent') })
} catch (error) {
  if (error instanceof AuthenticationError) console.log(`${error.code}, worth another attempt: ${error.retriable}`)
}
