/** The world of a test whose brokers can be made to say nothing for a while, and which counts timers that wait. Holds no tests. */
import type { ByteStream, Env, Timer } from '@ottla/env'
import { nodeEnv } from '@ottla/env/node'

export interface FreezableEnv extends Env {
  /** From now on nothing that a broker says arrives. */
  freeze(): void
  /** What was held back arrives, and all else after it. */
  thaw(): void
  /** Timers that were set and neither ran nor were cancelled. */
  readonly timersWaiting: number
  close(): void
}

export function freezableEnv(): FreezableEnv {
  const env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  const waiting = new Set<Timer>()
  const held: (() => void)[] = []
  let isFrozen = false
  const arrive = (deliver: () => void) => {
    if (isFrozen) held.push(deliver)
    else deliver()
  }
  return {
    ...env,
    network: {
      listen: (address, accept) => env.network.listen(address, accept),
      connect: async (address, options) => holdable(await env.network.connect(address, options), arrive),
    },
    timers: {
      defer: (fn) => env.timers.defer(fn),
      after: (delayMs, fn) => {
        const timer = env.timers.after(delayMs, () => {
          waiting.delete(handle)
          fn()
        })
        const handle = {
          cancel: () => {
            waiting.delete(handle)
            timer.cancel()
          },
        }
        waiting.add(handle)
        return handle
      },
    },
    freeze: () => {
      isFrozen = true
    },
    thaw: () => {
      isFrozen = false
      for (const deliver of held.splice(0)) deliver()
    },
    get timersWaiting() {
      return waiting.size
    },
    close: () => env.close(),
  }
}

/** The stream, whose data come by way of `arrive`. */
function holdable(stream: ByteStream, arrive: (deliver: () => void) => void): ByteStream {
  return new Proxy(stream, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => {
      if (name !== 'onData') return Reflect.set(target, name, value, target)
      target.onData = (chunk) => {
        const copy = Buffer.from(chunk)
        arrive(() => value(copy))
      }
      return true
    },
  })
}
