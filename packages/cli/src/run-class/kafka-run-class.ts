/** kafka-run-class: runs the tool that a class of Kafka's is here. The server's class is dealt with by the script. */
import { printLine } from '../io.ts'
import type { Run } from '../tool.ts'
import { CLASS_TABLE } from './class-table.ts'

/** For scripts, which put them in front of the class. */
const LAUNCHER_OPTIONS = new Map([
  ['-name', 1],
  ['-loggc', 0],
  ['-daemon', 0],
])

/** Runs kafka-run-class. */
export const run: Run = async (argv, io) => {
  const rest = [...argv]
  for (let skip = LAUNCHER_OPTIONS.get(rest[0] ?? ''); skip !== undefined; skip = LAUNCHER_OPTIONS.get(rest[0] ?? '')) {
    rest.splice(0, 1 + skip)
  }
  const [className, ...args] = rest
  if (className === undefined) {
    printLine(io.stdout, 'USAGE: kafka-run-class.sh [-daemon] [-name servicename] [-loggc] classname [opts]')
    return 1
  }
  const { TOOLS } = await import('../tools-table.ts')
  const tool = CLASS_TABLE[className]
  const load = tool === undefined ? undefined : TOOLS[tool]
  if (load !== undefined) return await (await load()).run(args, io)
  printLine(io.stderr, `Error: Could not find or load main class ${className}`)
  if (tool !== undefined) printLine(io.stderr, `It would be ${tool}.sh, which is not there yet.`)
  else {
    printLine(io.stderr, 'There is no Java here. Classes that are known, and lead to the tools of the same name:')
    const known = Object.entries(CLASS_TABLE).filter(([, name]) => TOOLS[name] !== undefined)
    for (const name of known.map(([each]) => each).sort()) printLine(io.stderr, `  ${name}`)
  }
  return 1
}
