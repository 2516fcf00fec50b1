/**
 * The image with a view of the past, for the controller: decisions read the newest, subscribers get the committed one.
 *
 * Records are collected in a builder that becomes an image when somebody reads. Each image that the registry may go back
 * to keeps the delta that led to it, so that what commits can be handed on with what changed.
 */
import type { MetadataRecord } from '@ottla/protocol'
import type { Revertable, Snapshot, SnapshotRegistry } from '@ottla/stdx'
import { ImageBuilder } from './image-builder.ts'
import { EMPTY_DELTA, type MetadataDelta, mergeDeltas } from './metadata-delta.ts'
import type { MetadataImage } from './metadata-image.ts'

interface Step {
  readonly image: MetadataImage
  readonly delta: MetadataDelta
}

export class ImageTimeline implements Revertable<MetadataImage> {
  readonly #registry: SnapshotRegistry
  #image: MetadataImage
  #builder: ImageBuilder | undefined
  #noted: Snapshot | undefined
  /** Images since the last {@link publish}, oldest first. */
  #steps: Step[] = []

  constructor(registry: SnapshotRegistry, image: MetadataImage) {
    this.#registry = registry
    this.#image = image
  }

  /** The newest image. */
  get(): MetadataImage {
    if (this.#builder !== undefined) {
      const step = this.#builder.build()
      this.#builder = undefined
      this.#image = step.image
      this.#steps.push(step)
    }
    return this.#image
  }

  replay(record: MetadataRecord, offset: number, epoch: number): void {
    const latest = this.#registry.latest
    if (latest !== undefined && latest !== this.#noted) {
      latest.deltas.set(this as Revertable<unknown>, this.get())
      this.#noted = latest
    }
    this.#builder ??= new ImageBuilder(this.#image)
    this.#builder.apply(record)
    this.#builder.moveTo(offset, epoch)
  }

  /** The newest image whose records are all below `committedEnd`, with what changed since the last call; null when nothing did. */
  publish(committedEnd: number): Step | null {
    this.get()
    let count = 0
    while (count < this.#steps.length && this.#steps[count]!.image.offset < committedEnd) count += 1
    if (count === 0) return null
    const steps = this.#steps.slice(0, count)
    this.#steps = this.#steps.slice(count)
    return { image: steps.at(-1)!.image, delta: steps.map(({ delta }) => delta).reduce(mergeDeltas, EMPTY_DELTA) }
  }

  /** For the registry. */
  revert(image: MetadataImage): void {
    this.#builder = undefined
    this.#image = image
    this.#noted = undefined
    this.#steps = this.#steps.filter((step) => step.image.offset <= image.offset)
  }
}
