/** What the broker does now and then: checkpoints, retention, periods of metrics, memory that goes back. */
import type { LogResources } from '@ottla/log'
import type { Broker } from '../broker.ts'
import { IDLE_MEMORY_PERIOD_MS, releaseIdleMemory } from './idle-memory.ts'
import { Periodic } from './periodic.ts'

const METRICS_PERIOD_MS = 60_000

/** Starts the work; gives what ends it, which resolves when none is under way. */
export function startSchedules(broker: Broker, resources: LogResources): () => Promise<void> {
  const { env, config, logs, logger, metrics } = broker
  const { values } = config
  const every = (name: string, periodMs: number, run: () => Promise<void> | void): Periodic =>
    new Periodic({ name, periodMs, timers: env.timers, logger, run })
  const schedules = [
    every('high watermark checkpoint', values['replica.high.watermark.checkpoint.interval.ms'], () =>
      logs.checkpointHighWatermarks(),
    ),
    every('recovery point checkpoint', values['log.flush.offset.checkpoint.interval.ms'], () => logs.checkpoint()),
    every('recent metrics', METRICS_PERIOD_MS, () => metrics.turn(env.processFigures?.())),
    every('idle memory', IDLE_MEMORY_PERIOD_MS, () => releaseIdleMemory(env, resources)),
    every('retention', values['log.retention.check.interval.ms'], () => logs.applyRetention(env.clock.now())),
  ]
  return async () => {
    await Promise.all(schedules.map((schedule) => schedule.stop()))
  }
}
