const FIRST_MS = 500
const TRIES_MAX = 7

/** The core learns names without saying so. While one is missing, it is asked again: soon, then ever more rarely. */
export class NameWatch {
  readonly #lacks: () => boolean
  readonly #ask: () => Promise<void>
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(lacks: () => boolean, ask: () => Promise<void>) {
    this.#lacks = lacks
    this.#ask = ask
  }

  /** Something new came, perhaps of somebody new. */
  look(): void {
    this.#stopped = false
    this.#tries = 0
    if (this.#timer === undefined) this.#wait()
  }

  /** Until the next look, also when an answer is still awaited. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    if (this.#stopped || this.#tries === TRIES_MAX || !this.#lacks()) return
    this.#timer = setTimeout(() => void this.#again(), FIRST_MS * 2 ** this.#tries)
  }

  async #again(): Promise<void> {
    this.#tries += 1
    await this.#ask().catch(() => {})
    this.#timer = undefined
    this.#wait()
  }
}
