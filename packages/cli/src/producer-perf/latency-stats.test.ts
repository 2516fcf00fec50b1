import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { LatencyStats } from './latency-stats.ts'

/** Time is what the test says. */
function statsAt(recordCount: number) {
  const lines: string[] = []
  const time = { now: 1000 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const print = (line: string) => lines.push(line)
  const stats = new LatencyStats({ clock, recordCount, reportingIntervalMs: 5000, isSteadyState: false, print })
  return { stats, time, lines }
}

test('the summary tells rates, average, maximum and percentiles in the words of Kafka', () => {
  const { stats, time, lines } = statsAt(100)
  for (let latency = 1; latency <= 100; latency += 1) stats.record(latency, 1024, time.now)
  time.now = 3000
  stats.printTotal()
  deepEqual(lines, [
    '100 records sent, 50.000000 records/sec (0.05 MB/sec), 50.50 ms avg latency, 100.00 ms max latency, 51 ms 50th, 96 ms 95th, 100 ms 99th, 100 ms 99.9th.',
  ])
})

test('a window is printed with the first record after the interval, and counts anew', () => {
  const { stats, time, lines } = statsAt(4)
  stats.record(10, 100, time.now)
  time.now = 6000
  stats.record(20, 100, time.now)
  stats.record(5, 100, time.now)
  time.now = 11_000
  stats.record(7, 100, time.now)
  deepEqual(lines, [
    '2 records sent, 0.4 records/sec (0.00 MB/sec), 15.0 ms avg latency, 20.0 ms max latency.',
    '2 records sent, 0.4 records/sec (0.00 MB/sec), 6.0 ms avg latency, 7.0 ms max latency.',
  ])
})
