/** What this machine lets a test do. Each ability is undefined when it is there, else the reason why not. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

export function abilities() {
  const isLinux = process.platform === 'linux'
  const isRoot = process.getuid?.() === 0
  const asRoot = isLinux && isRoot ? undefined : 'needs Linux and root'
  return {
    otherUsers: isRoot ? undefined : 'needs root, to run as another user',
    namespaces: asRoot ?? works('unshare', ['--pid', '--net', '--mount', '--fork', '--mount-proc', 'true']),
    mounts: asRoot ?? works('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']),
    loop: asRoot ?? loopAndExt4(),
    strace: isLinux ? works('strace', ['-f', '-qq', '-o', '/dev/null', 'true']) : 'needs Linux',
    ipv6: networkInterfaces()['lo']?.some(({ address }) => address === '::1') ? undefined : 'there is no ::1',
  }
}

function works(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 })
  if (result.error?.code === 'ENOENT') return `${command} is not installed`
  return result.status === 0 ? undefined : `${command} does not work here: ${result.stderr.trim()}`
}

function loopAndExt4() {
  if (!/\bext4\b/.test(readFileSync('/proc/filesystems', 'utf8'))) return 'the kernel has no ext4'
  return works('mkfs.ext4', ['-V']) ?? works('losetup', ['--find']) ?? works('perl', ['-e', '1'])
}
