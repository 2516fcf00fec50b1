/**
 * The file meta.properties of a data folder: which cluster and node it belongs to, and its own id.
 * Version 1: cluster.id, node.id, directory.id. Version 0 (ZooKeeper mode): broker.id, perhaps cluster.id and directory.id.
 */
export const META_PROPERTIES = 'meta.properties'

export interface MetaProperties {
  readonly version: 0 | 1
  readonly clusterId: string | undefined
  readonly nodeId: number | undefined
  readonly directoryId: string | undefined
}

const LINE = /^\s*([^#!\s=:][^\s=:]*)\s*[=:]\s*(.*?)\s*$/

/** Throws Error with what is wrong. */
export function parseMetaProperties(content: Buffer): MetaProperties {
  const fields = new Map<string, string>()
  for (const line of content.toString().split(/\r?\n/)) {
    const match = LINE.exec(line)
    if (match !== null) fields.set(match[1]!, match[2]!.replace(/\\(.)/g, '$1'))
  }
  const version = fields.get('version')
  if (version !== '0' && version !== '1') throw new Error(`version is ${version ?? 'missing'}`)
  const nodeText = fields.get(version === '0' ? 'broker.id' : 'node.id')
  if (nodeText !== undefined && !/^-?\d{1,10}$/.test(nodeText)) throw new Error(`the node id is '${nodeText}'`)
  return {
    version: version === '0' ? 0 : 1,
    clusterId: fields.get('cluster.id'),
    nodeId: nodeText === undefined ? undefined : Number(nodeText),
    directoryId: fields.get('directory.id'),
  }
}

export function formatMetaProperties(meta: MetaProperties): Buffer {
  const lines = [`version=${meta.version}`]
  if (meta.clusterId !== undefined) lines.push(`cluster.id=${meta.clusterId}`)
  if (meta.nodeId !== undefined) lines.push(`${meta.version === 0 ? 'broker' : 'node'}.id=${meta.nodeId}`)
  if (meta.directoryId !== undefined) lines.push(`directory.id=${meta.directoryId}`)
  return Buffer.from(`${lines.join('\n')}\n`)
}
