/** Small disks of one's own: mounted for a case, in a mount namespace that ends with the program. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '../../clients/tools/report.mjs'

const INSIDE = 'OTTLA_FAULTS_INSIDE'
const MIB = 1 << 20
/** EXT4_IOC_SHUTDOWN with "no log flush": from here on nothing reaches the device, as when the power goes. */
const SHUTDOWN = 'my $how = pack("L", 2); open(my $f, "<", $ARGV[0]) or die $!; ioctl($f, 0x8004587d, $how) or die $!'

/**
 * Runs this program again in a mount namespace: whatever happens, no mount outlives it. Resolves inside the namespace; the outer
 * process ends with the inner one.
 */
export async function enterMountNamespace() {
  if (process.env[INSIDE] !== undefined) return
  const words = ['--mount', '--propagation', 'private', '--fork', '--kill-child', process.execPath]
  const child = spawn('unshare', [...words, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal))
  process.on('exit', () => child.kill('SIGKILL'))
  process.exitCode = await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  process.exit()
}

function system(command, ...args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  expect(result.status === 0, `${command} ${args.join(' ')}: ${result.stderr ?? result.error}`)
  return result.stdout
}

/** A folder for mount points and images. */
function workFolder(c) {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-disk-'))
  c.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Something mounted at `path`. */
class Disk {
  path
  #isMounted = false

  constructor(c, path) {
    this.path = path
    mkdirSync(path, { recursive: true })
    c.defer(() => {
      if (this.#isMounted) spawnSync('umount', ['--lazy', path])
    })
  }

  mount(...args) {
    system('mount', ...args, this.path)
    this.#isMounted = true
  }

  /** Nobody may use it any more. */
  unmount() {
    for (let attempt = 0; ; attempt += 1) {
      const { status, stderr } = spawnSync('umount', [this.path], { encoding: 'utf8' })
      if (status === 0) break
      expect(attempt < 50, `umount ${this.path}: ${stderr}`)
      spawnSync('sleep', ['0.1'])
    }
    this.#isMounted = false
  }
}

/** Memory as a disk. */
export class MemoryDisk extends Disk {
  constructor(c, { mib }) {
    super(c, join(workFolder(c), 'disk'))
    this.mount('-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs')
  }

  resize(mib) {
    system('mount', '-o', `remount,size=${mib}m`, this.path)
  }
}

/** ext4 in a file. `image` continues one that is there. */
export class LoopDisk extends Disk {
  image

  constructor(c, { mib, image, folder = workFolder(c) }) {
    super(c, join(folder, `disk-${process.hrtime.bigint()}`))
    this.image = image ?? join(folder, 'disk.img')
    if (image === undefined) {
      system('truncate', '-s', String(mib * MIB), this.image)
      // Nothing is left to do in the background.
      system(
        'mkfs.ext4',
        '-q',
        '-F',
        '-b',
        '4096',
        '-m',
        '0',
        '-E',
        'lazy_itable_init=0,lazy_journal_init=0',
        this.image,
      )
    }
    this.remount()
  }

  /** Mounts it after `unmount`; the journal is replayed. */
  remount(options = 'loop') {
    this.mount('-o', options, this.image)
  }

  repair() {
    const { status, stdout } = spawnSync('e2fsck', ['-f', '-y', this.image], { encoding: 'utf8', timeout: 60_000 })
    expect(status === 0 || status === 1, `e2fsck: ${status} ${stdout}`)
  }

  /** Leaves about this much room. */
  leaveRoom(mib) {
    const free = Number(system('df', '--output=avail', '-B1', this.path).trim().split('\n')[1])
    const bytes = free - mib * MIB
    expect(bytes > 0, `only ${free} bytes are free`)
    system('fallocate', '-l', String(bytes), join(this.path, 'balloon'))
  }

  /** Takes what is left, to the last block: what is reserved for a write is free again when it is on the device. */
  fill() {
    const filler = join(this.path, 'filler')
    for (let round = 0; round < 4; round += 1) {
      const words = ['if=/dev/zero', `of=${filler}-${round}`, `bs=${round === 0 ? MIB : 512}`, 'conv=fsync']
      spawnSync('dd', words, { timeout: 60_000 })
    }
  }

  makeRoom() {
    for (const name of readdirSync(this.path)) if (/^(filler|balloon)/.test(name)) rmSync(join(this.path, name))
  }

  /** What a kernel does that met an error of the device: no write works any more. */
  becomeReadOnly() {
    system('mount', '-o', 'remount,abort', this.path)
  }

  /** The power goes: what the device does not have by now it never gets. */
  cutPower() {
    system('perl', '-e', SHUTDOWN, this.path)
  }

  /** What the device holds at this moment, as a disk of its own that is not mounted yet. */
  copyImage(c) {
    const image = join(workFolder(c), 'copy.img')
    system('cp', '--sparse=always', this.image, image)
    return image
  }
}

/** The machine tells this id as that of its boot, in this namespace. Called again: it was started again. */
export function pretendBoot(c) {
  const file = join(workFolder(c), 'boot_id')
  const place = '/proc/sys/kernel/random/boot_id'
  let count = 0
  const boot = () => {
    count += 1
    writeFileSync(file, `00000000-0000-4000-8000-${String(count).padStart(12, '0')}\n`)
  }
  boot()
  system('mount', '--bind', file, place)
  c.defer(() => spawnSync('umount', ['--lazy', place]))
  return { restarted: boot }
}
