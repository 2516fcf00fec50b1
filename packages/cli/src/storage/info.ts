/** kafka-storage info: which folders there are, what they say of themselves, and what is wrong. Exit code 1 when something is. */
import { resolve } from 'node:path'
import type { BrokerConfig } from '@ottla/config'
import { MetadataError, readIdentities } from '@ottla/metadata'
import { type Io, printLine } from '../io.ts'

type Meta = NonNullable<Awaited<ReturnType<typeof readIdentities>>[number]['meta']>

export async function info(config: BrokerConfig, io: Io): Promise<number> {
  const all = [config.metadataLogDir, ...config.logDirs].map((directory) => resolve(io.workingDirectory, directory))
  const found: string[] = []
  const problems: string[] = []
  let first: Meta | null = null
  for (const directory of [...new Set(all)].sort()) {
    const stat = io.env.files.statSync(directory)
    if (stat === null || !stat.isDirectory) {
      problems.push(stat === null ? `${directory} does not exist` : `${directory} is not a directory`)
      continue
    }
    found.push(directory)
    const meta = await readMeta(directory, io)
    if (typeof meta === 'string') problems.push(meta)
    else if (meta === null) problems.push(`${directory} is not formatted.`)
    else if (first === null) first = meta
    else if (meta.clusterId !== first.clusterId || meta.nodeId !== first.nodeId) {
      problems.push(`${directory} belongs to another node or cluster than the folders before it.`)
    }
  }
  printBlock(io, found, ['Found log directory:', 'Found log directories:'])
  if (first !== null) printLine(io.stdout, `Found metadata: ${metaText(first)}\n`)
  printBlock(io, problems, ['Found problem:', 'Found problems:'])
  return problems.length === 0 ? 0 : 1
}

/** A text is the problem. */
async function readMeta(directory: string, io: Io): Promise<Meta | string | null> {
  try {
    const [identity] = await readIdentities(io.env.files, [directory])
    return identity?.meta ?? null
  } catch (error) {
    if (error instanceof MetadataError) return error.message
    throw error
  }
}

function printBlock(io: Io, lines: readonly string[], [one, many]: readonly [string, string]): void {
  if (lines.length === 0) return
  printLine(io.stdout, lines.length === 1 ? one : many)
  for (const line of lines) printLine(io.stdout, `  ${line}`)
  printLine(io.stdout, '')
}

function metaText(meta: Meta): string {
  const fields: [string, string | number | undefined][] = [
    ['cluster.id', meta.clusterId],
    ['directory.id', meta.directoryId],
    [meta.version === 0 ? 'broker.id' : 'node.id', meta.nodeId],
    ['version', meta.version],
  ]
  const known = fields.filter(([, value]) => value !== undefined)
  return `{${known.map(([key, value]) => `${key}=${value}`).join(', ')}}`
}
