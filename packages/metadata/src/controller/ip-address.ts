/** Whether a text is an IPv4 or IPv6 address. Names of hosts are not looked up: an answer of the day would decide. */
export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text)
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

const IPV6_GROUPS = 8

function isIpv6(text: string): boolean {
  const [address = '', zone] = text.split('%')
  if (zone === '' || !address.includes(':')) return false
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const hasIpv4 = last.includes('.')
  const hex = hasIpv4 ? groups.slice(0, -1) : groups
  if ((hasIpv4 && !isIpv4(last)) || !hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  const count = hex.length + (hasIpv4 ? 2 : 0)
  return halves.length === 2 ? count < IPV6_GROUPS : count === IPV6_GROUPS
}
