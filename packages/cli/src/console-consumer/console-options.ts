/** Options that the two console consumers have alike. */
import type { OptionTable } from '../options/option-spec.ts'

/** How records are printed. */
export const FORMATTER_OPTIONS: OptionTable = [
  {
    name: 'formatter',
    argument: { label: 'class' },
    description: 'How records are printed: DefaultMessageFormatter, LoggingMessageFormatter or NoOpMessageFormatter.',
    default: 'org.apache.kafka.tools.consumer.DefaultMessageFormatter',
  },
  {
    name: 'formatter-property',
    argument: { label: 'prop' },
    description:
      'Setting of the formatter, key=value. May be repeated. print.timestamp, print.partition, print.offset, print.delivery, print.epoch, print.headers, print.key (false); print.value (true); key.separator (tab); line.separator (newline); headers.separator (,); null.literal (null); key.deserializer, value.deserializer, headers.deserializer (class names).',
  },
  { name: 'property', argument: { label: 'prop' }, description: 'The same as --formatter-property (deprecated).' },
  { name: 'formatter-config', argument: { label: 'config file' }, description: 'Properties file for the formatter.' },
  {
    name: 'key-deserializer',
    argument: { label: 'deserializer for keys' },
    description: "Java's class name; decides how keys are printed.",
  },
  {
    name: 'value-deserializer',
    argument: { label: 'deserializer for values' },
    description: "Java's class name; decides how values are printed.",
  },
]

/** How the client is set. */
export const CLIENT_OPTIONS: OptionTable = [
  { name: 'enable-systest-events', description: 'Print shutdown_complete at the end.' },
  {
    name: 'command-property',
    argument: { label: 'consumer_prop' },
    description: 'Setting of the client, key=value. May be repeated.',
  },
  {
    name: 'consumer-property',
    argument: { label: 'consumer_prop' },
    description: 'The same as --command-property (deprecated).',
  },
  { name: 'command-config', argument: { label: 'config file' }, description: 'Properties file for the client.' },
]
