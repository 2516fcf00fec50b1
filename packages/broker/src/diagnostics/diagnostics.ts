/** What watches requests and the event loop, put together. */
import type { BrokerConfig } from '@ottla/config'
import type { Env } from '@ottla/env'
import type { RecentHistogram } from '@ottla/stdx'
import { LoopWatch } from './loop-watch.ts'
import { RequestLog } from './request-log.ts'

const MS_PER_SECOND = 1000

export interface Diagnostics {
  readonly requestLog: RequestLog
  readonly loopWatch: LoopWatch
  stop(): void
}

/** `config` is asked for each threshold, as settings may change; `delays` gets how late timers came. */
export function startDiagnostics(env: Env, config: () => BrokerConfig, delays: RecentHistogram): Diagnostics {
  const { logger, clock } = env
  const requestLog = new RequestLog({
    logger,
    monotonic: () => clock.monotonic(),
    slowMs: () => config().values['ottla.slow.request.threshold.ms'],
  })
  const loopWatch = new LoopWatch({
    ...env,
    logger: logger.child('broker.loop'),
    delays,
    stallMs: () => config().values['ottla.loop.stall.threshold.ms'],
    cpuMs: () => {
      const figures = env.processFigures?.()
      return figures === undefined ? null : (figures.userCpuSeconds + figures.systemCpuSeconds) * MS_PER_SECOND
    },
  })
  loopWatch.start()
  return { requestLog, loopWatch, stop: () => loopWatch.stop() }
}
