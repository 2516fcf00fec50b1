/** `ottla cluster features`. */
import type { Invocation } from '../command.ts'

export async function run({ screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const { features } = await admin.features.describe()
  const rows = [...features].map(([feature, { finalized, supported }]) => ({
    feature,
    finalized,
    supportedMin: supported?.min ?? null,
    supportedMax: supported?.max ?? null,
  }))
  screen.json(rows)
  screen.table(
    [
      { title: 'FEATURE', text: ({ feature }) => feature, paint: (text, _, { cyan }) => cyan(text) },
      { title: 'LEVEL', text: ({ finalized }) => (finalized === 0 ? null : finalized), align: 'right' },
      {
        title: 'SUPPORTED',
        text: ({ supportedMin, supportedMax }) => (supportedMin === null ? null : `${supportedMin}-${supportedMax}`),
      },
    ],
    rows,
  )
}
