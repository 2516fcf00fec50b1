/** Release of this program, and the newest Kafka that it speaks like. */
export const OTTLA_VERSION = '0.1.0'
export const KAFKA_VERSION = '4.4.0'
