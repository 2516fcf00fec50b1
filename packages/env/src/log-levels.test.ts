import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { isLogLevel, LogLevels } from './log-levels.ts'
import { createLogger, type LogLine } from './structured-logger.ts'

test('a logger without a level of its own has that of its nearest ancestor', () => {
  const levels = new LogLevels('info', { 'broker.replica': 'debug' })
  equal(levels.levelOf('broker.replica.fetcher'), 'debug')
  equal(levels.levelOf('broker.replica'), 'debug')
  equal(levels.levelOf('broker'), 'info')
  equal(levels.levelOf('brokerage.replica'), 'info')
  levels.set('root', 'warn')
  equal(levels.levelOf('broker'), 'warn')
  levels.unset('broker.replica')
  equal(levels.levelOf('broker.replica.fetcher'), 'warn')
  levels.unset('root')
  equal(levels.levelOf('x'), 'warn')
  equal(levels.ownLevelOf('x'), undefined)
})

test('levels take effect at once on loggers that exist, and their names are known', () => {
  const lines: LogLine[] = []
  const levels = new LogLevels('info')
  const root = createLogger({ levels, now: () => 42, write: (line) => lines.push(line) })
  const child = root.child('log.cleaner', { dir: '/data' }).child('log.cleaner', { thread: 1 })
  child.debug('unheard')
  equal(child.isEnabled('debug'), false)
  levels.set('log', 'debug')
  equal(child.isEnabled('debug'), true)
  child.debug('heard', { thread: 2 })
  root.error('root')
  deepEqual(lines, [
    { timeMs: 42, level: 'debug', logger: 'log.cleaner', message: 'heard', fields: { dir: '/data', thread: 2 } },
    { timeMs: 42, level: 'error', logger: 'root', message: 'root', fields: {} },
  ])
  deepEqual(levels.names(), ['root', 'log', 'log.cleaner'])
  equal(isLogLevel('warn'), true)
  equal(isLogLevel('WARN'), false)
})
