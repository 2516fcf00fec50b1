/** Runs command line tools and prints the outcome of each case as one JSON object per line. */
import { spawn } from 'node:child_process'

export function reporter(client, version) {
  const report = (title, outcome, detail = '') =>
    console.log(JSON.stringify({ client, version, case: title, outcome, detail }))
  return {
    absent: (title, reason) => report(title, 'absent', reason),
    async run(title, body) {
      try {
        await body()
        report(title, 'passed')
      } catch (error) {
        report(title, 'failed', error.message.replaceAll('\n', ' ').slice(0, 500))
      }
    },
  }
}

export function expect(condition, message) {
  if (!condition) throw new Error(message)
}

/** Runs a command to its end; {code, stdout, stderr}. */
export function command(file, args, { input, env, timeoutMs = 180_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
    const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.on('error', reject)
    child.stdin.on('error', () => {})
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({ code, stdout, stderr })
    })
    child.stdin.end(input)
  })
}
