/** `ottla version`. */
import { KAFKA_VERSION, OTTLA_VERSION } from '../../shared/version.ts'
import type { Invocation } from '../command.ts'

export async function run({ screen }: Invocation): Promise<void> {
  screen.json({ ottla: OTTLA_VERSION, kafka: KAFKA_VERSION, node: process.version })
  screen.say(`ottla ${OTTLA_VERSION} (speaks Kafka ${KAFKA_VERSION})`)
}
