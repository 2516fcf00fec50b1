import { test } from 'node:test'
import { Simulation } from '../simulation.ts'
import { fileSystemCases } from './file-system-cases.ts'
import { networkCases } from './network-cases.ts'
import { timersCases } from './timers-cases.ts'

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed)

for (const { name, run } of fileSystemCases) {
  test(`simulated files: ${name}`, async () => {
    for (const seed of SEEDS) {
      const simulation = new Simulation({ seed })
      await simulation.run(async () => {
        const { files } = simulation.env('a')
        await files.makeDirectory('/data')
        await run({ files, root: '/data' })
      })
    }
  })
}

for (const { name, run } of networkCases) {
  test(`simulated network: ${name}`, async () => {
    for (const seed of SEEDS) {
      const simulation = new Simulation({ seed })
      await simulation.run(() =>
        run({ server: simulation.env('server').network, client: simulation.env('client').network, host: 'server' }),
      )
    }
  })
}

for (const { name, run } of timersCases) {
  test(`simulated timers: ${name}`, async () => {
    for (const seed of SEEDS) {
      const simulation = new Simulation({ seed })
      await simulation.run(() => run(simulation.env('a')))
    }
  })
}
