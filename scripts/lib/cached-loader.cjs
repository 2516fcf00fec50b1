/**
 * Runs the bundle beside this file with the code that V8 compiled on an earlier run: that is a fifth of the time to start. The
 * build copies this file and fills in the two names. The first proper run on a version of Node makes the cache, each tool its own;
 * where it cannot be written, everything works without.
 */
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')

const body = '__BODY__'
const file = path.join(__dirname, body)
const use = useOf(process.argv.slice(2))
/**
 * How the garbage collector of a broker is set. V8 begins to mark the old generation as soon as what is left to its limit is less than
 * the young generation may hold. With the few MB that a broker keeps, that is always: under load one collection of everything each second,
 * 10 ms of work and a pause of 2 ms in each. So it begins by how full the old generation is, in percent of the limit, which
 * stays as it was. What a version of V8 does not know has no effect; options of the command line and NODE_OPTIONS do not change it.
 *
 * Here, and not in the program, because the code in the cache holds for the flags that it was compiled under.
 */
const BROKER_FLAGS = ['--incremental-marking-soft-trigger=60', '--incremental-marking-hard-trigger=80']
const isBroker = use === 'server' || use === 'start' || use === 'demo'
const engine = isBroker ? brokerEngine() : `${process.versions.v8}-${process.arch}`

// V8 compares only the length of the source, so the name holds a hash of it.
const cacheFile = path.join(__dirname, `${body}.__HASH__.${engine}.${use}.cache`)
/** The server has done all that belongs to a start by then. */
const SERVER_SETTLED_MS = 3000

const script = load()
const module_ = { exports: {} }
script.runInThisContext()(module_.exports, require, module_, file, __dirname)

/**
 * Sets the flags, and says for what the code holds then: version, flags and processor. Brokers are started with options and without, and
 * with one name for all they would make the cache anew for each other. Tools are not, and loading this module is 3 ms.
 */
function brokerEngine() {
  const v8 = require('node:v8')
  for (const flag of BROKER_FLAGS) v8.setFlagsFromString(flag)
  return `${process.versions.v8}-${process.arch}-${v8.cachedDataVersionTag().toString(16)}`
}

/** What is run: the code of one use is not that of another. Null: nothing worth a cache. */
function useOf([first = '', ...rest]) {
  if (body.startsWith('server')) return 'server'
  if (body.startsWith('ottla')) return useOfOttla(first, rest)
  if (rest.length === 1 && (rest[0] === '--help' || rest[0] === '--version')) return 'help'
  return /^[a-z0-9-]+$/.test(first) && rest.length > 1 ? first : null
}

/** Its command. Help loads nothing of what the command itself needs, so it has a cache of its own. */
function useOfOttla(first, rest) {
  const isHelp = !/^[a-z]+$/.test(first) || first === 'help' || rest.includes('--help') || rest.includes('-h')
  return isHelp ? 'help' : first
}

function load() {
  let cachedData
  try {
    if (use !== null) cachedData = fs.readFileSync(cacheFile)
  } catch {
    // None yet.
  }
  const source = fs.readFileSync(file, 'latin1')
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  const loaded = new vm.Script(source, { filename: file, cachedData, importModuleDynamically })
  if (use !== null && (cachedData === undefined || loaded.cachedDataRejected)) keepLater(loaded)
  return loaded
}

/** What was run by then is in the cache; what was not is compiled when it is needed. */
function keepLater(loaded) {
  const keep = () => {
    try {
      const temporary = `${cacheFile}.${process.pid}`
      fs.writeFileSync(temporary, loaded.createCachedData())
      fs.renameSync(temporary, cacheFile)
    } catch {
      // A folder that is not ours to write.
    }
  }
  if (use === 'server') setTimeout(keep, SERVER_SETTLED_MS).unref()
  // Kafka's tools end with 1 when they have shown their options.
  else process.on('exit', (code) => (code === 0 || use === 'help') && keep())
}
