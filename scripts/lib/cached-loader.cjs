/**
 * Runs the bundle beside this file with the code that V8 compiled on an earlier run: that is a fifth of the time to start. The
 * build copies this file and fills in the two names. The first run on a version of Node makes the cache; where it cannot be
 * written, everything works without.
 */
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')

const file = path.join(__dirname, '__BODY__')
// V8 compares only the length of the source, so the name holds a hash of it.
const cacheFile = path.join(__dirname, `__BODY__.__HASH__.${process.versions.v8}-${process.arch}.cache`)

const script = load()
const module_ = { exports: {} }
script.runInThisContext()(module_.exports, require, module_, file, __dirname)

function load() {
  let cachedData
  try {
    cachedData = fs.readFileSync(cacheFile)
  } catch {
    // None yet.
  }
  const source = `(function(exports,require,module,__filename,__dirname){${fs.readFileSync(file, 'latin1')}\n})`
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  const loaded = new vm.Script(source, { filename: file, cachedData, importModuleDynamically })
  if (cachedData === undefined || loaded.cachedDataRejected) keepLater(loaded)
  return loaded
}

/** What was run by then is in the cache, what was not is compiled when needed. */
function keepLater(loaded) {
  let isKept = false
  const keep = () => {
    if (isKept) return
    isKept = true
    try {
      const temporary = `${cacheFile}.${process.pid}`
      fs.writeFileSync(temporary, loaded.createCachedData())
      fs.renameSync(temporary, cacheFile)
    } catch {
      // A folder that is not ours to write.
    }
  }
  setTimeout(keep, 3000).unref()
  process.on('exit', keep)
}
