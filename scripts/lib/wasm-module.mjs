/** The module of WebAssembly that lz4 takes, from its program in TypeScript: it is in the repository, so that only who changes it makes it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compile, root, say } from './workspace.mjs'

const codecs = join('packages', 'protocol', 'src', 'records', 'codecs')
const LINE = /.{1,100}/g

/** Writes lz4-module.ts, and compiles it. The packages have to be compiled. */
export async function writeWasmModule() {
  const compiled = join(root, codecs.replace('src', 'dist'), 'lz4-wasm', 'main.js')
  const { lz4Program } = await import(pathToFileURL(compiled).href)
  const lines = Buffer.from(lz4Program()).toString('base64').match(LINE)
  const path = join(codecs, 'lz4-module.ts')
  writeFileSync(
    join(root, path),
    `/** The WebAssembly of lz4-wasm/main.ts in base 64, written by \`npm run build -- --wasm\`. */
export const LZ4_MODULE = [
${lines.map((line) => `  '${line}',\n`).join('')}].join('')
`,
  )
  say(`wrote ${path}`)
  compile(['protocol'])
}
