/** `--replica-assignment 1:2,2:3`: the brokers of each partition. */
import { ToolError } from '../options/usage-error.ts'

/** Broker ids by partition. Throws ToolError in Kafka's words. */
export function parseReplicaAssignment(text: string): number[][] {
  const assignments = text.split(',').map((partition) => partition.split(':').map(brokerId))
  assignments.forEach((brokers, partition) => {
    const duplicates = brokers.filter((id, index) => brokers.indexOf(id) !== index)
    if (duplicates.length > 0) {
      throw new ToolError(`Partition replica lists may not contain duplicate entries: ${duplicates.join(', ')}`)
    }
    if (brokers.length !== assignments[0]!.length) {
      throw new ToolError(`Partition ${partition} has different replication factor: [${brokers.join(', ')}]`)
    }
  })
  return assignments
}

function brokerId(text: string): number {
  const trimmed = text.trim()
  if (!/^[+-]?\d+$/.test(trimmed)) throw new ToolError(`For input string: "${trimmed}"`)
  return Number(trimmed)
}
