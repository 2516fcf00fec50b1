import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileSystemCases, networkCases, timersCases } from '@ottla/sim/conformance'
import { nodeClock } from './node-clock.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { NodeNetwork } from './node-network.ts'
import { NodeTimers } from './node-timers.ts'

for (const { name, run } of fileSystemCases) {
  test(`real files: ${name}`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'ottla-files-'))
    try {
      await run({ files: nodeFileSystem, root })
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
}

for (const host of ['127.0.0.1', 'localhost']) {
  for (const { name, run } of networkCases) {
    test(`real network, ${host}: ${name}`, async () => {
      const network = new NodeNetwork()
      await run({ server: network, client: network, host })
    })
  }
}

for (const { name, run } of timersCases) {
  test(`real timers: ${name}`, async () => {
    await run({ clock: nodeClock, timers: new NodeTimers({ clock: nodeClock, keepAlive: true }) })
  })
}
