/** `ottla doctor`. */
import type { CommandSpec } from '../command.ts'

export const DOCTOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'doctor',
    summary: 'Looks for the classic mistakes, and says how to mend them',
    description: [
      'Addresses that cannot be resolved or reached, what brokers advertise, IPv4 and IPv6 of localhost, versions, partitions without leader or replicas, topics without retention, disks that are full, read-only, volatile or on the network, open files, memory, groups that stand still or fall behind.',
      'Clocks are compared with --write: the protocol has no question for the time, so a topic that stamps its records is made for the moment.',
      'It ends with 1 when there are errors.',
    ],
    options: [
      { name: 'write', description: 'May make a topic (ottla-doctor-…) and delete it, to compare clocks.' },
      { name: 'wait', value: 'TIME', description: 'Between the two looks at groups. Default: 3s.' },
      { name: 'verbose', short: 'v', description: 'Says more of what is in order, too.' },
    ],
    json: '{target, findings: [{severity, id, what, why, fix}]}; severity is error, warning, note or ok, and ids are stable.',
    load: () => import('../doctor/doctor.ts'),
  },
]
