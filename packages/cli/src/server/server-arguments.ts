/** `kafka-server-start FILE [--override key=value]…` */

export interface ServerArguments {
  /** Path of the file of settings. */
  readonly file: string
  readonly overrides: readonly (readonly [string, string])[]
}

export const USAGE = 'USAGE: bin/kafka-server-start.sh [-daemon] server.properties [--override property=value]*'

/** Null when the arguments are not as they must be. */
export function parseServerArguments(argv: readonly string[]): ServerArguments | null {
  let file: string | undefined
  const overrides: (readonly [string, string])[] = []
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at]!
    const isOverride = argument === '--override' || argument.startsWith('--override=')
    if (!isOverride) {
      if (argument.startsWith('-') || file !== undefined) return null
      file = argument
      continue
    }
    let pair = argument.slice('--override='.length)
    if (argument === '--override') {
      at += 1
      pair = argv[at] ?? ''
    }
    const equals = pair.indexOf('=')
    if (equals < 1) return null
    overrides.push([pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()])
  }
  return file === undefined ? null : { file, overrides }
}
