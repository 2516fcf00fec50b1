/** What the group coordinator needs for share groups. */
import type { SharePersister, SharePorts } from '@ottla/coordinator'
import type { ReplicaRegistry } from '../replica/replica-registry.ts'

export function sharePorts(persister: SharePersister, replicas: ReplicaRegistry): SharePorts {
  return {
    persister,
    async endOffset(topic, partition) {
      const { replica } = replicas.find(topic, partition)
      if (replica === undefined) return undefined
      if (!replica.isReady) await new Promise<void>((resolve) => replica.whenReady(resolve))
      return replica.highWatermark
    },
  }
}
