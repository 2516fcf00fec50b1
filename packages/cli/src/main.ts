/** Entry of the tools: the first argument names one, the others are its own. Bundled into build/tools.cjs. */
import { nodeIo } from './node-io.ts'
import { TOOLS } from './tools-table.ts'

async function main(): Promise<number> {
  const [name = '', ...argv] = process.argv.slice(2)
  const load = TOOLS[name]
  if (load === undefined) {
    console.error(`There is no tool '${name}'. Tools: ${Object.keys(TOOLS).join(', ')}`)
    return 1
  }
  const io = nodeIo()
  const { run } = await load()
  const code = await run(argv, io)
  await io.finish()
  return code
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
