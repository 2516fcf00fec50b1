/** The tools of this repository, in this process. */
import { tmpdir } from 'node:os'
import { nodeEnv } from '@ottla/env/node'
import { TOOLS } from '../../../packages/cli/dist/tools-table.js'

const PIECE_BYTES = 64

export class OttlaSide {
  name = 'ottla'
  #env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })

  /** {status, out, err}; status -1: not in time. */
  async run(tool, { args, stdin = '', limitMs }) {
    const load = TOOLS[tool]
    if (load === undefined) return { status: -2, out: '', err: `there is no ${tool}` }
    const { run } = await load()
    const [out, err] = [new Capture(), new Capture()]
    const stop = new AbortController()
    const io = {
      env: this.#env,
      stdin: pieces(Buffer.from(stdin)),
      isStdinTerminal: false,
      stdout: out,
      stderr: err,
      signal: stop.signal,
      variables: {},
      workingDirectory: tmpdir(),
    }
    let timer
    const limit = new Promise((resolve) => {
      timer = setTimeout(() => resolve(-1), limitMs)
    })
    const status = await Promise.race([run(args, io).catch((error) => thrown(error, err)), limit])
    clearTimeout(timer)
    if (status === -1) stop.abort()
    return { status, out: out.text, err: err.text }
  }

  async close() {}
}

/** What a tool lets through is a bug of the tool. */
function thrown(error, err) {
  err.write(`thrown: ${error.stack}`)
  return -3
}

class Capture {
  #parts = []

  get text() {
    return Buffer.concat(this.#parts).toString('utf8')
  }

  write(data) {
    this.#parts.push(Buffer.from(data))
  }

  async drained() {}
}

async function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}
