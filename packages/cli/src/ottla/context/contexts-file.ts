/**
 * Clusters by name, in `$XDG_CONFIG_HOME/ottla/config.json` (or ~/.config): what `ottla use` and `ottla context` write. The file may hold passwords, so
 * that nobody but its owner can read it.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Io } from '../../io.ts'
import { Failure } from '../usage-problem.ts'

export interface Context {
  readonly bootstrapServers: string
  /** Client properties in Kafka's words: security.protocol, sasl.jaas.config, … */
  readonly properties: Readonly<Record<string, string>>
}

export interface Contexts {
  /** Null: none was chosen. */
  readonly current: string | null
  readonly byName: ReadonlyMap<string, Context>
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const OTHERS = 0o077

export function contextsPath(variables: Io['variables']): string {
  const configured = variables['XDG_CONFIG_HOME'] ?? ''
  const folder = configured.startsWith('/') ? configured : join(variables['HOME'] ?? homedir(), '.config')
  return join(folder, 'ottla', 'config.json')
}

/** None where there is no file. Throws {@link Failure} when it cannot be read. */
export function readContexts(variables: Io['variables']): Contexts {
  const path = contextsPath(variables)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: null, byName: new Map() }
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`)
  }
  return parse(text, path)
}

export function writeContexts(variables: Io['variables'], { current, byName }: Contexts): void {
  const path = contextsPath(variables)
  const text = `${JSON.stringify({ current, contexts: Object.fromEntries(byName) }, null, 2)}\n`
  const temporary = `${path}.${process.pid}`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, text, { mode: 0o600 })
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch (error) {
    throw new Failure(`${path} cannot be written: ${(error as Error).message}`)
  }
}

/** Throws {@link Failure} for a name that would be a nuisance on a command line. */
export function checkContextName(name: string): void {
  if (!NAME.test(name))
    throw new Failure(`'${name}' is no name for a context: letters, digits, dots, dashes and underscores are`)
}

/** Whether others than the owner may read the file though it holds a secret. */
export function isExposed(variables: Io['variables'], contexts: Contexts): boolean {
  const hasSecret = [...contexts.byName.values()].some(({ properties }) => Object.keys(properties).some(isSecret))
  if (!hasSecret || process.platform === 'win32') return false
  return (statSync(contextsPath(variables)).mode & OTHERS) !== 0
}

/** A property whose value is not for everybody's eyes. */
export function isSecret(property: string): boolean {
  return /password|secret|jaas|credential|token|\.key$/i.test(property)
}

function parse(text: string, path: string): Contexts {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Failure(`${path} is no JSON: ${(error as Error).message}`, {
      hint: 'Correct it, or delete it and add the contexts again.',
    })
  }
  const { current = null, contexts = {} } = (value ?? {}) as { current?: unknown; contexts?: unknown }
  const byName = new Map<string, Context>()
  for (const [name, each] of Object.entries(contexts as Record<string, Partial<Context> | null>)) {
    if (typeof each?.bootstrapServers !== 'string')
      throw new Failure(`${path}: context ${name} has no bootstrapServers`)
    byName.set(name, { bootstrapServers: each.bootstrapServers, properties: each.properties ?? {} })
  }
  return { current: typeof current === 'string' ? current : null, byName }
}
