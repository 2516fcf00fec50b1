/**
 * A broker in a process of its own, where nothing else makes objects, whose memory is collected when somebody asks, and which says how often it
 * was without. Holds no tests.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { TestBroker } from './test-broker.test.ts'

const SERVE = 'serve-collected'

/** 'all' has what is alive grow old; 'young' leaves what the next one takes for old. */
type Collection = 'all' | 'young'

/** How often everything was collected so far. */
type Asked = Collection | 'count'

export class CollectedBroker {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** With one topic of one partition. Ends with the test. */
  static async start(t: TestContext, topic: string): Promise<CollectedBroker> {
    const child = fork(fileURLToPath(import.meta.url), [SERVE, topic], {
      execArgv: [],
      stdio: 'inherit',
      // As in bin/broker-environment.sh.
      env: { ...process.env, MALLOC_MMAP_THRESHOLD_: '262144' },
    })
    t.after(() => ended(child))
    return new CollectedBroker(child, await told(child))
  }

  /** Collects, and gives the bytes of the heap that are in use then. */
  async collect(what: Collection): Promise<number> {
    return await this.#ask(what)
  }

  /** How often everything was collected since the start. */
  async collections(): Promise<number> {
    return await this.#ask('count')
  }

  async #ask(what: Asked): Promise<number> {
    const answer = told(this.#child)
    this.#child.send(what)
    return await answer
  }
}

function told(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(new Error('the broker has ended'))
    child.once('exit', over)
    child.once('message', (number) => {
      child.off('exit', over)
      resolve(number as number)
    })
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  await exit
}

async function serve(topic: string): Promise<void> {
  const closers: (() => Promise<void>)[] = []
  const test = { after: (close: () => Promise<void>) => closers.push(close) } as unknown as TestContext
  const broker = await TestBroker.start(test, { 'ottla.durability': 'replicated' }, { hasOwnPool: true })
  await broker.createTopics({ [topic]: 1 })
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
  let collections = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++
    }
  }).observe({ entryTypes: ['gc'] })
  process.on('message', (what: Asked) => {
    // What was observed is told in a turn of its own.
    if (what === 'count') setImmediate(() => process.send!(collections))
    else {
      if (what === 'all') collect()
      else collect({ type: 'minor' })
      process.send!(usedBytes())
    }
  })
  process.once('disconnect', () => {
    void Promise.all(closers.map((close) => close())).then(() => process.exit())
  })
  process.send!(broker.port)
}

function usedBytes(): number {
  let bytes = 0
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (space_name === 'new_space' || space_name === 'old_space') bytes += space_used_size
  }
  return bytes
}

if (process.argv[2] === SERVE) await serve(process.argv[3]!)
