/** The server process: settings, start, signals, end. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type RunningBroker, startBroker } from '@ottla/broker'
import { type BrokerConfig, type ConfigNotice, formatConfigProblem, parseServerProperties } from '@ottla/config'
import { isLogLevel, type LogFormat, type Logger, type LogLevel } from '@ottla/env'
import { type NodeEnv, nodeEnv } from '@ottla/env/node'
import { type Ending, EXIT, endingOf } from './exit-codes.ts'
import { clientAddress, type GreetingTools, greeting } from './greeting.ts'
import { keepThreadsForReads } from './io-threads.ts'
import { loadNativeChecksums } from './native-checksums.ts'
import { parseServerArguments, type ServerArguments, USAGE } from './server-arguments.ts'

/** One Ctrl-C may come twice, from the terminal and from a parent. */
const REPEATED_SIGNAL_MS = 500
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Where the settings of a server come from, and what it tells a person. */
export interface ServerStart {
  /** Of the server.properties that is to be used. */
  readonly settings: { readonly text: string; readonly name: string } | Ending
  readonly overrides: ServerArguments['overrides']
  /** Whose commands the greeting names. */
  readonly tools: GreetingTools
  /** Called when it has stopped in order, or failed to start. */
  readonly onEnd?: () => void
}

/** Runs until the server is told to stop; ends the process. */
export async function runServer(argv: readonly string[]): Promise<void> {
  const args = parseServerArguments(argv)
  if (args === null) {
    console.error(USAGE)
    end(EXIT.failed.code)
  }
  await serve({ settings: readSettings(args.file), overrides: args.overrides, tools: 'kafka' })
}

/** As {@link runServer}, with settings that are known already. */
export async function serve(start: ServerStart): Promise<never> {
  const settings = parseSettings(start)
  const fail = (at: NodeEnv, ending: Ending): never => {
    start.onEnd?.()
    return failWith(at, ending)
  }
  const values = 'config' in settings ? settings.config.values : null
  if (values !== null) keepThreadsForReads(values['ottla.sync.concurrency'])
  const format = logFormat(values?.['ottla.log.format'] ?? 'people')
  const level = process.env['OTTLA_LOG_LEVEL'] ?? 'info'
  const env = nodeEnv({
    logLevel: isLogLevel(level) ? level : 'info',
    loggerLevels: loggerLevels(values?.['ottla.log.levels'] ?? []),
    logFormat: format,
    logDescriptor: 1,
    // A stop waits for timers when no socket is open any more: without this Node would end the process in the middle of it.
    timersKeepAlive: true,
    pollMs: (values?.['ottla.busy.poll.us'] ?? 0) / 1000,
  })
  const logger = env.logger.child('server')
  if (!('config' in settings)) return fail(env, settings)
  const { config, notices } = settings
  for (const { level: noticeLevel, message } of notices) logger[noticeLevel](message)
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
  if (format === 'people') process.stdout.write(greeting(running, config, start.tools))
  logger.info('Kafka Server started', {
    address: clientAddress(running, config),
    nodeId: running.nodeId,
    clusterId: running.clusterId,
    folders: running.directories.map(({ path }) => path),
    durability: config.values['ottla.durability'],
    startMs: Math.round(performance.now()),
  })
  // Now, and not in the middle of the first large batch: loading takes some milliseconds.
  env.timers.defer(loadNativeChecksums)
  const signal = await stop
  logger.info('stopping', { signal })
  await running.stop()
  logger.info('Kafka Server stopped')
  env.close()
  start.onEnd?.()
  end(EXIT.stopped.code)
}

/** The environment wins over the file of settings. */
function logFormat(setting: string): LogFormat {
  const chosen = process.env['OTTLA_LOG_FORMAT'] ?? setting
  if (chosen === 'auto') return process.stdout.isTTY ? 'people' : 'json'
  return chosen === 'json' ? 'json' : 'people'
}

/** logger=level, as the settings were checked to be. */
function loggerLevels(entries: readonly string[]): Record<string, LogLevel> {
  return Object.fromEntries(entries.map((entry) => entry.split('='))) as Record<string, LogLevel>
}

interface Settings {
  readonly config: BrokerConfig
  readonly notices: readonly ConfigNotice[]
}

/** The text of a file of settings. */
export function readSettings(file: string): ServerStart['settings'] {
  try {
    return { text: readFileSync(resolve(file), 'utf8'), name: file }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : message
    return { row: EXIT.config, message: `The settings cannot be read from ${file}: ${why}` }
  }
}

function parseSettings({ settings, overrides }: ServerStart): Settings | Ending {
  if ('row' in settings) return settings
  const parsed = parseServerProperties(settings.text, settings.name, overrides)
  if (parsed.kind === 'refused') {
    const lines = parsed.problems.map((problem) => `  ${formatConfigProblem(problem)}`)
    return { row: EXIT.config, message: `The settings cannot be used:\n${lines.join('\n')}` }
  }
  return { config: parsed.config, notices: parsed.notices }
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
    failWith(env, { row: EXIT.fatal, message: 'the server ends: a fault was not caught' })
  }
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
}

function failWith(env: NodeEnv, { row, message }: Ending): never {
  env.close()
  process.stderr.write(`${message}\n`)
  end(row.code)
}

function end(code: number): never {
  process.exit(code)
}
