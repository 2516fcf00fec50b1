/** Entry of `ottla`. Bundled into build/ottla.cjs. */
import { nodeIo } from '../node-io.ts'
import { runOttla } from './run-ottla.ts'

async function main(): Promise<number> {
  const io = nodeIo({ endsWithReader: true })
  const code = await runOttla(process.argv.slice(2), io)
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
