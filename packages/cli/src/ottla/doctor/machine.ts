/** This machine, where brokers run on it: disks, file systems, limits. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { formatBytes } from '../quantities.ts'
import { type Finding, note, ok, problem, someOf } from './finding.ts'
import type { Patient } from './patient.ts'

const FULL_ERROR = 0.03
const FULL_WARNING = 0.1
const FILES_MIN = 10_000
const MEMORY_MIN_BYTES = 256 * 1024 * 1024
const NETWORK_FILE_SYSTEMS = /^(nfs|cifs|smb|fuse\.sshfs|9p|ceph|glusterfs|fuse\.s3fs|afs)/
const VOLATILE_FILE_SYSTEMS = /^(tmpfs|ramfs)$/

/** As the brokers tell it, so of machines far away, too. */
export async function checkDisks({ admin, localBrokers }: Patient): Promise<Finding[]> {
  const findings: Finding[] = []
  const byBroker = await admin.logDirs.describe()
  for (const [broker, dirs] of byBroker) {
    for (const { path, error, totalBytes, usableBytes, isCordoned } of dirs) {
      const where = `${path} of broker ${broker}`
      if (error !== null) {
        findings.push(
          problem('error', 'log-dir-offline', {
            what: `${where} is offline`,
            why: 'Its partitions cannot be read or written there.',
            fix: 'See the log of the broker for the fault of the disk; replace it and start the broker again.',
          }),
        )
        continue
      }
      if (isCordoned) findings.push(note('log-dir-cordoned', `${where} is cordoned: it gets no new replicas`))
      if (totalBytes !== null && usableBytes !== null) findings.push(fullness(where, totalBytes, usableBytes))
      if (localBrokers.some(({ id }) => id === broker) && existsSync(path)) findings.push(...fileSystem(where, path))
    }
  }
  return findings
}

function fullness(where: string, totalBytes: number, usableBytes: number): Finding {
  const share = totalBytes === 0 ? 1 : usableBytes / totalBytes
  const text = `${formatBytes(usableBytes)} of ${formatBytes(totalBytes)} free`
  if (share >= FULL_WARNING) return ok('disk-room', `${where}: ${text}`)
  return problem(share < FULL_ERROR ? 'error' : 'warning', 'disk-nearly-full', {
    what: `the disk of ${where} is nearly full: ${text}`,
    why: 'A broker on a full disk refuses writes, or stops.',
    fix: 'Make room, lower retention.ms or retention.bytes (`ottla config set`), or delete records (`ottla topic purge`).',
  })
}

function fileSystem(where: string, path: string): Finding[] {
  const mount = mountOf(path)
  if (mount === null) return []
  const findings: Finding[] = []
  if (mount.options.includes('ro')) {
    findings.push(
      problem('error', 'disk-read-only', {
        what: `${where} lies on a file system that is mounted read-only (${mount.point})`,
        why: 'Nothing can be written. After a fault of the disk Linux mounts it so by itself.',
        fix: 'See dmesg for the fault, and mount it read-write.',
      }),
    )
  }
  if (NETWORK_FILE_SYSTEMS.test(mount.type)) {
    findings.push(
      problem('warning', 'disk-on-network', {
        what: `${where} lies on a network file system (${mount.type})`,
        why: 'Deleting files that are open, locks and fsync work otherwise there: Kafka and Ottla both advise against it.',
        fix: 'Put the data on a local disk or a block volume.',
      }),
    )
  }
  if (VOLATILE_FILE_SYSTEMS.test(mount.type)) {
    findings.push(
      problem('warning', 'disk-volatile', {
        what: `${where} lies in memory (${mount.type})`,
        why: 'All records are gone after a restart of the machine.',
        fix: 'Choose a folder on a disk, unless that is what you want.',
      }),
    )
  }
  if (mount.options.includes('noexec')) {
    findings.push(
      note(
        'disk-noexec',
        `${where} lies on a file system without execution (noexec)`,
        'Harmless for data; Java libraries that unpack native code into a folder like this (snappy, zstd) fail.',
      ),
    )
  }
  return findings
}

/** The innermost mount that holds the path; null where the system does not tell. */
function mountOf(path: string): { point: string; type: string; options: readonly string[] } | null {
  const table = readable('/proc/self/mounts')
  if (table === null) return null
  const real = realpathSync(path)
  const mounts = table.split('\n').flatMap((line) => {
    const [, point = '', type = '', options = ''] = line.split(' ')
    const unescaped = point.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
    const isAbove = unescaped === '/' || real === unescaped || real.startsWith(`${unescaped}/`)
    return isAbove ? [{ point: unescaped, type, options: options.split(',') }] : []
  })
  // The last of equal length lies on top of the others.
  return mounts.reduce<(typeof mounts)[number] | null>(
    (best, each) => (best === null || each.point.length >= best.point.length ? each : best),
    null,
  )
}

/** Open files and memory, of the brokers that run here, or else of what would be started from here. */
export function checkLimits(): Finding[] {
  const brokers = brokerProcesses()
  const byLimit = new Map<number, string[]>()
  for (const pid of brokers.length > 0 ? brokers : ['self']) {
    const limit = Number(/^Max open files\s+(\S+)/m.exec(readable(`/proc/${pid}/limits`) ?? '')?.[1])
    if (!Number.isNaN(limit)) byLimit.set(limit, [...(byLimit.get(limit) ?? []), pid])
  }
  const findings = [...byLimit].map(([limit, pids]) => {
    const name =
      brokers.length === 0 ? 'a broker started from here' : `the broker process ${someOf(pids)} of this machine`
    if (limit >= FILES_MIN) return ok('file-limit', `${name} may open ${limit} files`)
    return problem('warning', 'file-limit-low', {
      what: `${name} may open only ${limit} files`,
      why: 'Every segment, index and connection is one. When there are no more, connections are refused and logs go offline.',
      fix: 'ulimit -n 100000 before the start; LimitNOFILE= in systemd; --ulimit nofile= in Docker.',
    })
  })
  return [...findings, ...memoryLimit()]
}

function memoryLimit(): Finding[] {
  const text = readable('/sys/fs/cgroup/memory.max') ?? readable('/sys/fs/cgroup/memory/memory.limit_in_bytes')
  const limit = Number(text?.trim())
  // Version 1 says a number near 2^63 for no limit.
  if (text === null || Number.isNaN(limit) || limit > 2 ** 50) return []
  if (limit >= MEMORY_MIN_BYTES) return [ok('memory-limit', `this container may use ${formatBytes(limit)} of memory`)]
  return [
    problem('warning', 'memory-limit-low', {
      what: `this container may use only ${formatBytes(limit)} of memory`,
      why: 'The page cache counts, too: a broker under load is slow, or is killed.',
      fix: 'Give it half a gigabyte or more.',
    }),
  ]
}

/** Of Ottla and of Apache Kafka. */
function brokerProcesses(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    const words = (readable(`/proc/${name}/cmdline`) ?? '').split('\0')
    return (
      words.includes('kafka.Kafka') ||
      (words[0]?.endsWith('node') === true && words.some((word) => /\/build\/server\.[cm]js$/.test(word)))
    )
  })
}

function readable(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
