/** The environment of a broker, as bin/broker-environment.sh has it, for who starts one without a shell. */
import { readText } from './workspace.mjs'

export const serverEnvironment = { ...process.env }

for (const line of readText('bin/broker-environment.sh').split('\n')) {
  if (!line.startsWith('export ')) continue
  const [, name, ifUnset, before] = /^export (\w+)="(?:\$\{\1:-(.*)\}|(.*)\$\{\1:\+ \$\1\})"$/.exec(line) ?? []
  if (name === undefined) throw new Error(`bin/broker-environment.sh: not understood: ${line}`)
  const given = process.env[name] ?? ''
  serverEnvironment[name] = before === undefined ? given || ifUnset : `${before} ${given}`.trim()
}
