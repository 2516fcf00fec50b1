/** Numbers as Java's formatter prints them. */

/** `%.<digits>f`: rounds the shortest decimal form of the number half up. */
export function javaFixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value)
  const text = String(Math.abs(value))
  const sign = value < 0 ? '-' : ''
  if (text.includes('e')) return value.toFixed(digits)
  const [whole = '', fraction = ''] = text.split('.')
  if (fraction.length <= digits) return `${sign}${whole}${digits === 0 ? '' : `.${fraction.padEnd(digits, '0')}`}`
  let scaled = BigInt(whole + fraction.slice(0, digits))
  if (fraction.charCodeAt(digits) >= '5'.charCodeAt(0)) scaled += 1n
  const all = String(scaled).padStart(digits + 1, '0')
  const point = all.length - digits
  return `${sign}${all.slice(0, point)}${digits === 0 ? '' : `.${all.slice(point)}`}`
}

/** Java's Double.toString: at least one digit behind the point, an exponent for large and small ones. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e')
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
  }
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
