/** Every tool by its name, loaded when it is run: what a command does not need costs it no start time. */
import type { Run } from './tool.ts'

export const TOOLS: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  'kafka-topics': () => import('./topics/kafka-topics.ts'),
  'kafka-console-producer': () => import('./console-producer/kafka-console-producer.ts'),
  'kafka-console-consumer': () => import('./console-consumer/kafka-console-consumer.ts'),
}
