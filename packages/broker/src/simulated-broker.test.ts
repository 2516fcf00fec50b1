/** A broker on a simulated machine, with time, network and disk of its own. Holds no tests. */
import { parseServerProperties } from '@ottla/config'
import { ClientConnection } from '@ottla/net'
import { CreateTopicsRequest, CreateTopicsResponse, ProduceRequest, ProduceResponse } from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { SlabPool } from '@ottla/stdx'
import { type RunningBroker, startBroker } from './start-broker.ts'
import { batch } from './test-broker.test.ts'

const CREATE_TOPICS = { request: CreateTopicsRequest, response: CreateTopicsResponse }
const PRODUCE = { request: ProduceRequest, response: ProduceResponse }

export interface SimulatedBroker {
  readonly simulation: Simulation
  readonly running: RunningBroker
  readonly connection: ClientConnection
  connect(): Promise<ClientConnection>
  /** Produces one record; gives the error code. */
  produce(value: string): Promise<number>
}

/** Runs `main` against a broker on a simulated machine that has a topic `events`. */
export async function simulated(
  main: (broker: SimulatedBroker) => Promise<void>,
  overrides: Readonly<Record<string, string>> = {},
): Promise<void> {
  const simulation = new Simulation({ seed: 'broker faults', logLevel: 'fatal' })
  await simulation.run(async () => {
    const settings = { listeners: 'PLAINTEXT://:9092', 'log.dirs': '/data', ...overrides }
    const parsed = parseServerProperties('', 'test', Object.entries(settings))
    if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems))
    const running = await startBroker(simulation.env('broker'), parsed.config, {
      pool: new SlabPool({ poison: true }),
      // When the only data folder has failed, the process would end.
      onFatal: () => {},
    })
    const env = simulation.env('client')
    const connect = (): Promise<ClientConnection> =>
      ClientConnection.connect({
        env,
        host: 'broker',
        port: 9092,
        clientId: 'test',
        connectTimeoutMs: 5000,
        requestTimeoutMs: 60_000,
        softwareName: 'test',
        softwareVersion: '1',
      })
    const connection = await connect()
    await connection.request(CREATE_TOPICS, 7, {
      topics: [{ name: 'events', numPartitions: 1, replicationFactor: 1 }],
      timeoutMs: 5000,
    })
    const produce = async (value: string): Promise<number> => {
      const records = batch([{ value }], { timestamp: env.clock.now() })
      const topicData = [{ name: 'events', partitionData: [{ index: 0, records }] }]
      const response = await connection.request(PRODUCE, 12, { acks: -1, timeoutMs: 5000, topicData })
      return response.responses[0]!.partitionResponses[0]!.errorCode
    }
    await main({ simulation, running, connection, connect, produce })
    await running.stop()
  })
}

/** Whether the path is of the data of `events`. */
export function isData(path: string): boolean {
  return path.includes('/events-0/') && path.endsWith('.log')
}
