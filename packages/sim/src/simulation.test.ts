import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { ByteStream } from '@ottla/env'
import { assert } from '@ottla/stdx'
import { Simulation, type SimulationOptions } from './simulation.ts'

/** A small world in which everything takes part: files, connections, timers, randomness, crashes, a partition. */
async function busyWorld(options: SimulationOptions): Promise<Simulation> {
  const simulation = new Simulation(options)
  await simulation.run(async () => {
    for (const name of ['a', 'b', 'c']) serve(simulation, name)
    simulation.host('b').disk.faults.rates = { shortWrite: 0.05, slow: 0.05, syncError: 0.02 }
    for (let round = 0; round < 8; round++) {
      for (const to of ['a', 'b', 'c']) send(simulation, to)
      await simulation.sleep(simulation.random.between(1, 30))
      const victim = simulation.random.pick(['a', 'b', 'c'])
      await simulation.crash(victim, simulation.random.pick(['process', 'power']))
      simulation.partition(['a'], ['b'])
      await simulation.sleep(5)
      serve(simulation, victim)
      simulation.healNetwork()
    }
  })
  return simulation
}

function serve(simulation: Simulation, name: string): void {
  const { files, network, logger } = simulation.env(name)
  const log = files.openSync('/log', 'create')
  let end = log.sizeSync()
  void network.listen({ host: '', port: 9092 }, (stream: ByteStream) => {
    stream.onData = (chunk) => {
      end += log.writevSync([chunk], end)
      log.dataSync().then(
        () => stream.write([Buffer.from(`synced ${end}`)]),
        (error) => logger.warn('Sync failed', { error }),
      )
    }
  })
}

function send(simulation: Simulation, to: string): void {
  const { network, random, timers } = simulation.env('client')
  network.connect({ host: to, port: 9092 }, { timeoutMs: 100 }).then(
    (stream) => {
      stream.write([random.bytes(random.below(2000))])
      timers.after(20, () => stream.end())
    },
    () => {},
  )
}

test('the same seed gives the same trace, event by event; another seed gives another', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const one = await busyWorld({ seed, keepTrace: true })
    const two = await busyWorld({ seed, keepTrace: true })
    deepEqual(two.trace.lines, one.trace.lines)
    equal(two.trace.hash, one.trace.hash)
    ok(one.trace.count > 200)
    notEqual((await busyWorld({ seed: `other ${seed}` })).trace.hash, one.trace.hash)
  }
})

test('events come in the order of time, and those of one time in an order that the seed draws', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 20; seed++) {
    const simulation = new Simulation({ seed })
    const order: string[] = []
    await simulation.run(async () => {
      const { timers } = simulation.env('a')
      for (const name of ['x', 'y', 'z']) timers.after(5, () => order.push(name))
      timers.after(4, () => order.push('first'))
      await simulation.sleep(6)
    })
    equal(order.shift(), 'first')
    orders.add(order.join(''))
  }
  ok(orders.size > 3)
})

test('promises settle between two events, however long their chains are', async () => {
  const simulation = new Simulation({ seed: 1 })
  const order: string[] = []
  await simulation.run(async () => {
    const { timers } = simulation.env('a')
    timers.after(1, () => {
      void (async () => {
        for (let i = 0; i < 1000; i++) await null
        order.push('chain')
      })()
    })
    timers.after(1.000001, () => order.push('next event'))
    await simulation.sleep(2)
  })
  deepEqual(order, ['chain', 'next event'])
})

test('hours pass in moments', async () => {
  const simulation = new Simulation({ seed: 1 })
  const { clock } = simulation.env('a')
  const began = clock.now()
  await simulation.run(() => simulation.sleep(3_600_000))
  equal(clock.now() - began, 3_600_000)
})

test('a failure names the seed, the time and the cause', async () => {
  const simulation = new Simulation({ seed: 4711 })
  const cause = await simulation
    .run(async () => {
      simulation.env('a').timers.after(12, () => assert(false, 'high watermark goes back'))
      await simulation.sleep(100)
    })
    .catch((error: Error) => error)
  ok(cause instanceof Error)
  equal(cause.message, 'high watermark goes back (seed 4711, 12.000 ms, event 1)')
  equal((cause.cause as Error).name, 'AssertionError')
})

test('an invariant is checked after every event', async () => {
  const simulation = new Simulation({ seed: 1 })
  let value = 0
  simulation.checkAlways(() => assert(value < 3, 'value stays below 3'))
  await rejects(
    simulation.run(async () => {
      for (let i = 0; i < 10; i++) simulation.env('a').timers.after(i, () => value++)
      await simulation.sleep(100)
    }),
    /value stays below 3 \(seed 1, 2\.000 ms/,
  )
})

test('a rejection that nobody catches fails the run', async () => {
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  try {
    const simulation = new Simulation({ seed: 3 })
    const run = simulation.run(async () => {
      simulation.env('a').timers.after(1, () => void Promise.reject(new Error('nobody cares')))
      await simulation.sleep(10)
    })
    await rejects(run, /nobody cares \(seed 3/)
  } finally {
    for (const listener of others) process.on('unhandledRejection', listener)
  }
})

test('a program that waits for nothing is told apart from one that waits for the real world', async () => {
  await rejects(
    new Simulation({ seed: 1 }).run(() => new Promise(() => {})),
    /nothing is left to happen and the program still waits/,
  )
  const simulation = new Simulation({ seed: 1 })
  await rejects(
    simulation.run(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      await simulation.sleep(1)
    }),
    /something outside of the simulation/,
  )
})

test('waiting for a condition ends with the event that makes it true, or fails in time', async () => {
  const simulation = new Simulation({ seed: 1 })
  await simulation.run(async () => {
    let isDone = false
    simulation.env('a').timers.after(70, () => {
      isDone = true
    })
    await rejects(
      simulation.until(() => isDone, { timeoutMs: 50, what: 'doing' }),
      /doing did not come true in 50 ms/,
    )
    await simulation.until(() => isDone)
    equal(simulation.now, 70)
  })
})

test('clocks are skewed, drift and jump per host; monotonic time goes its way', async () => {
  const simulation = new Simulation({ seed: 1, startMs: 1000 })
  simulation.host('fast').clockDriftPpm = 100_000
  simulation.host('late').clockSkewMs = -500
  await simulation.run(async () => {
    const [fast, late] = [simulation.env('fast').clock, simulation.env('late').clock]
    await simulation.sleep(1000)
    equal(fast.now(), 2100)
    equal(late.now(), 1500)
    simulation.host('late').clockSkewMs = 3_600_000
    equal(late.now(), 3_602_000)
    equal(late.monotonic(), 1000)
    equal(fast.monotonic(), 1000)
  })
})

test('a paused host gets its timers late and others do not notice', async () => {
  const simulation = new Simulation({ seed: 1 })
  const at: number[] = []
  await simulation.run(async () => {
    const { timers, clock } = simulation.env('a')
    timers.after(10, () => at.push(simulation.now))
    simulation.env('b').timers.after(10, () => at.push(simulation.now))
    await simulation.sleep(5)
    simulation.host('a').pause(100)
    equal(clock.monotonic(), 105)
    await simulation.sleep(200)
  })
  deepEqual(at, [10, 105])
})

test('the pool works in place and answers later; unknown tasks are refused', async () => {
  const simulation = new Simulation({ seed: 1, tasks: { double: (input) => Buffer.concat([input, input]) } })
  await simulation.run(async () => {
    const { pool } = simulation.env('a')
    const packed = await pool.run('gzip.compress', Buffer.from('x'.repeat(1000)), { level: 9 })
    equal((await pool.run('gzip.decompress', packed)).length, 1000)
    await rejects(pool.run('gzip.decompress', packed, { maxBytes: 999 }), { code: 'ERR_BUFFER_TOO_LARGE' })
    equal((await pool.run('double', Buffer.from('ab'))).toString(), 'abab')
    await rejects(pool.run('none', Buffer.alloc(0)), { code: 'UNKNOWN_TASK' })
  })
})

test('log lines are kept per host with virtual time, at the level that was asked for', async () => {
  const seen: string[] = []
  const simulation = new Simulation({
    seed: 1,
    startMs: 5000,
    onLogLine: (host, line) => seen.push(`${host} ${line.message}`),
  })
  await simulation.run(async () => {
    const { logger, logLevels } = simulation.env('a')
    const child = logger.child('broker.replica', { partition: 3 })
    child.debug('not kept')
    await simulation.sleep(10)
    child.info('kept', { offset: 7 })
    logLevels.set('broker', 'debug')
    child.debug('kept too')
  })
  deepEqual(
    simulation.host('a').log.map(({ timeMs, logger, message, fields }) => [timeMs, logger, message, fields]),
    [
      [5010, 'broker.replica', 'kept', { partition: 3, offset: 7 }],
      [5010, 'broker.replica', 'kept too', { partition: 3 }],
    ],
  )
  deepEqual(seen, ['a kept', 'a kept too'])
})

test('a delay that has passed has passed by the clock too, whatever the numbers', async () => {
  const simulation = new Simulation({ seed: 5 })
  await simulation.run(async () => {
    for (let n = 0; n < 2000; n++) {
      const { clock, timers } = simulation.env('a')
      await simulation.sleep(simulation.random.float())
      if (n % 10 === 0) simulation.host('a').pause(simulation.random.float())
      const delayMs = simulation.random.float() * 10
      const startMs = clock.monotonic()
      let waitedMs = -1
      timers.after(delayMs, () => {
        waitedMs = clock.monotonic() - startMs
      })
      await simulation.until(() => waitedMs >= 0)
      ok(waitedMs >= delayMs, `${waitedMs} after ${delayMs}`)
    }
  })
})

test('a process may end within one of its own calls: what it had begun ends there', async () => {
  const simulation = new Simulation({ seed: 6 })
  const host = simulation.host('a')
  let isPast = false
  await simulation.run(async () => {
    const { files, timers } = simulation.env('a')
    host.disk.onChange = () => host.crash('process')
    timers.after(1, () => {
      files.openSync('/file', 'create')
      isPast = true
    })
    await simulation.until(() => host.process === undefined)
  })
  equal(isPast, false)
})

test('what a check sets going after the last event goes on', async () => {
  const simulation = new Simulation({ seed: 7 })
  let wake: () => void = () => {}
  const woken = new Promise<void>((resolve) => {
    wake = resolve
  })
  let hasEnded = false
  await simulation.run(async () => {
    simulation.env('a').timers.after(1, () => {
      hasEnded = true
    })
    const forget = simulation.checkAlways(() => {
      if (hasEnded) wake()
    })
    await woken
    forget()
    await simulation.sleep(1)
  })
})

test("what code of a dead process throws is nobody else's to hear", async () => {
  const heard: unknown[] = []
  const hear = (reason: unknown): void => void heard.push(reason)
  process.on('unhandledRejection', hear)
  const simulation = new Simulation({ seed: 8 })
  await simulation.run(async () => {
    const { files } = simulation.env('a')
    await simulation.crash('a', 'process')
    void (async () => {
      await simulation.sleep(1)
      files.openSync('/file', 'create')
    })()
    await simulation.sleep(2)
  })
  await new Promise((resolve) => setImmediate(resolve))
  equal(process.listeners('unhandledRejection').includes(hear), true)
  process.off('unhandledRejection', hear)
  deepEqual(heard, [])
})
