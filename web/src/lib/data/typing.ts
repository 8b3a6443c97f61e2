import type { Person } from '../../core/api'
import { Store } from '../store'

/** Who is typing where. Nobody says that they stopped, so it ends by itself. */
export type TypingMap = ReadonlyMap<string, readonly Person[]>

const TYPING_MS = 6_000

export class Typing {
  readonly view = new Store<TypingMap>(new Map())
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()

  take(conversation: string, person: Person): void {
    const key = `${conversation} ${person.account}`
    clearTimeout(this.#timers.get(key))
    this.#timers.set(
      key,
      setTimeout(() => this.stop(conversation, person.account), TYPING_MS),
    )
    this.#change(conversation, (people) =>
      people.some((other) => other.account === person.account) ? people : [...people, person],
    )
  }

  /** What they were typing has come, or time is over. */
  stop(conversation: string, account: string): void {
    const key = `${conversation} ${account}`
    clearTimeout(this.#timers.get(key))
    if (!this.#timers.delete(key)) return
    this.#change(conversation, (people) => people.filter((other) => other.account !== account))
  }

  #change(conversation: string, change: (people: readonly Person[]) => readonly Person[]): void {
    this.view.update((map) => new Map(map).set(conversation, change(map.get(conversation) ?? [])))
  }
}
