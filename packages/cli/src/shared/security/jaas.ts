/** The part of Java's login configuration (JAAS) that clients of Kafka use: `module required key="value" …;`. */
import { ToolError } from '../../options/usage-error.ts'

export interface LoginModule {
  /** Without its package: `PlainLoginModule`. */
  readonly name: string
  readonly options: ReadonlyMap<string, string>
}

const TOKEN = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([;={}])|([^\s"';={}]+)/gy
const FLAGS = new Set(['required', 'requisite', 'sufficient', 'optional'])

/** Reads the value of sasl.jaas.config. Throws ToolError. */
export function parseJaasConfig(text: string): LoginModule {
  return readModule(tokensOf(text))
}

/** Reads the section of a login configuration file. Throws ToolError. */
export function parseJaasFile(text: string, section: string): LoginModule {
  const tokens = tokensOf(text)
  for (let at = 0; at < tokens.length; at += 1) {
    if (tokens[at] === section && tokens[at + 1] === '{') return readModule(tokens.slice(at + 2))
  }
  throw new ToolError(`Could not find a '${section}' entry in the JAAS configuration.`)
}

function readModule(tokens: readonly string[]): LoginModule {
  const [module, flag] = tokens
  if (module === undefined || !FLAGS.has(flag?.toLowerCase() ?? '')) {
    throw new ToolError('Login module control flag is not specified in JAAS config')
  }
  const options = new Map<string, string>()
  for (let at = 2; tokens[at] !== ';'; at += 3) {
    const [key, equals, value] = tokens.slice(at, at + 3)
    if (key === undefined) throw new ToolError('JAAS config entry not terminated by semi-colon')
    if (equals !== '=' || value === undefined || value === ';') {
      throw new ToolError(`Value not specified for key '${key}' in JAAS config`)
    }
    options.set(key, value)
  }
  return { name: module.slice(module.lastIndexOf('.') + 1), options }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  let end = 0
  for (const match of text.matchAll(TOKEN)) {
    end = match.index + match[0].length
    const quoted = match[1] ?? match[2]
    if (quoted !== undefined)
      tokens.push(quoted.replaceAll(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character))
    else if (match[3] !== undefined) tokens.push(match[3])
    else if (match[4] !== undefined) tokens.push(match[4])
  }
  if (end !== text.length) throw new ToolError('a quote is not closed in the JAAS config')
  return tokens
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
