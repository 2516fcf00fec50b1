/**
 * npm run build             compiles all packages, and bundles server and tools into build/
 * npm run build -- --wasm   also writes the WebAssembly of lz4, after a change of its program
 * npm run build -- --docs   also writes the pages of docs/ and man/ that are made from the code's tables
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundle } from './lib/bundle.mjs'
import { referencePages } from './lib/reference-pages.mjs'
import { writeWasmModule } from './lib/wasm-module.mjs'
import { compile, ensureInstalled, removeStaleOutputs, root, say } from './lib/workspace.mjs'

const started = performance.now()
ensureInstalled()
removeStaleOutputs()
compile()
if (process.argv.includes('--wasm')) await writeWasmModule()
await bundle()
if (process.argv.includes('--docs')) {
  for (const [path, text] of Object.entries(await referencePages())) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    say(`wrote ${path}`)
  }
}
say(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
