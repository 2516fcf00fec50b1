/** What waits and what lends memory: deadlines, the timing wheel, slabs, frames. */
import { SlabPool, TimingWheel } from '@ottla/stdx'
import { Deadlines } from '../../../packages/broker/dist/purgatory/deadlines.js'
import { FrameReader } from '../../../packages/net/dist/frame-reader.js'

const PENDING = 10_000

function wheel() {
  const filled = new TimingWheel({ nowMs: 0 })
  for (let i = 0; i < PENDING; i += 1) filled.schedule(1 + ((i * 7919) % 300_000), i)
  let now = 0
  const turning = new TimingWheel({ nowMs: 0 })
  return {
    'timing wheel: set and take back among 10,000': {
      run: () => filled.cancel(filled.schedule(500, null)),
    },
    'timing wheel: set 100 and let them pass': {
      run() {
        for (let i = 0; i < 100; i += 1) turning.schedule(now + 1 + i * 3, i)
        now += 500
        turning.advance(now, () => {})
      },
    },
  }
}

function purgatory() {
  const world = { clock: { monotonic: () => 1000 }, timers: { after: () => ({ cancel() {} }) } }
  const deadlines = new Deadlines(world)
  for (let i = 0; i < PENDING; i += 1) deadlines.after(100 + (i % 500), () => {})
  const nothing = () => {}
  return {
    'purgatory: a wait begins and ends among 10,000': {
      run: () => deadlines.cancel(deadlines.after(500, nothing)),
    },
  }
}

function memory() {
  const pool = new SlabPool()
  const chunk = Buffer.alloc(64 << 10)
  const frameBytes = 16 << 10
  for (let at = 0; at < chunk.length; at += frameBytes) chunk.writeInt32BE(frameBytes - 4, at)
  const counters = { framesIn: 0, bytesCopied: 0 }
  const options = { pool, maxFrameBytes: 1 << 20, minFrameBytes: 8, counters }
  const reader = new FrameReader(options, (frame) => {
    frame.release()
    return true
  })
  return {
    'lend and take back 16 KB of a slab': { run: () => pool.allocate(16 << 10).release() },
    'cut 64 KB into four frames': { run: () => reader.push(chunk) },
  }
}

export const waiting = () => ({ ...wheel(), ...purgatory(), ...memory() })
