/** Java's deserializers by class name, as far as console tools are used with them: from bytes to the text that is printed. */
import { ToolError } from '../options/usage-error.ts'

/** The bytes are none of the class. */
export class DeserializationError extends Error {
  override readonly name = 'DeserializationError'
}

/** The bytes to print. */
export type Deserializer = (bytes: Buffer) => Uint8Array

const PACKAGE = 'org.apache.kafka.common.serialization.'

const DESERIALIZERS: Readonly<Record<string, Deserializer>> = {
  ByteArrayDeserializer: (bytes) => bytes,
  BytesDeserializer: (bytes) => bytes,
  StringDeserializer: (bytes) => bytes,
  ShortDeserializer: (bytes) => text(sized(bytes, 2).readInt16BE()),
  IntegerDeserializer: (bytes) => text(sized(bytes, 4).readInt32BE()),
  LongDeserializer: (bytes) => text(view(sized(bytes, 8)).getBigInt64(0)),
  FloatDeserializer: (bytes) => text(javaDecimal(sized(bytes, 4).readFloatBE(), 'float')),
  DoubleDeserializer: (bytes) => text(javaDecimal(sized(bytes, 8).readDoubleBE(), 'double')),
  UUIDDeserializer: (bytes) => bytes,
  BooleanDeserializer: (bytes) => text(sized(bytes, 1)[0] === 1),
  VoidDeserializer: () => text('null'),
}

/** Throws ToolError for a class that is not among them. */
export function deserializer(className: string): Deserializer {
  const name = className.startsWith(PACKAGE) ? className.slice(PACKAGE.length) : className
  const found = DESERIALIZERS[name]
  if (found === undefined || !className.startsWith(PACKAGE))
    throw new ToolError(`Class ${className} could not be found.`)
  return found
}

function text(value: unknown): Buffer {
  return Buffer.from(String(value))
}

function view(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function sized(bytes: Buffer, size: number): Buffer {
  if (bytes.length !== size) throw new DeserializationError(`Size of data received by the deserializer is not ${size}`)
  return bytes
}

/** As Java prints it: always with a decimal point. */
function javaDecimal(value: number, kind: 'float' | 'double'): string {
  const rounded = kind === 'float' ? Number.parseFloat(value.toPrecision(8)) : value
  if (!Number.isFinite(rounded)) return String(rounded)
  return Number.isInteger(rounded) && Math.abs(rounded) < 1e7 ? rounded.toFixed(1) : String(rounded)
}
