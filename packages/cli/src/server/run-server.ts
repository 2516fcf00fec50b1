/** The server process: settings, start, signals, end. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type RunningBroker, startBroker } from '@ottla/broker'
import { type BrokerConfig, formatConfigProblem, parseServerProperties } from '@ottla/config'
import type { Logger, LogLevel } from '@ottla/env'
import { type NodeEnv, nodeEnv } from '@ottla/env/node'
import { loadNativeCrc32c } from '@ottla/protocol'
import { type Ending, EXIT, endingOf } from './exit-codes.ts'
import { clientAddress, greeting } from './greeting.ts'
import { parseServerArguments, type ServerArguments, USAGE } from './server-arguments.ts'

const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
/** One Ctrl-C may come twice, from the terminal and from a parent. */
const REPEATED_SIGNAL_MS = 500
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Runs until the server is told to stop; ends the process. */
export async function runServer(argv: readonly string[]): Promise<void> {
  const args = parseServerArguments(argv)
  if (args === null) {
    console.error(USAGE)
    end(EXIT.failed.code)
  }
  const format = process.env['OTTLA_LOG_FORMAT'] === 'json' ? 'json' : 'people'
  const level = process.env['OTTLA_LOG_LEVEL'] ?? 'info'
  const env = nodeEnv({
    logLevel: (LEVELS.includes(level) ? level : 'info') as LogLevel,
    logFormat: format,
    logDescriptor: 1,
    // A stop waits for timers when no socket is open any more: without this Node would end the process in the middle of it.
    timersKeepAlive: true,
  })
  const logger = env.logger.child('server')
  const config = readConfig(args, logger)
  if (!('values' in config)) return fail(env, config)
  const stop = stopOnSignals(logger)
  watchFaults(env)
  let running: RunningBroker
  try {
    const onFatal = (error: Error) =>
      fail(env, { row: EXIT.fatal, message: `the server cannot go on: ${error.message}` })
    running = await startBroker(env, config, { onFatal, workingFolder: process.cwd() })
  } catch (error) {
    return fail(env, endingOf(error))
  }
  if (format === 'people') process.stdout.write(greeting(running, config))
  logger.info('Kafka Server started', {
    address: clientAddress(running, config),
    nodeId: running.nodeId,
    clusterId: running.clusterId,
    folders: running.directories.map(({ path }) => path),
    durability: config.values['ottla.durability'],
    startMs: Math.round(performance.now()),
  })
  // Now, and not in the middle of the first large batch: loading takes some milliseconds.
  env.timers.defer(() => void loadNativeCrc32c())
  const signal = await stop
  logger.info('stopping', { signal })
  await running.stop()
  logger.info('Kafka Server stopped')
  env.close()
  end(EXIT.stopped.code)
}

function readConfig({ file, overrides }: ServerArguments, logger: Logger): BrokerConfig | Ending {
  let text: string
  try {
    text = readFileSync(resolve(file), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : message
    return { row: EXIT.config, message: `The settings cannot be read from ${file}: ${why}` }
  }
  const parsed = parseServerProperties(text, file, overrides)
  if (parsed.kind === 'refused') {
    const lines = parsed.problems.map((problem) => `  ${formatConfigProblem(problem)}`)
    return { row: EXIT.config, message: `The settings cannot be used:\n${lines.join('\n')}` }
  }
  for (const { level, message } of parsed.notices) logger[level](message)
  return parsed.config
}

/** Resolves to the first signal that asks for a stop. A second one ends the process at once. */
function stopOnSignals(logger: Logger): Promise<string> {
  process.on('SIGQUIT', () => {
    const { rss, heapUsed, external } = process.memoryUsage()
    logger.info('still here', { uptimeS: Math.round(process.uptime()), rss, heapUsed, external })
  })
  return new Promise((resolve) => {
    let stoppingSince = Number.POSITIVE_INFINITY
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        const isAgain = performance.now() - stoppingSince > REPEATED_SIGNAL_MS
        if (isAgain && signal === 'SIGINT') end(EXIT.interrupted.code)
        stoppingSince = Math.min(stoppingSince, performance.now())
        resolve(signal)
      })
    }
  })
}

/** A fault that nobody caught: what the process holds in memory cannot be trusted any more. */
function watchFaults(env: NodeEnv): void {
  const onFault = (error: unknown) => {
    env.logger.fatal('uncaught fault', { error })
    fail(env, { row: EXIT.fatal, message: 'the server ends: a fault was not caught' })
  }
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
}

function fail(env: NodeEnv, { row, message }: Ending): never {
  env.close()
  process.stderr.write(`${message}\n`)
  end(row.code)
}

function end(code: number): never {
  process.exit(code)
}
