/** What a client does, heard on diagnostics channels and read as metrics. */
import { subscribe } from 'node:diagnostics_channel'
import { Kafka, type SendDiagnostic, stringCodec, topic } from '@ottla/client'

const words = topic('example-watch', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({
  bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092',
  clientId: 'watched',
})
await kafka.admin().createTopics([{ name: words.name, partitionCount: 1 }])

subscribe('ottla:client:send', (message) => {
  const { topic, partition, recordCount, durationMs } = message as SendDiagnostic
  console.log(`a batch of ${recordCount} records for ${topic}-${partition} took ${durationMs.toFixed(1)} ms`)
})
await kafka.producer().sendAll(['a', 'b', 'c'].map((value) => ({ topic: words, value })))

for (const line of (await kafka.metrics()).split('\n')) {
  if (line.startsWith('kafka_producer_producer_topic_metrics_record_send_total')) console.log(line)
}
