import { match } from 'node:assert/strict'
import { test } from 'node:test'
import type { ByteStream } from '@ottla/env'
import { Simulation } from '@ottla/sim'
import { FuzzPeer } from './fuzz-peer.ts'

const GOODBYE = Buffer.from('0000000a00120000000000050000', 'hex').fill(0xff, 12)

/** What the peer says of a server that treats a connection so. */
async function faultOf(serve: (stream: ByteStream) => void): Promise<string> {
  const simulation = new Simulation({ seed: 'peer' })
  const faults: string[] = []
  await simulation.run(async () => {
    await simulation.env('broker').network.listen({ host: '', port: 9092 }, serve)
    const env = simulation.env('client')
    const stream = await env.network.connect({ host: 'broker', port: 9092 })
    const onFault = (fault: Error): void => void faults.push(fault.message)
    const peer = new FuzzPeer({ env, stream, isServed: (key) => key === 18, onAnswer: () => {}, onFault })
    faults.push(await peer.send([GOODBYE], 5))
  })
  return faults.join(', ')
}

function answering(hex: string): (stream: ByteStream) => void {
  return (stream) => {
    stream.onData = () => stream.write([Buffer.from(hex, 'hex')])
  }
}

test('a peer tells a good answer from none, one to another request and one that cannot be read', async () => {
  match(await faultOf(answering('0000000a00000005000000000000')), /^answered$/)
  match(await faultOf((stream) => stream.destroy()), /^closed$/)
  match(await faultOf(() => {}), /neither answered nor closed/)
  match(await faultOf(answering('0000000a00000006000000000000')), /answer 6 does not follow/)
  match(await faultOf(answering('0000000800000005000000ff')), /unreadable ApiVersionsResponse/)
})
