/** Settings of a broker that is alone, as text of a server.properties. */
import { formatProperties } from '@ottla/config'

export interface SingleBroker {
  readonly folder: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Name under which clients reach it; null: the host. */
  readonly advertised: string | null
}

export function singleBrokerSettings({ folder, host, port, advertised }: SingleBroker): string {
  const bare = host.includes(':') ? `[${host}]` : host
  const settings: Readonly<Record<string, string>> = {
    'node.id': '1',
    listeners: `PLAINTEXT://${bare}:${port}`,
    ...(advertised === null ? {} : { 'advertised.listeners': `PLAINTEXT://${advertised}:${port}` }),
    'log.dirs': folder,
    'auto.create.topics.enable': 'true',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // Nobody else is going to join while a group waits.
    'group.initial.rebalance.delay.ms': '0',
  }
  return formatProperties(Object.entries(settings))
}
