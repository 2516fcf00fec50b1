/** npm run build: compiles all packages, and bundles server and tools into build/. */
import { bundle } from './lib/bundle.mjs'
import { compile, ensureInstalled, packageNames, removeStaleOutputs, say } from './lib/workspace.mjs'

const started = performance.now()
ensureInstalled()
removeStaleOutputs()
compile(packageNames())
await bundle()
say(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
