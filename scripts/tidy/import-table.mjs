/**
 * Who may import whom. A row may import only the rows that it names; npm's hoisting and the compiler would let
 * undeclared imports pass, so the tidy test checks every import against this table, against package.json and against the
 * tsconfig references. ARCHITECTURE.md says what each package holds.
 */
export const importTable = {
  stdx: [],
  env: ['stdx'],
  sim: ['env', 'stdx'],
  protocol: ['stdx'],
  config: ['protocol', 'stdx'],
  log: ['config', 'protocol', 'env', 'stdx'],
  runtime: ['stdx'],
  metadata: ['runtime', 'log', 'config', 'protocol', 'env', 'stdx'],
  coordinator: ['metadata', 'runtime', 'config', 'protocol', 'stdx'],
  net: ['protocol', 'env', 'stdx'],
  client: ['net', 'protocol', 'env', 'stdx'],
  broker: ['net', 'coordinator', 'metadata', 'runtime', 'log', 'config', 'protocol', 'env', 'stdx'],
  cli: ['client', 'log', 'metadata', 'config', 'protocol', 'env', 'stdx', 'broker'],
  testkit: [
    'broker',
    'client',
    'net',
    'coordinator',
    'metadata',
    'runtime',
    'log',
    'config',
    'protocol',
    'sim',
    'env',
    'stdx',
  ],
}

/** What a test may import beside what its package may. */
export const testOnlyImports = ['sim', 'testkit']

/** Modules of Node itself, by the place that may import them. Everything else reaches the world through the ports. */
export const nodeModules = [
  { under: 'packages/env/src/node/', modules: /.*/ },
  { under: 'packages/cli/src/', modules: /.*/ },
  { under: 'packages/protocol/src/', modules: /^node:(zlib|crypto|module|buffer)$/ },
  { under: 'packages/sim/src/', modules: /^node:zlib$/ },
  { under: 'packages/stdx/src/', modules: /^node:buffer$/ },
  { under: 'packages/testkit/src/', modules: /.*/ },
]
