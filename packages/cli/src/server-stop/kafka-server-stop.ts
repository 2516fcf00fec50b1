/**
 * kafka-server-stop: asks the servers that run from this installation to stop (SIGTERM). `--node-id N` picks the one whose
 * settings name that node.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseServerProperties } from '@ottla/config'
import { printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import { parseServerArguments } from '../server/server-arguments.ts'
import { defineTool } from '../tool.ts'

interface ServerProcess {
  readonly pid: number
  /** What follows the script on its command line. */
  readonly args: readonly string[]
  /** For relative paths; null when it cannot be told. */
  readonly workingDirectory: string | null
}

/** Runs kafka-server-stop. */
export const run = defineTool({
  purpose: 'stop the servers of this machine that run from this installation.',
  options: [
    { name: 'node-id', argument: { label: 'id', type: 'Integer' }, description: 'Only the server of this node.' },
    {
      name: 'process-role',
      argument: { label: 'broker or controller' },
      description: 'Understood: every server here is both.',
    },
  ],
  acceptsNoArguments: true,
  async run(options, io) {
    const nodeId = options.integer('node-id')
    const servers = findServers(dirname(process.argv[1] ?? ''))
    const chosen = nodeId === undefined ? servers : servers.filter((server) => nodeIdOf(server) === nodeId)
    if (chosen.length === 0) {
      throw new ToolError(nodeId === undefined ? 'No kafka server to stop' : `No kafka server with node id ${nodeId}`)
    }
    for (const { pid } of chosen) {
      process.kill(pid, 'SIGTERM')
      printLine(io.stdout, `Asked process ${pid} to stop`)
    }
    return 0
  },
})

/** Processes whose script is the server in folder `build`. */
function findServers(build: string): ServerProcess[] {
  const script = join(build, 'server.cjs')
  return processes()
    .filter(({ args }) => args[0] === script)
    .map(({ pid, args, workingDirectory }) => ({
      pid,
      args: args.slice(1),
      workingDirectory,
    }))
}

/** All processes of Node, with the arguments after its own. */
function processes(): ServerProcess[] {
  return process.platform === 'linux' ? linuxProcesses() : otherProcesses()
}

function linuxProcesses(): ServerProcess[] {
  const found: ServerProcess[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const [, ...args] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1)
      found.push({ pid: Number(name), args: afterFlags(args), workingDirectory: readlinkSync(`/proc/${name}/cwd`) })
    } catch {
      // It ended meanwhile, or is another user's.
    }
  }
  return found
}

function otherProcesses(): ServerProcess[] {
  const output = execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
  return output.split('\n').flatMap((line) => {
    const [pid = '', , ...args] = line.trim().split(/\s+/)
    return /^\d+$/.test(pid) ? [{ pid: Number(pid), args: afterFlags(args), workingDirectory: null }] : []
  })
}

/** Node's own flags stand before the script. */
function afterFlags(args: readonly string[]): string[] {
  const script = args.findIndex((arg) => !arg.startsWith('-'))
  return script === -1 ? [] : args.slice(script)
}

function nodeIdOf({ args, workingDirectory }: ServerProcess): number | null {
  const parsed = parseServerArguments(args)
  if (parsed === null) return null
  try {
    const path = resolve(workingDirectory ?? '.', parsed.file)
    const settings = parseServerProperties(readFileSync(path, 'utf8'), path, parsed.overrides)
    return settings.kind === 'config' ? (settings.config.nodeId ?? 1) : null
  } catch {
    return null
  }
}
